// Supported formats, and their conversion by G.711, whose tables tests/audio/g711.test.ts checks.

import { test } from "bun:test";
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { decodeAlaw, encodeMulaw, MULAW_SILENCE } from "../../../src/audio/g711.ts";
import { callerCodec } from "../../../src/server/calls/caller-codec.ts";

const every = Uint8Array.from({ length: 256 }, (_, code) => code);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const mono = (encoding: string) => callerCodec({ encoding, sampleRateHz: 8_000, channels: 1 });

for (const encoding of ["audio/x-mulaw", "audio/PCMU", "audio/basic", "AUDIO/X-MULAW"]) {
  test(`callerCodec: ${encoding} is passed on unchanged`, () => {
    const payload = base64(every);
    assertEquals([mono(encoding)?.toPcmu(payload), mono(encoding)?.fromPcmu(payload)], [payload, payload]);
  });
}

for (const encoding of ["audio/x-alaw", "audio/PCMA"]) {
  test(`callerCodec: ${encoding} is transcoded, sample by sample, both ways`, () => {
    const codec = mono(encoding);
    assertEquals(codec?.toPcmu(base64(every)), base64(encodeMulaw(decodeAlaw(every))));
    assertEquals(codec?.toPcmu(""), "");
    // Silence becomes silence, and a code that both laws have survives both conversions.
    assertEquals(codec?.fromPcmu(base64(Uint8Array.of(MULAW_SILENCE))), base64(Uint8Array.of(0xd5)));
    const loud = base64(Uint8Array.of(0x2a, 0xaa));
    assertEquals(codec?.fromPcmu(codec.toPcmu(loud)), loud);
  });
}

for (const [encoding, sampleRateHz, channels] of [
  ["audio/x-l16", 8_000, 1],
  ["audio/x-mulaw", 16_000, 1],
  ["audio/x-alaw", 8_000, 2],
  ["audio/opus", 48_000, 1],
  ["constructor", 8_000, 1],
  ["", 0, 0],
] as const) {
  test(`callerCodec: "${encoding}", ${sampleRateHz} Hz, ${channels} channels is not supported`, () => {
    assertEquals(callerCodec({ encoding, sampleRateHz, channels }), undefined);
  });
}
