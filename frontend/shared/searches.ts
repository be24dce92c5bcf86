/** Search fields: what was typed before htmx listened is searched for as soon as it does. */
import htmx from "htmx.org";

export function watchSearches(): void {
  document.addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll<HTMLInputElement>("form[hx-get] input[type=search]")) {
      if (field.form && field.value !== field.defaultValue) htmx.trigger(field.form, "submit", {});
    }
  });
}
