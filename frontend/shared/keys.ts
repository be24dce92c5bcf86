/** Keyboard: `/` search, `g` and a letter go to a page, `?` shows the list. Never while somebody is typing. */
import Modal from "bootstrap/js/dist/modal";

export function watchKeys(): void {
  let isGoing = false;
  let timer = 0;
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector(".modal.show")) return;
    if (isGoing) {
      isGoing = false;
      const link = document.querySelector<HTMLAnchorElement>(`a[data-go="${CSS.escape(event.key)}"]`);
      if (link) {
        event.preventDefault();
        link.click();
        return;
      }
    }
    if (event.key === "g") {
      isGoing = true;
      clearTimeout(timer);
      timer = window.setTimeout(() => (isGoing = false), 1500);
    } else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search")?.focus();
    } else if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help) Modal.getOrCreateInstance(help).show();
    }
  });
}
