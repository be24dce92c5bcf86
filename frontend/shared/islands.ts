/** Islands: `<div data-island="chart">` loads islands/chart/index.ts when it is there, and never before. */
export type Island = { mount(element: HTMLElement): void | Promise<void> };

const known = import.meta.glob<Island>("../islands/*/index.ts");

export function mountIslands(root: HTMLElement): void {
  const found = [...root.querySelectorAll<HTMLElement>("[data-island]:not([data-mounted])")];
  if (root.matches?.("[data-island]:not([data-mounted])")) found.push(root);
  for (const element of found) {
    const load = known[`../islands/${element.dataset.island}/index.ts`];
    if (!load) continue;
    element.dataset.mounted = "";
    void load().then(async (island) => {
      await island.mount(element);
      element.dataset.mounted = "done";
    });
  }
}
