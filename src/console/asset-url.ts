// The names of the page's other files have a part that changes with their content: the page says what they are called.

/** The URL of a file by its plain name. */
export function assetUrl(name: string): string {
  const found = document.querySelector<HTMLMetaElement>(`meta[name="asset-${name}"]`)?.content;
  if (found === undefined) throw new Error(`BUG: no file ${name}`);
  return new URL(`console/${found}`, new URL(location.pathname.replace(/\/console.*$/, "/"), location.origin)).href;
}
