/** Entry of every page: styles, htmx, and the small behaviours that any page may use through data attributes. */
import "@fontsource-variable/inter";
import "@tabler/core/dist/css/tabler.min.css";
import "./styles/tokens.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/people.css";
import "./styles/mail.css";
import "./styles/imports.css";
import "./styles/segments.css";
import "./styles/companies.css";
import "./styles/pages.css";
import "./styles/pipeline.css";
import "./styles/automations.css";
import "bootstrap/js/dist/dropdown";
import "bootstrap/js/dist/collapse";
import "bootstrap/js/dist/tab";
import htmx from "htmx.org";
import { watchBulk } from "./shared/bulk";
import { watchConfirm } from "./shared/confirm";
import { csrfToken } from "./shared/csrf";
import { watchForms } from "./shared/forms";
import { watchInsert } from "./shared/insert";
import { mountIslands } from "./shared/islands";
import { watchKeys } from "./shared/keys";
import { watchPanels } from "./shared/panels";
import { watchSearches } from "./shared/searches";
import { showToast, watchToasts } from "./shared/toasts";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
// Not "style": the content policy refuses it as an attribute.
htmx.config.attributesToSettle = ["class", "width", "height"];
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  // A refused form comes back with its errors and is shown in its place.
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

const token = csrfToken();
document.addEventListener("htmx:configRequest", (event) => {
  const detail = (event as CustomEvent).detail;
  if (token) detail.headers["X-CSRF-Token"] = token;
});
document.addEventListener("htmx:sendError", () => showToast("error", document.body.dataset.sayOffline ?? ""));
document.addEventListener("htmx:responseError", (event) => {
  const text = (event as CustomEvent).detail.xhr.getResponseHeader("X-Problem");
  showToast("error", text ? decodeURIComponent(text) : (document.body.dataset.sayFailed ?? ""));
});
document.addEventListener("htmx:load", (event) => mountIslands((event as CustomEvent).detail.elt));

watchConfirm();
watchForms();
watchBulk();
watchInsert();
watchKeys();
watchPanels();
watchSearches();
watchToasts();
mountIslands(document.body);
