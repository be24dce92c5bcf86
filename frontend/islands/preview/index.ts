/** A frame that shows what a form would make, while it is written: `<div data-island="preview" data-action="/…">` around
 * an iframe, inside the form; with `data-at-once` also before anything is typed. What was typed is posted into a new frame,
 * which takes the place of the old one when it stands; a frame that is navigated again and again would fill the history of
 * the browser. */
const PAUSE = 500;

export function mount(element: HTMLElement): void {
  const form = element.closest("form")!;
  let number = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  function refresh(): void {
    const old = element.querySelector("iframe")!;
    const frame = old.cloneNode() as HTMLIFrameElement;
    frame.name = `preview-${++number}`;
    frame.removeAttribute("src");
    frame.removeAttribute("loading");
    frame.hidden = true;
    const sent = document.createElement("form");
    sent.method = "post";
    sent.action = element.dataset.action ?? "";
    sent.target = frame.name;
    sent.hidden = true;
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string") continue;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      sent.append(field);
    }
    old.after(frame);
    document.body.append(sent);
    sent.submit();
    sent.remove();
    frame.addEventListener("load", () => {
      if (frame.name !== `preview-${number}`) return frame.remove();
      for (const other of element.querySelectorAll("iframe")) if (other !== frame) other.remove();
      frame.hidden = false;
    });
  }

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PAUSE);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("htmx:afterSettle", soon);
  if ("atOnce" in element.dataset) refresh();
}
