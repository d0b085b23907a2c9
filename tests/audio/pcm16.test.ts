// Samples to bytes and back.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodePcm16, encodePcm16 } from "../../src/audio/pcm16.ts";
import { checkProperty } from "../support/properties.ts";

test("encodePcm16: writes the least significant byte first", () => {
  assertEquals([...encodePcm16(Int16Array.of(0x1234, -2, -32_768))], [0x34, 0x12, 0xfe, 0xff, 0x00, 0x80]);
});

test("decodePcm16: reads at an odd offset, and drops half a sample", () => {
  const bytes = Uint8Array.of(9, 0x34, 0x12, 0xfe, 0xff, 7);
  assertEquals([...decodePcm16(bytes.subarray(1))], [0x1234, -2]);
});

test("decodePcm16: is the inverse of encodePcm16", () => {
  checkProperty(
    fc.property(fc.int16Array(), (samples) => {
      assertEquals([...decodePcm16(encodePcm16(samples))], [...samples]);
    }),
  );
});
