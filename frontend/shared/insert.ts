/** Merge tags into a field: `<button data-insert="{{contact.first_name}}" data-insert-into="subject">`, or what an address
 * answers: `<button data-insert-from="/…" data-insert-into="body">`; and lists of boxes that a field above them narrows:
 * `<input data-narrows="id-of-list">`. */
import { showToast } from "./toasts";

function insert(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  if (field.hidden) {
    // An editor stands in for it and knows where the cursor is.
    field.dispatchEvent(new CustomEvent("tidings:insert", { detail: text }));
    return;
  }
  field.setRangeText(text, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

async function fetchInto(button: HTMLElement): Promise<void> {
  const field = document.getElementById(button.dataset.insertInto ?? "") as HTMLInputElement | null;
  const answer = await fetch(button.dataset.insertFrom ?? "").catch(() => undefined);
  if (answer?.ok && field) insert(field, await answer.text());
  else showToast("error", document.body.dataset.sayFailed ?? "");
}

function narrow(field: HTMLInputElement): void {
  const wanted = field.value.trim().toLocaleLowerCase();
  for (const line of document.getElementById(field.dataset.narrows ?? "")?.querySelectorAll<HTMLElement>("label") ?? []) {
    line.hidden = !(line.textContent ?? "").toLocaleLowerCase().includes(wanted);
  }
}

export function watchInsert(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-insert]");
    const field = document.getElementById(button?.dataset.insertInto ?? "") as HTMLInputElement | null;
    if (button && field) insert(field, button.dataset.insert ?? "");
    const asking = (event.target as HTMLElement).closest<HTMLElement>("[data-insert-from]");
    if (asking) void fetchInto(asking);
  });
  document.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.dataset?.narrows) narrow(field);
  });
}
