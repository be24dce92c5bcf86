/** What can go wrong, a class per reason. An answer of the server becomes an `ApiError`; no answer is one of the others. */

/** The base of everything that this package throws. */
export class TidingsError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message);
    this.name = new.target.name;
    if (options && "cause" in options) this.cause = options.cause;
  }
}

/** The server was not reached: nothing was asked, so nothing was done. */
export class ConnectionFailed extends TidingsError {}

/** The request went out and no answer came back: the server may have carried it out. Look before asking again. */
export class AnswerLost extends TidingsError {}

/** The signature of a webhook does not fit the body, or the delivery is too old. */
export class BadSignature extends TidingsError {}

/**
 * A refusal or a crash of the server. `code` is the dialect's own word ("" where it has none), `fields` the complaint
 * of each field at fault, `body` the decoded answer as it came.
 */
export class ApiError extends TidingsError {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string>,
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** 400 and the other refusals of the 4xx range that have no class of their own. */
export class BadRequest extends ApiError {}
/** 400 (FluenzR) or 422: `fields` names what is wrong with each field. */
export class ValidationFailed extends BadRequest {}
/** 401: no credentials, or wrong or revoked ones. */
export class Unauthorized extends ApiError {}
/** 403: the key or its user may not do this. */
export class Forbidden extends ApiError {}
/** 404. */
export class NotFound extends ApiError {}
/** 409: a duplicate, or a state that does not allow it. */
export class Conflict extends ApiError {}
/** 429, after all tries; `retryAfter` in seconds when the server said. */
export class RateLimited extends ApiError {
  retryAfter: number | undefined;
}
/** 5xx, after all tries. */
export class ServerError extends ApiError {}

const CLASSES: Record<number, typeof ApiError> = {
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  422: ValidationFailed,
  429: RateLimited,
};

/** The error for an answer, whichever dialect worded it. */
export function errorOf(status: number, body: unknown, retryAfter?: number): ApiError {
  const { code, message, fields } = read(body);
  let kind = CLASSES[status] ?? (status >= 500 ? ServerError : BadRequest);
  if (status === 400 && code === "VALIDATION_ERROR") kind = ValidationFailed;
  const error = new kind(status, code, message || `The server answered ${status}.`, fields, body);
  if (error instanceof RateLimited) error.retryAfter = retryAfter;
  return error;
}

type Found = { code: string; message: string; fields: Record<string, string> };

/** FluenzR nests its error; Furiosa and FluentCRM have it at the root. */
function read(body: unknown): Found {
  if (typeof body === "string") return { code: "", message: body, fields: {} };
  if (!isObject(body)) return { code: "", message: "", fields: {} };
  const inner = body.error;
  if (isObject(inner)) return { code: text(inner.code), message: text(inner.message), fields: texts(inner.details) };
  if ("message" in body) return { code: text(body.code), message: text(body.message), fields: texts(body.errors) };
  const fields = texts(body);
  return { code: "", message: Object.values(fields)[0] ?? "", fields };
}

/** One text per field: as it came, the first of a list, or the first of FluentCRM's rule to text. */
function texts(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!isObject(value)) return found;
  for (const [name, said] of Object.entries(value)) {
    found[name] = text(typeof said === "object" && said !== null ? Object.values(said)[0] : said);
  }
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
