// The reader of one stream against the full parser: on every text both say the same.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mediaReader } from "../../../src/protocol/media-streams/media-reader.ts";
import { parseFromTwilio } from "../../../src/protocol/media-streams/media-streams.ts";
import { checkProperty } from "../../support/properties.ts";
import { twilioExamples } from "../examples.ts";
import { hostileTexts, withEdits } from "../seeds.ts";

const sid = "MZ0123456789abcdef0123456789abcdef";
const read = mediaReader(sid);

/** A media message as Twilio spells it. */
const usual = (sequence: string, chunk: string, timestamp: string, payload: string, streamSid = sid): string =>
  `{"event":"media","sequenceNumber":"${sequence}","media":{"track":"inbound","chunk":"${chunk}","timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${streamSid}"}`;

const counter = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom("", "007", "-1", "1.5", "1e3", "999999999999999", "9999999999999999", "٣", " 1"),
);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  fc.constantFrom("", "=", "==", "A===", "AAAAA", "AA=A", "AAA\\u003d", 'AAA"', "AAA\\", "AAA\n", "АААА", "AA==AA=="),
);
const streamSid = fc.constantFrom(sid, sid, sid, "MZ1", "", `${sid}"`, "MZ\\u0030");
const message = fc.tuple(counter, counter, counter, payload, streamSid).map((values) => usual(...values));

/** A mark as Twilio spells it. */
const usualMark = (sequence: string, name: string, streamSid = sid): string =>
  `{"event":"mark","sequenceNumber":"${sequence}","streamSid":"${streamSid}","mark":{"name":"${name}"}}`;
const name = fc.oneof(
  fc.nat(300).map((n) => `v${n}`),
  fc.constantFrom("", "my label", "a\\u0041", 'a"', "a\\", "ä", "a\tb", "}}"),
);
const mark = fc.tuple(counter, name, streamSid).map((values) => usualMark(...values));

test("mediaReader: reads a usual mark", () => {
  assertEquals(read(usualMark("9", "v12")), { type: "mark", sequenceNumber: 9, streamSid: sid, name: "v12" });
});

test("mediaReader: reads a usual frame", () => {
  assertEquals(read(usual("4", "2", "5", "/////w==")), {
    type: "media",
    sequenceNumber: 4,
    streamSid: sid,
    track: "inbound",
    chunk: 2,
    timestampMs: 5,
    payload: "/////w==",
  });
});

const texts = fc.oneof(
  { weight: 2, arbitrary: message },
  { weight: 2, arbitrary: withEdits(message) },
  mark,
  withEdits(mark),
  hostileTexts(twilioExamples),
);
test("mediaReader: agrees with the full parser on every text", () => {
  checkProperty(
    fc.property(texts, (text) => assertEquals(read(text), parseFromTwilio(text))),
    { numRuns: 5_000 },
  );
});

const whole = usual("4", "2", "5", "AAAA");
const odd: readonly (readonly [what: string, text: string])[] = [
  ["the payload's quotes fall together", whole.replace('"payload":"AAAA"', '"payload":"')],
  ["a mark whose quotes fall together", usualMark("4", "v").replace('"name":"v"', '"name":"')],
  ["a mark with a field more", usualMark("4", "v").replace('"}}', '"},"x":{"y":"z"}}')],
  ["a mark cut short", usualMark("4", "v").slice(0, -1)],
  ["a field twice", whole.replace('"payload":', '"payload":"BBBB","payload":')],
  ["the stream's SID twice", whole.replace('"event"', '"streamSid":"MZ1","event"')],
  ["another track", whole.replace("inbound", "outbound")],
  ["a field more", whole.replace('"},', '","x":1},')],
  ["a blank", whole.replace(",", ", ")],
  ["a blank at the end", `${whole} `],
  ["numbers as counters", whole.replace('"4"', "4")],
  ["another order", JSON.stringify({ streamSid: sid, ...JSON.parse(whole) })],
  ["cut short", whole.slice(0, -1)],
  ["only what precedes the first value", '{"event":"media","sequenceNumber":"'],
];
for (const [what, text] of odd) {
  test(`mediaReader: agrees with the full parser: ${what}`, () => assertEquals(read(text), parseFromTwilio(text)));
}

test("mediaReader: agrees with the full parser for a SID that needs escapes", () => {
  const quoted = 'MZ"\\';
  const text = JSON.stringify({ ...JSON.parse(whole), streamSid: quoted });
  assertEquals(mediaReader(quoted)(text), parseFromTwilio(text));
});
