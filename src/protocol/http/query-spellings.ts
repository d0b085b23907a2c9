// How a query may have been spelled when it was requested and signed. A runtime may re-encode it before voice sees it:
// Request.url has `'`, `"`, `<`, `>` and characters beyond ASCII percent-encoded, as the URL Standard does
// (https://url.spec.whatwg.org/#special-query-percent-encode-set), and Bun does not show the raw request target.

export const MAX_MIXTURES = 48;

type Spelling = (text: string) => string;

const replacing =
  (pattern: RegExp, replacement: string): Spelling =>
  (text) =>
    text.replace(pattern, replacement);

const raw: readonly Spelling[] = [
  replacing(/%27/g, "'"),
  replacing(/%22/g, '"'),
  replacing(/%3C/g, "<"),
  replacing(/%3E/g, ">"),
  (text) => text.replace(/(%[89A-F][0-9A-F])+/g, decodeUtf8),
];
const spelled = (text: string, spellings: readonly Spelling[]): string => spellings.reduce((one, spell) => spell(one), text);
const asciiRaw: Spelling = (text) => (text.includes("%") ? spelled(text, raw.slice(0, 4)) : text);
const percentEncoded: Spelling = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
const asciiEncoded: Spelling = (text) => text.replace(/['"<>]/g, percentEncoded);

/** As received, and with all of the four characters raw: one or two. */
export function likelyQueries(query: string): readonly string[] {
  return [...new Set([query, asciiRaw(query)])];
}

/**
 * Further spellings, at most {@link MAX_MIXTURES}: all of the four characters encoded, only some characters raw, or
 * only those in the first or last parameters. Made one by one, because making all costs more than most requests may.
 */
export function* queryMixtures(query: string): Generator<string, void> {
  if (asciiEncoded(query) !== query) yield asciiEncoded(query);
  const present = raw.filter((spell) => spell(query) !== query);
  const subsets = 1 << present.length;
  for (let subset = 1; subset < subsets; subset += 1) {
    const chosen = present.filter((_, bit) => subset & (1 << bit));
    yield spelled(query, chosen);
  }
  const params = query.split("&");
  const differing = params.flatMap((param, index) => (asciiRaw(param) === param ? [] : [index]));
  for (const index of differing.slice(0, (MAX_MIXTURES - subsets - 1) / 2)) {
    yield params.map((param, at) => (at <= index ? asciiRaw(param) : param)).join("&");
    yield params.map((param, at) => (at >= index ? asciiRaw(param) : param)).join("&");
  }
}

function decodeUtf8(bytes: string): string {
  try {
    return decodeURIComponent(bytes);
  } catch {
    return bytes;
  }
}
