/**
 * Sends requests, tries again where that is safe, and makes errors of refusals.
 *
 * - 429 is tried again for every method: the server refused before it did anything.
 * - 500 and 503 are tried again for every method: the server answers them after it has rolled back.
 * - 502, 504, a broken connection and a time-out mean that the answer was lost. Reads, PUT and DELETE, which may be
 *   done twice, are tried again; a POST is not, unless the client was made with `retryPosts` or the call only reads.
 */
import { AnswerLost, ConnectionFailed, errorOf } from "./errors.js";

export const VERSION = "0.1.0";

export type Query = Record<string, unknown>;

export type RetryOptions = {
  /** Tries after the first one; 3 when left out. */
  maxRetries?: number;
  /** Seconds; a server that asks for more is not waited for. 65 when left out. */
  maxWait?: number;
  /** Whether a POST whose answer was lost is sent again. */
  retryPosts?: boolean;
};

export type ClientOptions = RetryOptions & {
  /** The address of your Tidings, with or without the dialect's prefix; TIDINGS_BASE_URL counts where it is left out. */
  baseUrl?: string;
  /** Seconds for one try; 30 when left out. */
  timeout?: number;
  /** Another fetch, for proxies and the like. */
  fetch?: typeof fetch;
};

export type RequestOptions = {
  query?: Query | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Says that a POST changes nothing and may be sent again when its answer is lost. */
  onlyReads?: boolean;
};

/** How a dialect wraps rows: the rows themselves, and page, total and rows per page among the rest. */
export type Rows = { rows: unknown[]; page: number; perPage: number; total: number; meta: Record<string, unknown> };

const LOST = new Set([502, 504]);
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
// What Node reports when the connection never came about, so that the request never left.
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

export abstract class Transport {
  readonly baseUrl: string;
  /** The dialect's word for rows per page. */
  readonly perPageWord: string = "per_page";
  readonly #options: ClientOptions;
  readonly #headers: Record<string, string>;

  constructor(options: ClientOptions, prefix: string, authorization: string) {
    this.#options = options;
    this.baseUrl = baseOf(options.baseUrl, prefix);
    this.#headers = { accept: "application/json", authorization };
    // Browsers name themselves and refuse the header to scripts.
    if (isNode()) this.#headers["user-agent"] = `tidings-client/${VERSION} javascript`;
  }

  /** The value of an answer; `name` is what FluentCRM would call it. */
  unwrap(answer: any, _name: string): any {
    return answer;
  }

  abstract readPage(answer: any, name: string): Rows;

  /** Any address of the dialect, after its prefix: the decoded answer, undefined for an empty one. */
  async request(method: string, path: string, { query, body, onlyReads = false }: RequestOptions = {}): Promise<any> {
    const url = this.baseUrl + path + queryOf(query);
    const mayRepeat = REPEATABLE.has(method) || onlyReads || (this.#options.retryPosts ?? false);
    for (let tries = 1; ; tries++) {
      let answer: Response;
      let decoded: unknown;
      try {
        answer = await this.#send(method, url, body);
        decoded = decode(await answer.text());
      } catch (error) {
        const isSent = !NOT_SENT.has(reasonOf(error));
        const wait = mayRepeat || !isSent ? this.#wait(tries) : undefined;
        if (wait === undefined) throw lost(method, path, error, isSent);
        await sleep(wait);
        continue;
      }
      if (answer.status < 400) return decoded;
      const asked = answer.status === 429 || answer.status === 503 ? askedWait(answer.headers) : undefined;
      const isWorthIt = LOST.has(answer.status) ? mayRepeat : answer.status === 429 || answer.status >= 500;
      const wait = isWorthIt ? this.#wait(tries, asked) : undefined;
      if (wait === undefined) throw errorOf(answer.status, decoded, asked);
      await sleep(wait);
    }
  }

  async #send(method: string, url: string, body: unknown): Promise<Response> {
    const ask = this.#options.fetch ?? fetch;
    const headers: Record<string, string> = { ...this.#headers };
    if (body !== undefined) headers["content-type"] = "application/json";
    return ask(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout((this.#options.timeout ?? 30) * 1000),
    });
  }

  /** Seconds before the next try, undefined when there is none. */
  #wait(tries: number, asked?: number): number | undefined {
    if (tries > (this.#options.maxRetries ?? 3)) return undefined;
    if (asked !== undefined) return asked <= (this.#options.maxWait ?? 65) ? asked : undefined;
    // Spread, so that clients that were refused together do not come back together.
    return Math.min(30, 0.5 * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
  }
}

/** Retry-After (seconds or a date, RFC 9110 §10.2.3), else X-RateLimit-Reset (Unix seconds) when nothing remains. */
function askedWait(headers: Headers): number | undefined {
  const after = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(after)) return Number(after);
  if (after) {
    const at = Date.parse(after);
    return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
  }
  const reset = headers.get("x-ratelimit-reset")?.trim() ?? "";
  const isSpent = (headers.get("x-ratelimit-remaining")?.trim() ?? "0") === "0";
  return /^\d+$/.test(reset) && isSpent ? Math.max(0, Number(reset) - Date.now() / 1000) : undefined;
}

function baseOf(baseUrl: string | undefined, prefix: string): string {
  const given = (baseUrl ?? environment("TIDINGS_BASE_URL")).replace(/\/+$/, "");
  if (!given) throw new TypeError("baseUrl is needed: the address of your Tidings, such as https://crm.example.com");
  if (!/^https?:\/\//.test(given)) throw new TypeError("baseUrl begins with https:// or http://");
  return given.endsWith(prefix) ? given : given + prefix;
}

function environment(name: string): string {
  return (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.[name] ?? "";
}

function isNode(): boolean {
  return Boolean((globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node);
}

/** undefined and null are left out, an array becomes `name[]` once per value. */
function queryOf(query: Query = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) for (const one of value) pairs.append(`${name}[]`, textOf(one));
    else pairs.append(name, textOf(value));
  }
  const text = pairs.toString();
  return text && `?${text}`;
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** JSON, else the text of whatever stands between us and the server. */
function decode(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; errors?: { code?: string }[] } }).cause;
  return cause?.code ?? cause?.errors?.[0]?.code ?? "";
}

function lost(method: string, path: string, error: unknown, isSent: boolean): ConnectionFailed | AnswerLost {
  const told = `${method} ${path}: ${error instanceof Error ? error.message : String(error)}`;
  return isSent
    ? new AnswerLost(`${told}. It may have been carried out.`, { cause: error })
    : new ConnectionFailed(told, { cause: error });
}

function sleep(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

/** A path segment; an empty one would make another address. */
export function segment(value: string | number): string {
  const text = encodeURIComponent(String(value));
  if (!text) throw new TypeError("an id must not be empty");
  return text;
}
