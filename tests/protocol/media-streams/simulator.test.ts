// Tests of src/protocol/media-streams/simulator.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isBad } from "../../../src/protocol/bad.ts";
import { type FromTwilio, parseFromTwilio, type ToTwilio, twilioFormatter } from "../../../src/protocol/media-streams/media-streams.ts";
import { formatFromTwilio, parseToTwilio } from "../../../src/protocol/media-streams/simulator.ts";
import { checkProperty } from "../../support/properties.ts";
import { serverExamples, twilioExamples } from "../examples.ts";
import { hostileTexts } from "../seeds.ts";

const documentedSid = "MZXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

for (const { name, text, value } of twilioExamples) {
  test(`formatFromTwilio: writes the documented ${name}, field by field, in the documented order`, () =>
    assertEquals(formatFromTwilio(value as FromTwilio), JSON.stringify(JSON.parse(text))));
}

for (const { name, text, value } of serverExamples) {
  test(`parseToTwilio: reads the documented ${name}`, () => assertEquals<unknown>(parseToTwilio(text, documentedSid), value));
}

const media = { event: "media", streamSid: "MZ1", media: { payload: "/////w==" } };
const badMessages: readonly [what: string, message: unknown, bad: string][] = [
  ["a text", "media", "message: expected a JSON object, got string"],
  ["an unknown event", { event: "dtmf", streamSid: "MZ1" }, "event: expected media, mark or clear, got another"],
  ["no streamSid", { event: "clear" }, "streamSid: expected a string, got nothing"],
  ["another streamSid", { event: "clear", streamSid: "MZ2" }, "streamSid: expected this stream's, got another"],
  ["an extra field", { ...media, sequenceNumber: "1" }, "fields: expected only event, streamSid, media, got others too"],
  [
    "an extra field in media",
    { ...media, media: { payload: "AAAA", track: "outbound" } },
    "media.fields: expected only payload, got others too",
  ],
  ["a misspelt payload", { ...media, media: { playload: "AAAA" } }, "media.fields: expected only payload, got others too"],
  ["no payload", { ...media, media: {} }, "media.payload: expected a string, got nothing"],
  [
    "a payload that is not base64",
    { ...media, media: { payload: "a b=" } },
    "media.payload: expected base64, got 4 characters that are not",
  ],
  ["a mark without a name", { event: "mark", streamSid: "MZ1", mark: {} }, "mark.name: expected a string, got nothing"],
  [
    "a clear with a mark",
    { event: "clear", streamSid: "MZ1", mark: { name: "a" } },
    "fields: expected only event, streamSid, got others too",
  ],
];
test("parseToTwilio: only a media message whose fault is a field too many is played", () => {
  const played = (message: object): unknown => {
    const parsed = parseToTwilio(JSON.stringify(message), "MZ1");
    return isBad(parsed) ? parsed.played?.payload : undefined;
  };
  assertEquals(played({ ...media, sequenceNumber: "1" }), media.media.payload);
  assertEquals(played({ ...media, media: { ...media.media, track: "outbound" } }), media.media.payload);
  assertEquals(played({ ...media, streamSid: "MZ2", x: 1 }), undefined);
  assertEquals(played({ ...media, media: { payload: "A", x: 1 } }), undefined);
  assertEquals(played({ event: "clear", streamSid: "MZ1", x: 1 }), undefined);
});

for (const [what, message, bad] of badMessages) {
  test(`parseToTwilio: rejects ${what} with 31951`, () => {
    const parsed = parseToTwilio(JSON.stringify(message), "MZ1");
    assert(isBad(parsed));
    assertEquals([parsed.bad, parsed.twilioCode], [bad, 31951]);
  });
}

test("parseToTwilio: never throws", () => {
  checkProperty(
    fc.property(hostileTexts(serverExamples), (text) => void parseToTwilio(text, documentedSid)),
    { numRuns: 1000 },
  );
});

const base64 = fc.uint8Array({ maxLength: 170 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const sid = fc.string({ minLength: 1 });
const count = fc.maxSafeNat().map((n) => n % 1e15);
const order = { sequenceNumber: count, streamSid: sid };

test("parseFromTwilio: reads what formatFromTwilio wrote", () => {
  const messages: fc.Arbitrary<FromTwilio> = fc.oneof(
    fc.record({ type: fc.constant("connected" as const), protocol: fc.string(), version: fc.string() }),
    fc.record({
      type: fc.constant("start" as const),
      ...order,
      accountSid: sid,
      callSid: sid,
      tracks: fc.array(fc.string()),
      mediaFormat: fc.record({ encoding: fc.string(), sampleRateHz: fc.nat(), channels: fc.nat() }),
      customParameters: fc.dictionary(fc.string(), fc.string()),
    }),
    fc.record({ type: fc.constant("media" as const), ...order, track: fc.string(), chunk: count, timestampMs: count, payload: base64 }),
    fc.record({ type: fc.constant("dtmf" as const), ...order, track: fc.string(), digit: fc.constantFrom(..."0123456789*#ABCD") }),
    fc.record({ type: fc.constant("mark" as const), ...order, name: fc.string() }),
    fc.record({ type: fc.constant("stop" as const), ...order, accountSid: sid, callSid: sid }),
    fc.record({ type: fc.constant("other" as const), event: sid.map((name) => `x-${name}`) }),
  );
  checkProperty(
    fc.property(messages, (message) => assertEquals(JSON.stringify(parseFromTwilio(formatFromTwilio(message))), JSON.stringify(message))),
  );
});

test("parseToTwilio: reads what twilioFormatter wrote, and rejects another stream's messages", () => {
  const messages: fc.Arbitrary<ToTwilio> = fc.oneof(
    fc.record({ type: fc.constant("media" as const), streamSid: sid, payload: base64 }),
    fc.record({ type: fc.constant("mark" as const), streamSid: sid, name: fc.string() }),
    fc.record({ type: fc.constant("clear" as const), streamSid: sid }),
  );
  checkProperty(
    fc.property(messages, (message) => {
      const text = twilioFormatter(message.streamSid)(message);
      assertEquals<unknown>(parseToTwilio(text, message.streamSid), { ...message });
      assert(isBad(parseToTwilio(text, `${message.streamSid}2`)));
    }),
  );
});
