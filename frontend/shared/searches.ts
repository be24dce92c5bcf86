/** Search fields ask while one types, and only then. */
import htmx from "htmx.org";

const FIELDS = "form[hx-get] input[type=search]";

export function watchSearches(): void {
  // Asked again when the field is left, the answer would replace what the pointer is just pressing.
  document.addEventListener(
    "change",
    (event) => {
      if ((event.target as HTMLElement).matches(FIELDS)) event.stopPropagation();
    },
    true,
  );
  // What was typed before htmx listened is searched for as soon as it does.
  document.addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll<HTMLInputElement>(FIELDS)) {
      if (field.form && field.value !== field.defaultValue) htmx.trigger(field.form, "submit", {});
    }
  });
}
