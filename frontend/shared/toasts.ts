/** Toasts: those the page came with, those of an `HX-Trigger: {"toast": {"kind": …, "text": …}}` header, and our own. */
const LASTS_MS = 6000;

function dismissLater(toast: HTMLElement): void {
  let timer = window.setTimeout(() => toast.remove(), LASTS_MS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = window.setTimeout(() => toast.remove(), LASTS_MS)));
}

export function showToast(kind: string, text: string): void {
  const region = document.getElementById("toasts");
  const pattern = document.getElementById(`toast-${kind}`) as HTMLTemplateElement | null;
  if (!region || !pattern || !text) return;
  const toast = (pattern.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  toast.querySelector("[data-slot=text]")!.textContent = text;
  region.append(toast);
  if (kind !== "error") dismissLater(toast);
}

export function watchToasts(): void {
  document.addEventListener("toast", (event) => {
    const { kind, text } = (event as CustomEvent).detail;
    showToast(kind, text);
  });
  document.addEventListener("click", (event) => {
    const close = (event.target as HTMLElement).closest("[data-dismiss-toast]");
    close?.closest(".toast-line")?.remove();
  });
  document.querySelectorAll<HTMLElement>("#toasts .toast-line:not([data-kind=error])").forEach(dismissLater);
}
