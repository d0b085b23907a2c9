// Playback in time: which audio is heard when, and which marks return when.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Playback, PlaybackStep } from "../../../src/simulators/twilio/playback.ts";
import {
  advance,
  bufferedMs,
  clearPlayback,
  emptyPlayback,
  endOf,
  heardUntil,
  MAX_BUFFERED_MS,
  playbackDueMs,
  queueAudio,
  queueMark,
} from "../../../src/simulators/twilio/playback.ts";
import { checkProperty } from "../../support/properties.ts";

const audio = (ms: number, byte = 0): Uint8Array => new Uint8Array(ms * 8).fill(byte);

type Move = readonly [atMs: number, what: "audio" | "mark" | "clear" | "wait", value?: number | string];

function run(moves: readonly Move[]): { readonly playback: Playback; readonly returned: readonly string[] } {
  let playback = emptyPlayback(1_000_000);
  const returned: string[] = [];
  for (const [atMs, what, value] of moves) {
    let step: PlaybackStep = { playback, returned: [], discardedMs: 0 };
    if (what === "audio") step = queueAudio(playback, audio(value as number), atMs);
    if (what === "mark") step = queueMark(playback, value as string, atMs);
    if (what === "clear") step = clearPlayback(playback, atMs);
    if (what === "wait") step = advance(playback, atMs);
    playback = step.playback;
    returned.push(...step.returned.map((name) => `${name}@${atMs}`));
  }
  return { playback, returned };
}

const cases: readonly (readonly [promise: string, moves: readonly Move[], returned: readonly string[], heardMs: number])[] = [
  ["a mark returns at once when nothing is queued", [[0, "mark", "a"]], ["a@0"], 0],
  [
    "a mark waits for the audio before it",
    [
      [0, "audio", 100],
      [0, "mark", "a"],
      [99, "wait"],
      [100, "wait"],
    ],
    ["a@100"],
    100,
  ],
  [
    "audio queued behind a mark does not delay it",
    [
      [0, "audio", 100],
      [0, "mark", "a"],
      [0, "audio", 50],
      [100, "wait"],
    ],
    ["a@100"],
    100,
  ],
  [
    "audio never plays faster than real time",
    [
      [0, "audio", 400],
      [0, "audio", 400],
      [0, "mark", "a"],
      [799, "wait"],
    ],
    [],
    400,
  ],
  [
    "after a pause, audio starts when it arrives",
    [
      [0, "audio", 20],
      [100, "audio", 20],
      [100, "mark", "a"],
      [119, "wait"],
      [120, "wait"],
    ],
    ["a@120"],
    40,
  ],
  [
    "a clear returns every mark at once",
    [
      [0, "audio", 500],
      [0, "mark", "a"],
      [0, "audio", 500],
      [0, "mark", "b"],
      [200, "clear"],
    ],
    ["a@200", "b@200"],
    200,
  ],
  [
    "a clear keeps the part of the piece that was heard",
    [
      [0, "audio", 500],
      [123, "clear"],
    ],
    [],
    123,
  ],
  [
    "a mark after a clear returns at once",
    [
      [0, "audio", 500],
      [10, "clear"],
      [10, "mark", "b"],
    ],
    ["b@10"],
    10,
  ],
  [
    "a mark due when audio arrives returns before it",
    [
      [0, "audio", 20],
      [0, "mark", "a"],
      [50, "audio", 20],
    ],
    ["a@50"],
    20,
  ],
];
for (const [promise, moves, expected, heardMs] of cases) {
  test(`advance: ${promise}`, () => {
    const { playback, returned } = run(moves);
    assertEquals(returned, expected);
    assertEquals(playback.heard.totalMs, heardMs);
  });
}

test("queueAudio: beyond ten minutes, audio is discarded and reported", () => {
  const step = queueAudio(queueAudio(emptyPlayback(1), audio(MAX_BUFFERED_MS - 10), 0).playback, audio(30), 0);
  assertEquals([bufferedMs(step.playback, 0), step.discardedMs], [MAX_BUFFERED_MS, 20]);
  assertEquals(queueAudio(step.playback, audio(30), 15).discardedMs, 15);
});

test("playbackDueMs: the next mark, else the end of the queued audio", () => {
  const queued = queueAudio(emptyPlayback(1), audio(100), 0).playback;
  assertEquals([playbackDueMs(emptyPlayback(1)), playbackDueMs(queued)], [undefined, 100]);
  const marked = queueAudio(queueMark(queued, "a", 0).playback, audio(100), 0).playback;
  assertEquals([playbackDueMs(marked), playbackDueMs(advance(marked, 100).playback)], [100, 200]);
});

test("heardUntil: includes the played part of the current piece", () => {
  const { pieces } = heardUntil(queueAudio(emptyPlayback(1_000), audio(100, 7), 50).playback, 75);
  assertEquals(pieces, [{ atMs: 50, bytes: audio(25, 7) }]);
});

test("emptyPlayback: keeps the last keepMs of audio heard", () => {
  let playback = emptyPlayback(100);
  for (let i = 0; i < 20; i++) playback = queueAudio(playback, audio(20, i), i * 20).playback;
  const { pieces, totalMs } = heardUntil(playback, 400);
  assertEquals([pieces.length, pieces[0]?.atMs, totalMs], [5, 300, 400]);
});

test("advance: for any input, pieces do not overlap, and each mark returns exactly once", () => {
  const move = fc.record({
    waitMs: fc.integer({ min: 0, max: 200 }),
    what: fc.constantFrom("audio", "mark", "clear"),
    ms: fc.integer({ min: 0, max: 90 }),
  });
  checkProperty(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      let atMs = 0;
      const timed = moves.map(({ waitMs, what, ms }, i): Move => {
        atMs += waitMs;
        return [atMs, what as Move[1], what === "mark" ? `m${i}` : ms];
      });
      const { playback, returned } = run([...timed, [atMs + 100_000, "wait"]]);
      const marks = timed.filter(([, what]) => what === "mark").map(([, , name]) => name);
      assertEquals(
        returned.map((name) => name.split("@")[0]),
        marks,
      );
      const { pieces } = playback.heard;
      assertEquals(
        pieces.every((piece, i) => i === 0 || piece.atMs >= endOf(pieces[i - 1] ?? piece)),
        true,
      );
    }),
  );
});
