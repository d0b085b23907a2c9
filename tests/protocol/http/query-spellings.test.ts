// Tests of src/protocol/http/query-spellings.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { likelySpellings, MAX_MIXTURES, queryMixtures } from "../../../src/protocol/http/query-spellings.ts";
import { checkProperty } from "../../support/properties.ts";

const likelyQueries = (query: string): string[] => [...new Set(likelySpellings.map((spell) => spell(query)))];
const mixturesOf = (query: string): string[] => [...queryMixtures(query)].map((spell) => spell(query));

const likely: readonly [received: string, likely: readonly string[]][] = [
  ["", [""]],
  ["?a=1+2%20&b=%2B", ["?a=1+2%20&b=%2B"]],
  ["?a=D%27A+b", ["?a=D%27A+b", "?a=D'A+b"]],
  ["?a=D'A+b", ["?a=D'A+b"]],
  ["?a=%22%3C%3E%27", ["?a=%22%3C%3E%27", `?a="<>'`]],
  ["?a=%27&b='", ["?a=%27&b='", "?a='&b='"]],
  ["?a=C%C3%94TE", ["?a=C%C3%94TE"]],
  ["?a=%FF%27", ["?a=%FF%27", "?a=%FF'"]],
];
for (const [received, spellings] of likely) {
  test(`likelySpellings: ${received || "no query"}`, () => assertEquals(likelyQueries(received), spellings));
}

test("queryMixtures: one character raw and another encoded, or only some parameters raw", () => {
  const mixtures = mixturesOf("?greeting=it%27s&FromCity=COEUR+D%27ALENE&q=%22%3Cb%3E%22&r=C%C3%94TE");
  for (const sent of [
    "?greeting=it's&FromCity=COEUR+D'ALENE&q=%22%3Cb%3E%22&r=C%C3%94TE",
    '?greeting=it%27s&FromCity=COEUR+D%27ALENE&q="%3Cb%3E"&r=C%C3%94TE',
    "?greeting=it's&FromCity=COEUR+D%27ALENE&q=%22%3Cb%3E%22&r=C%C3%94TE",
    '?greeting=it%27s&FromCity=COEUR+D%27ALENE&q="<b>"&r=C%C3%94TE',
    "?greeting=it's&FromCity=COEUR+D'ALENE&q=\"<b>\"&r=CÔTE",
  ]) {
    assert(mixtures.includes(sent), sent);
  }
  assertEquals(mixturesOf("?a=1%202%2B"), []);
  assertEquals(mixturesOf("?a=1+2%20%2B"), ["?a=1%202%20%2B"]);
  assertEquals(mixturesOf("?a='+<b>"), ["?a=%27+%3Cb%3E", "?a='%20%3Cb%3E"]);
});

const bytes: readonly [query: string, raw: string | undefined][] = [
  ["?a=%C3%94%E2%82%AC%F0%9F%98%80", "?a=Ô€😀"],
  ["?a=%ED%9F%BF%EE%80%80%F4%8F%BF%BF", "?a=\uD7FF\uE000\u{10FFFF}"],
  ["?a=%FF%C3%94", "?a=%FFÔ"],
  ["?a=%C3", undefined],
  ["?a=%C0%80%E0%80%80%ED%A0%80%F0%80%80%80%F4%90%80%80%F5%80%80%80", undefined],
];
for (const [query, raw] of bytes) {
  test(`queryMixtures: ${query} as UTF-8 is ${raw ?? "invalid"}`, () =>
    assertEquals(mixturesOf(query).includes(raw ?? query), raw !== undefined));
}

/** What Bun's Request.url makes of a query that was sent. */
const asBunHasIt = (sent: string): string => new URL(`http://h.example/${sent}`).search || "?";

test("likelySpellings, queryMixtures: any query with raw quotes and angle brackets is found in what Bun gives, and the number is bounded", () => {
  const sent = fc.string({ unit: fc.constantFrom("'", '"', "<", ">", "+", "%20", "a", "=", "&", "%2B"), minLength: 1, maxLength: 200 });
  checkProperty(
    fc.property(sent, (text) => {
      const query = `?${text}`;
      const received = asBunHasIt(query);
      assert(likelyQueries(received).includes(query), `${query} from ${received}`);
      assert(likelyQueries(received).length <= 2);
      assert(mixturesOf(received).length <= MAX_MIXTURES);
    }),
  );
});
