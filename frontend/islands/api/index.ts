/** The reference of an interface from its served document: `data-document` is its address, `data-find` a placeholder. */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./style.css";

type Operation = Map<string, unknown> & { getIn(path: string[]): unknown };
type Tagged = { map(change: (group: any) => any): Tagged; filter(keep: (group: any) => boolean): Tagged };

/** Operations whose address, id or summary holds every word that was typed. */
function matching(tagged: Tagged, phrase: string): Tagged {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  const isMeant = (one: Operation) => {
    const text = [one.get("path"), one.get("method"), one.getIn(["operation", "operationId"]), one.getIn(["operation", "summary"])];
    const hay = text.join(" ").toLowerCase();
    return words.every((word) => hay.includes(word));
  };
  return tagged
    .map((group) => group.update("operations", (all: { filter(keep: (one: Operation) => boolean): unknown }) => all.filter(isMeant)))
    .filter((group) => group.get("operations").size > 0);
}

/** The library's own dark colours follow the theme of the page. */
function followTheme(): void {
  const root = document.documentElement;
  const apply = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  new MutationObserver(apply).observe(root, { attributeFilter: ["data-bs-theme"] });
  apply();
}

export function mount(element: HTMLElement): Promise<void> {
  followTheme();
  element.replaceChildren();
  return new Promise((done) => {
    SwaggerUI({
      domNode: element,
      url: element.dataset.document ?? "",
      layout: "BaseLayout",
      deepLinking: true,
      docExpansion: "list",
      filter: true,
      defaultModelsExpandDepth: -1,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // Credentials live in this page only, and nothing is sent to anybody else.
      persistAuthorization: false,
      validatorUrl: null,
      plugins: [() => ({ fn: { opsFilter: matching } })],
      requestInterceptor: (request) => {
        if (new URL(request.url, location.href).origin !== location.origin) throw new Error("only this installation is asked");
        // A reader who is logged in tries with the key that was typed, not with the session.
        request.credentials = "omit";
        return request;
      },
      onComplete: () => {
        const find = element.querySelector<HTMLInputElement>(".operation-filter-input");
        find?.setAttribute("placeholder", element.dataset.find ?? "");
        find?.setAttribute("aria-label", element.dataset.find ?? "");
        done();
      },
    });
  });
}
