/** `data-confirm="Question"` on a form or a button asks first, in the dialog of the page. */
import Modal from "bootstrap/js/dist/modal";

function ask(source: HTMLElement): Promise<boolean> {
  const dialog = document.getElementById("confirm");
  if (!dialog) return Promise.resolve(true);
  dialog.querySelector("[data-slot=title]")!.textContent = source.dataset.confirm ?? "";
  dialog.querySelector("[data-slot=text]")!.textContent = source.dataset.confirmText ?? "";
  const yes = dialog.querySelector<HTMLButtonElement>("[data-slot=yes]")!;
  yes.textContent = source.dataset.confirmYes ?? yes.dataset.word ?? "OK";
  yes.className = `btn ${source.dataset.confirmCalm === undefined ? "btn-danger" : "btn-primary"}`;
  const modal = Modal.getOrCreateInstance(dialog);
  return new Promise((resolve) => {
    let answer = false;
    yes.onclick = () => {
      answer = true;
      modal.hide();
    };
    dialog.addEventListener(
      "shown.bs.modal",
      () => {
        // Bootstrap calls every modal a plain dialog when it opens it.
        dialog.setAttribute("role", "alertdialog");
        yes.focus();
      },
      { once: true },
    );
    dialog.addEventListener("hidden.bs.modal", () => resolve(answer), { once: true });
    modal.show();
  });
}

export function watchConfirm(): void {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      const button = event.submitter as HTMLButtonElement | null;
      const source = button?.dataset.confirm ? button : form.dataset.confirm ? form : null;
      if (!source || form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void ask(source).then((isYes) => {
        if (!isYes) return;
        form.dataset.confirmed = "yes";
        form.requestSubmit(button);
        delete form.dataset.confirmed;
      });
    },
    true,
  );
  // htmx elements that are not forms.
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, issueRequest } = (event as CustomEvent).detail;
    if (!elt.dataset?.confirm || elt instanceof HTMLFormElement) return;
    event.preventDefault();
    void ask(elt).then((isYes) => isYes && issueRequest(true));
  });
}
