/** The token that requests of scripts carry, from the head of the page. */
export const csrfToken = () => document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";
