// When what the caller heard was sent.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { audibleBlocks, unplayedMs } from "../../../src/doctor/evidence/heard-blocks.ts";
import { streamFacts } from "../../../src/doctor/evidence/stream-facts.ts";
import { audibleSpans } from "../../../src/simulators/twilio/heard-audio.ts";
import { beep, media, playStream, type Script } from "../checks/virtual-stream.ts";

const clear = { event: "clear", streamSid: "$SID" };

function blocksOf(script: Script) {
  const stream = streamFacts(playStream(script));
  assert(stream !== undefined);
  const blocks = audibleBlocks(stream).map(({ fromMs, untilMs, arrivedMs }) => ({
    fromMs: fromMs - stream.openedAtMs,
    untilMs: untilMs - stream.openedAtMs,
    arrivedMs: arrivedMs - stream.openedAtMs,
  }));
  return { stream, blocks };
}

test("audibleBlocks: audio that is sent ahead is heard after what was sent before it", () => {
  const { blocks } = blocksOf({
    server: [
      [1_000, media(new Uint8Array(16_000).fill(0xff))],
      [1_500, media(beep(500, 400))],
    ],
  });
  assertEquals([blocks[0]?.fromMs, blocks[0]?.arrivedMs, blocks.at(-1)?.untilMs], [3_000, 1_500, 3_400]);
});

test("audibleBlocks: a clear and the hangup discard what was not played yet", () => {
  const cleared = blocksOf({
    server: [
      [1_000, media(beep(500, 3_000))],
      [2_000, clear],
      [4_000, media(beep(500, 200))],
    ],
  }).blocks;
  assertEquals(
    cleared.filter(({ untilMs }) => untilMs > 2_000 && untilMs < 4_000),
    [],
  );
  assertEquals([cleared.at(-1)?.untilMs, cleared.at(-1)?.arrivedMs], [4_200, 4_000]);
  const hungUp = blocksOf({ server: [[1_000, media(beep(500, 3_000))]], hangUpMs: 2_000 }).blocks;
  assertEquals(hungUp.at(-1)?.untilMs, 2_000);
});

test("audibleBlocks: the same sound as the simulator's, over a whole call", () => {
  const { stream, blocks } = blocksOf({
    server: [
      [500, media(beep(500, 900))],
      [700, media(beep(700, 2_000))],
      [2_000, clear],
      [2_500, media(beep(500, 700))],
      [9_000, media(beep(500, 90))],
    ],
  });
  const spans = audibleSpans(stream.heard).map(({ fromMs, untilMs }) => [fromMs - stream.openedAtMs, untilMs - stream.openedAtMs]);
  assertEquals([blocks[0]?.fromMs, blocks.at(-1)?.untilMs], [spans[0]?.[0], spans.at(-1)?.[1]]);
  const totalMs = spans.reduce((sum, [fromMs = 0, untilMs = 0]) => sum + untilMs - fromMs, 0);
  const blocksMs = blocks.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  assert(Math.abs(totalMs - blocksMs) <= 40, `${totalMs} ${blocksMs}`);
});

test("unplayedMs: sound that waits when the server closes; not what a clear discarded, nor what waits when the caller hangs up", () => {
  const unplayed = (script: Script): number => unplayedMs(blocksOf(script).stream);
  const sent = [1_000, media(beep(500, 3_000))] as const;
  assertEquals(unplayed({ server: [sent, [2_000, { close: 1000 }]] }), 2_000);
  assertEquals(unplayed({ server: [sent, [1_500, clear], [2_000, { close: 1000 }]] }), 0);
  assertEquals(unplayed({ server: [sent, [5_000, { close: 1000 }]] }), 0);
  assertEquals(unplayed({ server: [sent], hangUpMs: 2_000 }), 0);
  assertEquals(
    unplayed({
      server: [
        [1_000, media(new Uint8Array(24_000).fill(0xff))],
        [2_000, { close: 1000 }],
      ],
    }),
    0,
  );
});
