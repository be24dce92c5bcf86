/**
 * Clients for Tidings: one per dialect, and the verifiers of webhooks. No dependencies; Node 18 or newer, and browsers.
 *
 *     const client = new FluenzrClient({ apiKey: "flz_sk_…", baseUrl: "https://crm.example.com" });
 *     for await (const contact of client.contacts.iterate({ status: "active" })) console.log(contact.email);
 *
 * Methods and options are in camelCase; records have the names that the dialect sends.
 */
export {
  AnswerLost,
  ApiError,
  BadRequest,
  BadSignature,
  Conflict,
  ConnectionFailed,
  Forbidden,
  NotFound,
  RateLimited,
  ServerError,
  TidingsError,
  Unauthorized,
  ValidationFailed,
} from "./errors.js";
export { FluentCrmClient } from "./fluentcrm.js";
export { FluenzrClient } from "./fluenzr.js";
export { FuriosaClient } from "./furiosa.js";
export { Page } from "./pages.js";
export { VERSION } from "./transport.js";
export type { ClientOptions, Query, RetryOptions } from "./transport.js";
export { verifyFluenzr, verifyFuriosa } from "./webhooks.js";
export type * as fluentcrm from "./fluentcrm.js";
export type * as fluenzr from "./fluenzr.js";
export type * as furiosa from "./furiosa.js";
