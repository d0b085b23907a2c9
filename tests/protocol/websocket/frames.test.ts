// Tests of src/protocol/websocket/frames.ts: bytes as printed in RFC 6455. Reading them back: reader.test.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { encodeClose, encodeFrame, encodeText, masked } from "../../../src/protocol/websocket/frames.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const maskKey = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
const hello = new TextEncoder().encode("Hello");

const frames: readonly [what: string, bytes: Uint8Array, expected: string][] = [
  // The examples of section 5.7.
  ["an unmasked text", encodeText("Hello", undefined), "810548656c6c6f"],
  ["a masked text", encodeText("Hello", maskKey), "818537fa213d7f9f4d5158"],
  ["a first fragment", encodeFrame({ opcode: "text", payload: hello.subarray(0, 3), fin: false }, undefined), "010348656c"],
  ["a last fragment", encodeFrame({ opcode: "continuation", payload: hello.subarray(3) }, undefined), "80026c6f"],
  ["a ping", encodeFrame({ opcode: "ping", payload: hello }, undefined), "890548656c6c6f"],
  ["a masked pong", encodeFrame({ opcode: "pong", payload: hello }, maskKey), "8a8537fa213d7f9f4d5158"],
  ["256 bytes", encodeFrame({ opcode: "binary", payload: new Uint8Array(256) }, undefined).subarray(0, 5), "827e010000"],
  ["64 KiB", encodeFrame({ opcode: "binary", payload: new Uint8Array(65_536) }, undefined).subarray(0, 11), "827f000000000001000000"],
  // The bounds of the three lengths.
  ["125 bytes", encodeFrame({ opcode: "binary", payload: new Uint8Array(125) }, undefined).subarray(0, 3), "827d00"],
  ["126 bytes", encodeFrame({ opcode: "binary", payload: new Uint8Array(126) }, undefined).subarray(0, 5), "827e007e00"],
  ["65,535 bytes", encodeFrame({ opcode: "binary", payload: new Uint8Array(65_535) }, undefined).subarray(0, 5), "827effff00"],
  ["a close", encodeClose(1000, "bye", undefined), "880503e8627965"],
  ["a close without a code", encodeClose(undefined, "", undefined), "8800"],
];
for (const [what, bytes, expected] of frames) test(`encodeFrame: ${what}`, () => assertEquals(hex(bytes), expected));

test("encodeClose: cuts a long reason at a character", () => {
  const frame = encodeClose(1001, "é".repeat(100), undefined);
  assertEquals([frame.length, frame[1], hex(frame.subarray(-2))], [126, 124, "c3a9"]);
});

test("masked: is its own inverse, and does not change its argument", () => {
  assertEquals(masked(masked(hello, maskKey), maskKey), Uint8Array.from(hello));
  assertEquals(hex(hello), "48656c6c6f");
});
