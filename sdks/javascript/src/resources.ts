/** What every collection of every dialect can do. */
import { Page } from "./pages.js";
import { type Query, type Transport, segment } from "./transport.js";

export type Id = string | number;
/** A filter, a sort, and the page: `page` counts from 1. */
export type ListOptions = { page?: number; perPage?: number } & Query;

export class Resource<T> {
  /** `name` and `names` are its words in answers, where a dialect has such. */
  constructor(
    protected readonly http: Transport,
    protected readonly path: string,
    protected readonly name = "",
    protected readonly names = `${name}s`,
  ) {}

  protected at(id: Id, ...more: string[]): string {
    return [this.path, segment(id), ...more].join("/");
  }

  protected async value<V = T>(method: string, path: string, body?: unknown, query?: Query): Promise<V> {
    return this.http.unwrap(await this.http.request(method, path, { body, query }), this.name) as V;
  }

  protected async rows<R>(path: string, { page = 1, perPage = 20, ...query }: ListOptions, names = this.names): Promise<Page<R>> {
    const sent = { ...query, page, [this.http.perPageWord]: perPage };
    const answer = await this.http.request("GET", path, { query: sent });
    return this.paged<R>(answer, names, (next) => this.rows<R>(path, { ...query, page: next, perPage }, names));
  }

  protected paged<R>(answer: unknown, names: string, turn: (page: number) => Promise<Page<R>>): Page<R> {
    const { rows, ...facts } = this.http.readPage(answer, names);
    return Page.built(rows as R[], facts, turn);
  }
}

/** A collection whose rows can be listed. */
export class Listed<T> extends Resource<T> {
  /** One page; filters and sorting as the dialect's guide names them. */
  async list(options: ListOptions = {}): Promise<Page<T>> {
    return this.rows<T>(this.path, options);
  }

  /** Every row, page after page, each page fetched when it is reached. */
  async *iterate(options: ListOptions = {}): AsyncGenerator<T, void, undefined> {
    yield* (await this.list({ perPage: 100, ...options })).iterate();
  }
}

/** A collection whose rows have an address each. */
export class Readable<T> extends Listed<T> {
  /** One row; throws NotFound. */
  async get(id: Id): Promise<T> {
    return this.value("GET", this.at(id));
  }
}

/** A collection whose rows can be made and changed: `F` is what one may be given. */
export class Writable<T, F> extends Readable<T> {
  /** A new one. */
  async create(fields: F): Promise<T> {
    return this.value("POST", this.path, fields);
  }

  /** Changes what is given, leaves the rest. */
  async update(id: Id, fields: Partial<F>): Promise<T> {
    return this.value("PUT", this.at(id), fields);
  }
}

/** A collection whose rows can be taken away too; the answer to that is `D`. */
export class Kept<T, F, D = unknown> extends Writable<T, F> {
  /** Takes one away. */
  async delete(id: Id): Promise<D> {
    return this.value<D>("DELETE", this.at(id));
  }
}
