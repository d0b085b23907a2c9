// A call's audio: left what the caller said, right what the caller heard, from the stream's opening on.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { callWav } from "../../src/report/wav.ts";
import { heardPieces, madeStream } from "../selftest/checks/made.ts";
import { parseWav } from "../support/parse-wav.ts";

const silence = (count: number) => Array.from({ length: count }, () => 0xff);

test("callWav: both sides, in time, as long as the stream", () => {
  const stream = madeStream({ heard: heardPieces(1_021, Uint8Array.of(5, 6)), end: { atMs: 1_022, by: "caller", code: 1000, reason: "" } });
  const wav = parseWav(callWav(stream, Uint8Array.of(1, 2, 3)) ?? new Uint8Array(0));
  assert(!("bad" in wav));
  assertEquals([wav.encoding, wav.rateHz, wav.channels], ["mulaw", 8_000, 2]);
  const sides = [0, 1].map((side) => [...wav.data.filter((_, at) => at % 2 === side)]);
  assertEquals(sides, [
    [1, 2, 3, ...silence(13)],
    [...silence(8), 5, 6, ...silence(6)],
  ]);
});

test("callWav: none without a stream", () => assertEquals(callWav(undefined, new Uint8Array(0)), undefined));
