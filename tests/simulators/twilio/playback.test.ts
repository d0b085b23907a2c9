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
  MAX_MARKS,
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

test("queueAudio: long messages are kept in pieces of a second, messages of one byte in pieces of 20 ms", () => {
  const long = queueAudio(emptyPlayback(1), audio(2_500), 0).playback;
  assertEquals(
    long.queue.map(({ atMs, bytes }) => [atMs, bytes.length]),
    [
      [0, 8_000],
      [1_000, 8_000],
      [2_000, 4_000],
    ],
  );
  let playback = emptyPlayback(1);
  for (let at = 0; at < 400; at++) playback = queueAudio(playback, Uint8Array.of(at), 0).playback;
  assertEquals(
    playback.queue.map(({ atMs, bytes }) => [atMs, bytes[0], bytes.length]),
    [
      [0, 0, 160],
      [20, 160, 160],
      [40, 320 & 0xff, 80],
    ],
  );
});

test("queueAudio: ten minutes in short messages are kept in a bounded number of pieces", () => {
  let playback = emptyPlayback(1);
  for (let at = 0; at < 30_000; at++) playback = queueAudio(playback, audio(20), 0).playback;
  assertEquals([playback.queue.length, bufferedMs(playback, 0)], [1_000 + 580, 600_000]);
});

test("queueMark: more than 10,000 waiting marks are ignored", () => {
  let playback = queueAudio(emptyPlayback(1), audio(100), 0).playback;
  for (let at = 0; at <= MAX_MARKS; at++) playback = queueMark(playback, `${at}`, 0).playback;
  const { returned } = advance(playback, 100);
  assertEquals([returned.length, returned.at(-1)], [MAX_MARKS, `${MAX_MARKS - 1}`]);
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
