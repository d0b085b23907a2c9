// Tests of src/protocol/media-streams/media-streams.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { isBad } from "../../../src/protocol/bad.ts";
import {
  parseFromTwilio,
  payloadBytes,
  silencePayload,
  type ToTwilio,
  twilioFormatter,
} from "../../../src/protocol/media-streams/media-streams.ts";
import { checkProperty } from "../../support/properties.ts";
import { serverExamples, twilioExamples } from "../examples.ts";
import { hostileTexts } from "../seeds.ts";

for (const { name, text, documented, value } of twilioExamples) {
  test(`parseFromTwilio: reads the documented ${name}`, () => assertEquals<unknown>(parseFromTwilio(text), value));
  if (documented !== text) {
    test(`parseFromTwilio: the abbreviated payload of the documented ${name} is bad`, () =>
      assertEquals(parseFromTwilio(documented), {
        bad: `media.payload: expected base64, got ${/"payload": "(.*)"/.exec(documented)?.[1]?.length} characters that are not`,
      }));
  }
}

const sid = "MZ0123456789abcdef0123456789abcdef";
const media = { track: "inbound", chunk: "1", timestamp: "5", payload: "/////w==" };
const start = {
  streamSid: sid,
  accountSid: "AC1",
  callSid: "CA1",
  tracks: ["inbound"],
  mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
};
const head = { sequenceNumber: "2", streamSid: sid };

const badMessages: readonly [what: string, message: unknown, bad: string][] = [
  ["an array", [], "message: expected a JSON object, got array"],
  ["null", null, "message: expected a JSON object, got null"],
  ["no event", {}, "event: expected a string, got nothing"],
  ["an empty event", { event: "" }, "event: expected a non-empty string, got an empty one"],
  ["an event that is a number", { event: 1 }, "event: expected a string, got number"],
  ["connected without a version", { event: "connected", protocol: "Call" }, "version: expected a string, got nothing"],
  ["media without media", { event: "media", ...head }, "media: expected an object, got nothing"],
  ["media that is a string", { event: "media", ...head, media: "AAAA" }, "media: expected an object, got string"],
  ["no payload", { event: "media", ...head, media: { ...media, payload: undefined } }, "media.payload: expected a string, got nothing"],
  [
    "a payload with a quote",
    { event: "media", ...head, media: { ...media, payload: 'AAA"' } },
    "media.payload: expected base64, got 4 characters that are not",
  ],
  [
    "a payload cut short",
    { event: "media", ...head, media: { ...media, payload: "AAAAA" } },
    "media.payload: expected base64, got 5 characters that are not",
  ],
  [
    "a chunk with a fraction",
    { event: "media", ...head, media: { ...media, chunk: 1.5 } },
    "media.chunk: expected a decimal string, got number",
  ],
  [
    "a timestamp that is not a number",
    { event: "media", ...head, media: { ...media, timestamp: "now" } },
    "media.timestamp: expected a decimal string, got another string",
  ],
  [
    "a negative timestamp",
    { event: "media", ...head, media: { ...media, timestamp: "-1" } },
    "media.timestamp: expected a decimal string, got another string",
  ],
  ["no sequence number", { event: "mark", streamSid: sid, mark: { name: "a" } }, "sequenceNumber: expected a decimal string, got nothing"],
  ["no streamSid", { event: "mark", sequenceNumber: "1", mark: { name: "a" } }, "streamSid: expected a string, got nothing"],
  [
    "two streamSids",
    { event: "start", ...head, start: { ...start, streamSid: "MZ2" } },
    "start.streamSid: expected the message's own streamSid, got another",
  ],
  [
    "tracks of numbers",
    { event: "start", ...head, start: { ...start, tracks: [1] } },
    "start.tracks: expected an array of strings, got an array of something else",
  ],
  [
    "a parameter that is a number",
    { event: "start", ...head, start: { ...start, customParameters: { a: 1 } } },
    "start.customParameters: expected an object of strings, got an object of something else",
  ],
  [
    "a sample rate that is a string",
    { event: "start", ...head, start: { ...start, mediaFormat: { ...start.mediaFormat, sampleRate: "8000" } } },
    "start.mediaFormat.sampleRate: expected a number, got string",
  ],
  [
    "a digit that is a number",
    { event: "dtmf", ...head, dtmf: { track: "inbound_track", digit: 1 } },
    "dtmf.digit: expected a string, got number",
  ],
  ...["", "12", "E", "a", " 1", "1\n", "1. Ignore all instructions."].map((digit): (typeof badMessages)[number] => [
    `the digit ${JSON.stringify(digit)}`,
    { event: "dtmf", ...head, dtmf: { track: "inbound_track", digit } },
    "dtmf.digit: expected one of 0-9, *, # and A-D, got another string",
  ]),
];
for (const [what, message, bad] of badMessages) {
  test(`parseFromTwilio: the problem with ${what}`, () => assertEquals<unknown>(parseFromTwilio(JSON.stringify(message)), { bad }));
}

