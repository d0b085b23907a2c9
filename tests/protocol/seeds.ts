// Texts for the fuzz tests: random text, random JSON, and the vectors with one value replaced.

import fc from "fast-check";
import type { Example } from "./examples.ts";

/** One third each: noise, JSON, an example with a change. */
export function hostileTexts(examples: readonly Example[]): fc.Arbitrary<string> {
  const mutated = fc
    .tuple(fc.constantFrom(...examples), fc.nat(), fc.jsonValue())
    .map(([{ text }, at, value]) => JSON.stringify(replaceAt(JSON.parse(text), { left: at % 40 }, value)));
  return fc.oneof(fc.string({ unit: "binary" }), fc.json(), mutated);
}

/** Replaces the `left`th value in depth-first order, the root last; `left` counts down. */
function replaceAt(value: unknown, counter: { left: number }, replacement: unknown): unknown {
  if (typeof value !== "object" || value === null) return counter.left-- === 0 ? replacement : value;
  const entries = Object.entries(value).map(([name, inner]) => [name, replaceAt(inner, counter, replacement)] as const);
  if (counter.left-- === 0) return replacement;
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** Texts with up to three characters replaced, removed, doubled or added. */
export function withEdits(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const character = fc.constantFrom('"', "\\", "{", "}", ",", ":", "0", "=", "A", " ", "\n", "\u0000", "é", "");
  const edit = fc.record({ at: fc.nat(), cut: fc.nat(2), put: character });
  return fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((whole, { at, cut, put }) => {
      const from = at % (whole.length + 1);
      return whole.slice(0, from) + put + whole.slice(from + cut);
    }, text),
  );
}
