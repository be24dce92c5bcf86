/** Upload of a large file: sent as the bare body of the request, with progress; the server's refusal is shown in place. */
import { csrfToken } from "../../shared/csrf";

const size = (bytes: number) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);

export function mount(element: HTMLElement): void {
  const form = element as HTMLFormElement;
  const field = form.elements.namedItem("file") as HTMLInputElement;
  const drop = form.querySelector<HTMLElement>("[data-drop]")!;
  const slot = (name: string) => form.querySelector<HTMLElement>(`[data-slot="${name}"]`)!;
  const button = form.querySelector("button")!;

  function say(problem: string): void {
    slot("error").hidden = !problem;
    slot("error").querySelector("span")!.textContent = problem;
    field.classList.toggle("is-invalid", problem !== "");
    field.toggleAttribute("aria-invalid", problem !== "");
    if (problem) field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", problem ? "file-error file-hint" : "file-hint");
  }

  function isGoing(yes: boolean): void {
    slot("going").hidden = !yes;
    field.hidden = yes;
    button.disabled = yes;
  }

  function fail(problem: string): void {
    isGoing(false);
    say(problem);
    field.focus();
  }

  function answered(request: XMLHttpRequest): void {
    const to = request.getResponseHeader("HX-Redirect");
    if (to) return location.assign(to);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const told = page.querySelector('[data-slot="error"] span')?.textContent ?? "";
    const problem = request.getResponseHeader("X-Problem");
    if (request.status === 413) return fail(form.dataset.sayLarge ?? "");
    fail(told || (problem ? decodeURIComponent(problem) : (form.dataset.sayFailed ?? "")));
  }

  function send(file: File): void {
    const request = new XMLHttpRequest();
    const bar = slot("going").querySelector("progress")!;
    bar.value = 0;
    slot("said").textContent = `${file.name}, ${size(file.size)}`;
    isGoing(true);
    request.open("POST", form.action);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      slot("said").textContent = `${file.name}, ${size(event.loaded)} / ${size(file.size)}`;
    });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => fail(form.dataset.sayFailed ?? ""));
    request.send(file);
  }

  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = field.files?.[0];
    if (!file) return fail(form.dataset.sayMissing ?? "");
    if (file.size > Number(form.dataset.max)) return fail(form.dataset.sayLarge ?? "");
    say("");
    send(file);
  });
  field.addEventListener("change", () => say(""));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("is-over", name === "dragover");
      const files = (event as DragEvent).dataTransfer?.files;
      if (name === "drop" && files?.length) {
        field.files = files;
        say("");
      }
    });
  }
}
