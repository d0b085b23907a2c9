// How a query may have been spelled when it was requested and signed. A runtime may re-encode it before voice sees it:
// Request.url has `'`, `"`, `<`, `>` and characters beyond ASCII percent-encoded, as the URL Standard does
// (https://url.spec.whatwg.org/#special-query-percent-encode-set), and Bun does not show the raw request target.

import { legacyQuery } from "../signature.ts";

export const MAX_MIXTURES = 48;

/** Makes one spelling of a query from the one received. */
export type QuerySpelling = (query: string) => string;

const replacing =
  (pattern: RegExp, replacement: string): QuerySpelling =>
  (text) =>
    text.replace(pattern, replacement);

/**
 * Percent-encoded characters beyond ASCII, and only those: decoding never throws, which would be slow
 * (https://www.rfc-editor.org/rfc/rfc3629#section-4).
 */
const encodedUtf8 = new RegExp(
  [
    "(?:%(?:C[2-9A-F]|D[0-9A-F])",
    "%E0%[AB][0-9A-F]",
    "%E[1-9A-CEF]%[89AB][0-9A-F]",
    "%ED%[89][0-9A-F]",
    "%F0%[9AB][0-9A-F]%[89AB][0-9A-F]",
    "%F[1-3]%[89AB][0-9A-F]%[89AB][0-9A-F]",
    "%F4%8[0-9A-F]%[89AB][0-9A-F])%[89AB][0-9A-F]",
  ].join("|"),
  "g",
);

const raw: readonly QuerySpelling[] = [
  replacing(/%27/g, "'"),
  replacing(/%22/g, '"'),
  replacing(/%3C/g, "<"),
  replacing(/%3E/g, ">"),
  (text) => text.replace(encodedUtf8, decodeURIComponent),
];
const spelled = (text: string, spellings: readonly QuerySpelling[]): string => spellings.reduce((one, spell) => spell(one), text);
const asReceived: QuerySpelling = (text) => text;
/** Whether {@link likelySpellings} may differ for it. Cheap, unlike making them. */
export function mayDiffer(query: string): boolean {
  return /%(?:2[27]|3[CE])/.test(query);
}
const asciiRaw: QuerySpelling = (text) => (mayDiffer(text) ? spelled(text, raw.slice(0, 4)) : text);
const percentEncoded: QuerySpelling = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
const asciiEncoded: QuerySpelling = (text) => text.replace(/['"<>]/g, percentEncoded);
/** By the bits of the index, which of the five are raw. */
const subsets: readonly QuerySpelling[] = Array.from({ length: 1 << raw.length }, (_, subset) => {
  const chosen = raw.filter((_spell, bit) => subset & (1 << bit));
  return (text) => spelled(text, chosen);
});

/** As received, and with all of the four characters raw. */
export const likelySpellings: readonly [QuerySpelling, QuerySpelling] = [asReceived, asciiRaw];
/** Those that are the same function for each query, so that one that fitted can be tried again. */
export const steadySpellings: ReadonlySet<QuerySpelling> = new Set([...likelySpellings, asciiEncoded, legacyQuery, ...subsets]);

/**
 * Further spellings, at most {@link MAX_MIXTURES}: all of the four characters encoded, as the legacy module has it,
 * only some characters raw, or only those in the first or last parameters. Made one by one, because making all costs
 * more than most requests may.
 */
export function* queryMixtures(query: string): Generator<QuerySpelling, void> {
  for (const spell of [asciiEncoded, legacyQuery]) if (spell(query) !== query) yield spell;
  let present = 0;
  for (const [bit, spell] of raw.entries()) if (spell(query) !== query) present |= 1 << bit;
  let mixtures = 2;
  for (let subset = 1; subset < subsets.length; subset += 1) {
    const spell = subsets[subset];
    if (spell === undefined || (subset & present) !== subset) continue;
    mixtures += 1;
    yield spell;
  }
  const params = query.split("&");
  const differing = params.flatMap((param, index) => (asciiRaw(param) === param ? [] : [index]));
  for (const index of differing.slice(0, (MAX_MIXTURES - mixtures) / 2)) {
    yield rawParams((at) => at <= index);
    yield rawParams((at) => at >= index);
  }
}

function rawParams(isRaw: (index: number) => boolean): QuerySpelling {
  return (query) =>
    query
      .split("&")
      .map((param, index) => (isRaw(index) ? asciiRaw(param) : param))
      .join("&");
}
