/** The sidebar on small screens, and the modal and drawer that htmx answers are put into (`hx-target="#modal"`). */
import Modal from "bootstrap/js/dist/modal";
import Offcanvas from "bootstrap/js/dist/offcanvas";

export function watchPanels(): void {
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = (event as CustomEvent).detail.target as HTMLElement;
    if (target.id === "modal") Modal.getOrCreateInstance(target.closest<HTMLElement>(".modal")!).show();
    if (target.id === "drawer") Offcanvas.getOrCreateInstance(target.closest<HTMLElement>(".offcanvas")!).show();
  });
  for (const open of document.querySelectorAll<HTMLElement>(".modal[data-open]")) Modal.getOrCreateInstance(open).show();
  document.addEventListener("tidings:close", () => {
    document.querySelectorAll(".modal.show").forEach((e) => Modal.getInstance(e)?.hide());
    document.querySelectorAll(".offcanvas.show").forEach((e) => Offcanvas.getInstance(e)?.hide());
  });
}
