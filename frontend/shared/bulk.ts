/** Tables with a bulk bar: `<form data-bulk data-total="1200">` around checkboxes named `ids`. */
function update(form: HTMLElement): void {
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[name="ids"]')];
  const picked = boxes.filter((box) => box.checked);
  const head = form.querySelector<HTMLInputElement>("[data-bulk-page]");
  const everyone = form.querySelector<HTMLInputElement>('input[name="all"]');
  const isWhole = boxes.length > 0 && picked.length === boxes.length;
  if (everyone && !isWhole) everyone.value = "";
  if (head) {
    head.checked = isWhole;
    head.indeterminate = picked.length > 0 && !isWhole;
  }
  for (const box of boxes) box.closest("tr")?.classList.toggle("is-picked", box.checked);
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]");
  if (!bar) return;
  bar.hidden = picked.length === 0;
  const total = Number(form.dataset.total ?? boxes.length);
  const isAll = everyone?.value === "1";
  const count = bar.querySelector("[data-bulk-count]");
  if (count) count.textContent = new Intl.NumberFormat(document.documentElement.lang).format(isAll ? total : picked.length);
  const offer = bar.querySelector<HTMLElement>("[data-bulk-all]");
  if (offer) offer.hidden = !isWhole || total <= boxes.length || isAll;
}

export function watchBulk(): void {
  let last: HTMLInputElement | null = null;
  document.addEventListener("click", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.name === "ids" && box.type === "checkbox") {
      // Shift extends the choice from the last box, as mail programs do.
      const boxes = [...(box.closest("[data-bulk]")?.querySelectorAll<HTMLInputElement>('input[name="ids"]') ?? [])];
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const one of boxes.slice(from, to! + 1)) one.checked = box.checked;
      }
      last = box;
    }
    const form = (event.target as HTMLElement).closest<HTMLElement>("[data-bulk]");
    if (!form) return;
    const everyone = form.querySelector<HTMLInputElement>('input[name="all"]');
    if ((event.target as HTMLElement).closest("[data-bulk-all]") && everyone) everyone.value = "1";
    if ((event.target as HTMLElement).closest("[data-bulk-none]")) {
      form.querySelectorAll<HTMLInputElement>('input[name="ids"]').forEach((one) => (one.checked = false));
    }
    if ((event.target as HTMLElement).closest("[data-bulk-page]")) {
      const isOn = (event.target as HTMLInputElement).checked;
      form.querySelectorAll<HTMLInputElement>('input[name="ids"]').forEach((one) => (one.checked = isOn));
    }
    update(form);
  });
  const all = () => document.querySelectorAll<HTMLElement>("[data-bulk]").forEach(update);
  document.addEventListener("htmx:load", all);
  addEventListener("pageshow", all);
}