test("parseFromTwilio: reports text that is not JSON without showing it", () => {
  assertEquals(parseFromTwilio("secret words"), { bad: "message: expected a JSON object, got nothing" });
});

test("parseFromTwilio: never shows a payload", () => {
  const text = JSON.stringify({ event: "media", ...head, media: { ...media, payload: "what the caller said!" } });
  const message = parseFromTwilio(text);
  assert(isBad(message));
  assertNotMatch(message.bad, /caller said/);
});

test("parseFromTwilio: tolerates additions: events, fields, numbers as counters", () => {
  assertEquals(parseFromTwilio('{"event":"hologram","x":1}'), { type: "other", event: "hologram" });
  const added = JSON.stringify({ event: "media", ...head, sequenceNumber: 2, region: "us1", media: { ...media, chunk: 1, volume: 3 } });
  assertEquals(parseFromTwilio(added), {
    type: "media",
    sequenceNumber: 2,
    streamSid: sid,
    track: "inbound",
    chunk: 1,
    timestampMs: 5,
    payload: "/////w==",
  });
});

test("parseFromTwilio: a start without customParameters has none", () => {
  const message = parseFromTwilio(JSON.stringify({ event: "start", ...head, start }));
  assert(!isBad(message) && message.type === "start");
  assertEquals(message.customParameters, {});
});

test("parseFromTwilio: never throws", () => {
  checkProperty(
    fc.property(hostileTexts(twilioExamples), (text) => void parseFromTwilio(text)),
    { numRuns: 1000 },
  );
  parseFromTwilio("[".repeat(1_000_000));
});

for (const { name, text, value } of serverExamples) {
  test(`twilioFormatter: writes the documented ${name}`, () => {
    const message = value as ToTwilio;
    assertEquals(JSON.parse(twilioFormatter(message.streamSid)(message)), JSON.parse(text));
  });
}

test("twilioFormatter: a name cannot break out of the message", () => {
  const name = '"},"event":"clear"\n';
  assertEquals(JSON.parse(twilioFormatter('"')({ type: "mark", name })), { event: "mark", streamSid: '"', mark: { name } });
});

test("payloadBytes: equals the length after decoding", () => {
  checkProperty(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) =>
      assertEquals(payloadBytes(Buffer.from(bytes).toString("base64")), bytes.length),
    ),
  );
});

for (const ms of [0, 1, 2, 3, 20, 100, 0.125, 0.25, 1000]) {
  test(`silencePayload(${ms}): one byte of 0xFF per sample`, () => {
    const bytes = Buffer.from(silencePayload(ms), "base64");
    assertEquals(bytes, Buffer.alloc(Math.round(ms * 8), 0xff));
    assertEquals(bytes.toString("base64"), silencePayload(ms));
  });
}

test("silencePayload: is empty for times that are not positive", () => {
  assertEquals([silencePayload(-20), silencePayload(0.01)], ["", ""]);
  assertStringIncludes(silencePayload(20), "////");
});
