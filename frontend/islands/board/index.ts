/** Dragging cards between the columns of the board; the server is told, and a card that it refuses goes back. */
import Sortable from "sortablejs";
import { csrfToken } from "../../shared/csrf";
import { showToast } from "../../shared/toasts";

export function mount(board: HTMLElement): void {
  const count = new Intl.NumberFormat(document.documentElement.lang);

  async function moved(event: Sortable.SortableEvent): Promise<void> {
    if (event.from === event.to) return;
    const body = new URLSearchParams({ contact: event.item.dataset.contact ?? "", stage: event.to.dataset.stage ?? "" });
    const headers = { "X-CSRF-Token": csrfToken(), "HX-Request": "true" };
    const answer = await fetch(board.dataset.action ?? "", { method: "POST", body, headers }).catch(() => null);
    if (!answer?.ok || !answer.headers.get("content-type")?.includes("json")) {
      event.from.insertBefore(event.item, event.from.children[event.oldIndex ?? 0] ?? null);
      return showToast("error", board.dataset.failed ?? "");
    }
    showCounts(((await answer.json()) as { counts: Record<string, number> }).counts, event);
    showToast("success", board.dataset.moved ?? "");
  }

  function showCounts(counts: Record<string, number>, event: Sortable.SortableEvent): void {
    for (const tag of board.querySelectorAll<HTMLElement>("[data-count]")) {
      const stage = tag.dataset.count ?? "";
      // A narrowed board counts what it shows.
      const change = stage === event.from.dataset.stage ? -1 : stage === event.to.dataset.stage ? 1 : 0;
      if (board.dataset.filtered === undefined) tag.textContent = count.format(counts[stage] ?? 0);
      else tag.textContent = count.format(Number(tag.textContent?.replace(/\D/g, "")) + change);
    }
    event.to.parentElement?.querySelector(".lane-empty")?.remove();
  }

  for (const lane of board.querySelectorAll<HTMLElement>("[data-stage]")) {
    Sortable.create(lane, {
      group: "board",
      draggable: ".lane-card",
      filter: "a.round",
      preventOnFilter: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      delay: 150,
      delayOnTouchOnly: true,
      forceFallback: true,
      ghostClass: "is-ghost",
      onEnd: (event) => void moved(event),
    });
  }
}
