/** What a page knows besides its rows; `meta` is as the server sent it. */
export type PageFacts = { page: number; perPage: number; total: number; meta: Record<string, unknown> };

/** The rows of a page as an array that knows its place among the pages. */
export class Page<T> extends Array<T> {
  page = 1;
  perPage = 0;
  total = 0;
  meta: Record<string, unknown> = {};
  #turn: ((page: number) => Promise<Page<T>>) | undefined;

  /** `map`, `filter` and their like give plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  static built<T>(rows: readonly T[], facts: PageFacts, turn: (page: number) => Promise<Page<T>>): Page<T> {
    const made = new Page<T>();
    for (const row of rows) made.push(row);
    Object.assign(made, facts);
    made.#turn = turn;
    return made;
  }

  get totalPages(): number {
    return this.perPage ? Math.ceil(this.total / this.perPage) : 1;
  }

  /** Whether a page follows. */
  get hasMore(): boolean {
    return this.page < this.totalPages;
  }

  /** The page after this one, undefined after the last. */
  async nextPage(): Promise<Page<T> | undefined> {
    return this.hasMore ? this.#turn?.(this.page + 1) : undefined;
  }

  /** The rows of this page and of all that follow, each page fetched when it is reached. */
  async *iterate(): AsyncGenerator<T, void, undefined> {
    for (let shown: Page<T> | undefined = this; shown; shown = await shown.nextPage()) yield* shown;
  }
}
