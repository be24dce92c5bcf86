// Runs before the first paint, as a classic script: without it an automatic dark theme would flash white.
(() => {
  const root = document.documentElement;
  const wanted = root.dataset.theme ?? "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = root.dataset.theme ?? wanted;
    root.dataset.bsTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  };
  dark.addEventListener("change", apply);
  addEventListener("tidings:theme", apply);
  apply();
})();
