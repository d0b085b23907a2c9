// The reader of one connection against the full parser: on every sequence of texts both say the same.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { modelReader } from "../../../src/protocol/realtime/model-reader.ts";
import { parseFromModel } from "../../../src/protocol/realtime/realtime.ts";
import { checkProperty } from "../../support/properties.ts";
import { modelExamples } from "../examples.ts";
import { hostileTexts, withEdits } from "../seeds.ts";

/** Audio as OpenAI spells it. */
const usual = (event: string, response: string, item: string, output: string, content: string, delta: string): string =>
  `{"type":"response.output_audio.delta","event_id":"${event}","response_id":"${response}","item_id":"${item}","output_index":${output},"content_index":${content},"delta":"${delta}"}`;

const id = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("item_A1", "item_B2") },
  fc.constantFrom("", "a b", "a\\u0041", 'a"', "a\\", "ä", "a\tb"),
);
const index = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("0", "1") },
  fc.constantFrom("", "00", "-1", "1.5", "1e3", "9".repeat(400), '"0"', "null"),
);
const delta = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("base64")) },
  fc.constantFrom("", "=", "A===", "AAAAA", "AA=A", "AAA\\u003d", 'AAA"', "AAA\\", "AAA\n", "АААА"),
);
const inOpenAiOrder = fc.tuple(id, id, id, index, index, delta).map((values) => usual(...values));
/** As some compatible servers do: the same fields in another order, one of them twice or missing. */
const inAnyOrder = fc
  .tuple(
    id,
    fc.array(
      fc.oneof(
        fc.tuple(
          fc.constantFrom("response_id", "item_id", "type"),
          id.map((text) => `"${text}"`),
        ),
        fc.tuple(fc.constantFrom("output_index", "content_index"), index),
      ),
      { maxLength: 5 },
    ),
    delta,
  )
  .map(([eventId, fields, audio]) => {
    const middle = fields.map(([name, value]) => `"${name}":${value},`).join("");
    return `{"type":"response.output_audio.delta","event_id":"${eventId}",${middle}"delta":"${audio}"}`;
  });
const event = fc.oneof(inOpenAiOrder, inAnyOrder);
const texts = fc.oneof({ weight: 6, arbitrary: event }, { weight: 3, arbitrary: withEdits(event) }, hostileTexts(modelExamples));

function agrees(...sequence: readonly string[]): void {
  const read = modelReader();
  for (const text of sequence) assertEquals(read(text), parseFromModel(text));
}

test("modelReader: reads a part's first and later audio", () => {
  const read = modelReader();
  const fields = { type: "response.output_audio.delta", responseId: "r", itemId: "i", contentIndex: 2 } as const;
  for (const delta of ["AAAA", "/////w==", ""])
    assertEquals(read(usual(`e${delta.length}`, "r", "i", "0", "2", delta)), { ...fields, delta });
});

test("modelReader: agrees with the full parser on every sequence of texts", () => {
  checkProperty(
    fc.property(fc.array(texts, { maxLength: 12 }), (sequence) => agrees(...sequence)),
    { numRuns: 4_000 },
  );
});

const first = usual("e1", "r", "i", "0", "0", "AAAA");
const odd: readonly (readonly [what: string, text: string])[] = [
  ["an id with an escape", first.replace("e1", "e\\u0031")],
  ["an id with a control character", first.replace("e1", "e\u0001")],
  ["no id", first.replace("e1", "")],
  ["a field more", first.replace('"}', '","obfuscation":"x"}')],
  ["a field twice, the later one counts", first.replace('"}', '","item_id":"other"}')],
  ["the beta's name", first.replace("output_audio", "audio")],
  ["another order", JSON.stringify({ delta: "BBBB", ...JSON.parse(first) })],
  ["the delta's quotes fall together", first.replace('"delta":"AAAA"', '"delta":"')],
  ["cut short", first.slice(0, -1)],
  ["a blank at the end", `${first} `],
];
for (const [what, text] of odd) {
  test(`modelReader: agrees with the full parser: ${what}`, () => {
    agrees(first, text, first);
    agrees(text, first, text);
  });
}
