// The mistake behind a frame that Twilio ignores.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { ignoredBecause, isHexadecimal } from "../../../src/doctor/evidence/ignored-frame.ts";

const frame = (fields: object): string => JSON.stringify({ event: "media", streamSid: "MZ1", ...fields });
const payload = (value: unknown): string => frame({ media: { payload: value } });

const cases = [
  ["media-not-json", "{'event': 'media'}"],
  ["media-not-json", "[]"],
  ["media-json-twice", JSON.stringify(frame({ media: { payload: "AAAA" } }))],
  ["media-json-twice", frame({ media: '{"payload":"AAAA"}' })],
  ["media-unknown-event", frame({ event: "audio" })],
  ["media-wrong-stream-sid", frame({ streamSid: "MZ2", media: { payload: "AAAA" } })],
  ["mark-malformed", frame({ event: "mark" })],
  ["mark-malformed", frame({ event: "mark", mark: "chunk" })],
  ["mark-malformed", frame({ event: "mark", mark: { name: 7 } })],
  ["clear-malformed", frame({ event: "clear", clear: {} })],
  ["media-wrong-fields", frame({})],
  ["media-wrong-fields", frame({ media: { playload: "AAAA" } })],
  ["media-wrong-fields", frame({ payload: "AAAA" })],
  ["media-python-bytes", payload("b'AAAA'")],
  ["media-python-bytes", payload('b"AA\'A"')],
  ["media-python-bytes", payload("bytearray(b'\\x7f')")],
  ["media-data-url", payload("data:audio/x-mulaw;base64,AAAA")],
  ["media-payload-object", payload({ type: "Buffer", data: [1, 2] })],
  ["media-payload-object", payload([1, 2])],
  ["media-payload-object", payload(null)],
  ["media-payload-object", payload("127,255,3")],
  ["media-payload-object", payload("[object ArrayBuffer]")],
  ["media-payload-object", payload("<Buffer 7f ff>")],
  ["media-base64url", payload("AA-_")],
  ["media-unpadded", payload("AAA")],
  ["media-unpadded", payload("AA")],
  ["media-not-base64", payload("A")],
  ["media-not-base64", payload("AAAA\nAAAA")],
  ["media-not-base64", payload("hello world!")],
] as const;
for (const [because, text] of cases) {
  test(`ignoredBecause: ${text}: ${because}`, () => assertEquals(ignoredBecause(text, "MZ1"), because));
}

test("isHexadecimal: long, of many digits, and only of hexadecimal ones", () => {
  const digits = "7f01c2b5d8e3".repeat(8);
  assertEquals([digits, digits.toUpperCase(), "7f01c2b5d8e3", `${digits}7g`].map(isHexadecimal), [true, true, false, false]);
  assertEquals(isHexadecimal(new Uint8Array(1_600).toBase64()), false);
});
