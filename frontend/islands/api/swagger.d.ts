declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  type Request = { url: string; credentials?: RequestCredentials };
  type Options = {
    domNode: HTMLElement;
    url: string;
    requestInterceptor?: (request: Request) => Request;
  } & Record<string, unknown>;
  export default function SwaggerUIBundle(options: Options): unknown;
}
