/** Forms: one submit at a time, a warning for unsaved changes, copy buttons, fields that show others, theme switch. */
import { showToast } from "./toasts";

function showDependants(root: ParentNode): void {
  // data-show-when="kind=smtp": shown while the field `kind` of the same form has that value.
  for (const part of root.querySelectorAll<HTMLElement>("[data-show-when]")) {
    const [name, values] = (part.dataset.showWhen ?? "").split("=");
    const field = part.closest("form")?.elements.namedItem(name ?? "");
    let value = "";
    if (field instanceof RadioNodeList || field instanceof HTMLSelectElement) value = field.value;
    else if (field instanceof HTMLInputElement) value = field.type === "checkbox" ? (field.checked ? "yes" : "no") : field.value;
    part.hidden = !(values ?? "").split("|").includes(value);
  }
}

function copy(button: HTMLElement): void {
  const text = button.dataset.copy ?? "";
  void navigator.clipboard?.writeText(text).then(() => showToast("success", button.dataset.copied ?? ""));
}

export function watchForms(): void {
  let isDirty = false;
  document.addEventListener("input", (event) => {
    const form = (event.target as HTMLElement).closest("form");
    if (form?.dataset.guard !== undefined) isDirty = true;
  });
  document.addEventListener("change", (event) => {
    const target = event.target as HTMLElement;
    showDependants(document);
    if (target.dataset.submitOnChange !== undefined) target.closest("form")?.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    isDirty = false;
    const button = event.submitter;
    if (event.defaultPrevented || !button) return;
    // After the browser has read the form: a disabled button would not be sent.
    setTimeout(() => button.classList.add("is-busy"), 0);
  });
  addEventListener("pageshow", () => document.querySelectorAll(".is-busy").forEach((e) => e.classList.remove("is-busy")));
  document.addEventListener("htmx:afterRequest", () => document.querySelectorAll(".is-busy").forEach((e) => e.classList.remove("is-busy")));
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const target = (event.target as HTMLElement).closest<HTMLElement>("[data-copy], [data-set-theme], [data-reveal]");
    if (target?.dataset.copy !== undefined) copy(target);
    if (target?.dataset.setTheme) {
      document.documentElement.dataset.theme = target.dataset.setTheme;
      dispatchEvent(new Event("tidings:theme"));
      document.querySelectorAll("[data-set-theme]").forEach((e) => e.setAttribute("aria-pressed", String(e === target)));
    }
    if (target?.dataset.reveal) {
      const field = document.getElementById(target.dataset.reveal) as HTMLInputElement | null;
      if (field) field.type = field.type === "password" ? "text" : "password";
      target.setAttribute("aria-pressed", String(field?.type === "text"));
    }
  });
  document.addEventListener("htmx:load", (event) => showDependants((event as CustomEvent).detail.elt));
  showDependants(document);
  const guessed = document.querySelector<HTMLInputElement>("input[data-guess-zone]");
  if (guessed && !guessed.value) guessed.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
