// Playout: what was sent and what was heard. Bytes are PCMU, 8 per millisecond.

import { test } from "bun:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  audioComplete,
  audioSent,
  continuesLast,
  emptyPlayout,
  flushPlayout,
  isPlaying,
  markReturned,
  OUTSTANDING_MARKS_MAX,
  type Playout,
  partsComplete,
  slicePayload,
} from "../../../src/call/machines/playout.ts";

const a = { session: 1, responseId: "r1", itemId: "a", contentIndex: 0 };
const b = { ...a, itemId: "b" };

function send(playout: Playout, of: typeof a, ...ms: readonly number[]): Playout {
  return ms.reduce((sent, each) => audioSent(sent, of, each * 8).playout, playout);
}

const atMs = (playout: Playout): readonly string[] =>
  flushPlayout(playout).truncations.map(({ itemId, audioEndMs }) => `${itemId} ${audioEndMs}`);

const slices: readonly (readonly [bytes: number, lengths: readonly number[]])[] = [
  [1, [1]],
  [960, [960]],
  [961, [960, 1]],
  [3_200, [960, 960, 960, 320]],
];
for (const [bytes, lengths] of slices) {
  test(`slicePayload: ${bytes} bytes become ${lengths.length} slices of whole base64 groups, none lost`, () => {
    const payload = Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251)).toString("base64");
    const cut = slicePayload(payload);
    assertEquals(
      cut.map((each) => Buffer.from(each, "base64").length),
      lengths,
    );
    assertEquals(cut.join(""), payload);
  });
}

test("audioSent: a mark at the first piece that ends 100 ms or more after the last mark", () => {
  const marks: (string | undefined)[] = [];
  let playout = emptyPlayout;
  for (const ms of [99, 1, 50, 49, 1, 400]) {
    const sent = audioSent(playout, a, ms * 8);
    marks.push(sent.mark);
    playout = sent.playout;
  }
  assertEquals(marks, [undefined, "v1", undefined, undefined, "v2", "v3"]);
});

test("audioSent: when no mark returns for 10 minutes, at most 256 are outstanding, the spacing grows, and the last is past 10 minutes", () => {
  let playout = emptyPlayout;
  const gaps = new Set<number>();
  let sinceMs = 0;
  let lastMs = 0;
  for (let sentMs = 120; sentMs <= 660_000; sentMs += 120) {
    const sent = audioSent(playout, a, 960);
    playout = sent.playout;
    sinceMs += 120;
    if (sent.mark === undefined) continue;
    gaps.add(sinceMs);
    sinceMs = 0;
    lastMs = sentMs;
    assert(playout.marks.length <= OUTSTANDING_MARKS_MAX);
  }
  assertEquals([...gaps], [120, 1_080, 10_080]);
  assert(lastMs > 600_000, `the last mark is at ${lastMs} ms`);
});

test("audioSent: at the bound no mark is sent, and one that returns makes room", () => {
  let playout = emptyPlayout;
  for (let n = 0; n <= OUTSTANDING_MARKS_MAX; n++)
    playout = audioComplete(send(playout, { ...a, itemId: `i${n}` }, 20), { ...a, itemId: `i${n}` }).playout;
  assertEquals([playout.marks.length, playout.nextMark], [OUTSTANDING_MARKS_MAX, OUTSTANDING_MARKS_MAX + 1]);
  const roomy = audioSent(markReturned(playout, "v1"), b, 80_000);
  assertEquals(roomy.mark, `v${OUTSTANDING_MARKS_MAX + 1}`);
});

test("audioComplete: a last mark if none follows yet; none if one does, or if more was sent after it", () => {
  assertEquals(audioComplete(send(emptyPlayout, a, 120, 40), a).mark, "v2");
  assertEquals(audioComplete(send(emptyPlayout, a, 120), a).mark, undefined);
  assertEquals(audioComplete(send(send(emptyPlayout, a, 40), b, 40), a).mark, undefined);
  assertEquals(audioComplete(emptyPlayout, a).mark, undefined);
});

test("markReturned: everything before it was heard, of its own part and of earlier ones", () => {
  const playout = send(send(emptyPlayout, a, 120, 40), b, 120, 120);
  assertEquals(atMs(markReturned(playout, "v1")), ["a 120", "b 0"]);
  assertEquals(atMs(markReturned(playout, "v2")), ["a 160", "b 120"]);
});

test("markReturned: a mark counts once; an older one that returns later, and one that is not ours, change nothing", () => {
  const playout = markReturned(send(emptyPlayout, a, 120, 120, 120), "v2");
  for (const name of ["v2", "v1", "v9", "", "other"]) assertStrictEquals(markReturned(playout, name), playout);
  assertEquals(playout.heardBytes, 1_920);
});

test("flushPlayout: flushed marks do not count, and their names are never reused", () => {
  const flushed = flushPlayout(send(emptyPlayout, a, 120, 120)).playout;
  assertStrictEquals(markReturned(flushed, "v2"), flushed);
  assertEquals(audioSent(flushed, b, 960).mark, "v3");
  assertEquals([isPlaying(flushed), flushed.sentBytes, flushed.heardBytes], [false, 1_920, 0]);
});

const cut: readonly (readonly [what: string, playout: Playout, expected: readonly string[]])[] = [
  ["nothing was sent", emptyPlayout, []],
  ["nothing was heard", send(emptyPlayout, a, 120), ["a 0"]],
  ["everything sent was heard, and more is to come", markReturned(send(emptyPlayout, a, 120), "v1"), ["a 120"]],
  ["it was heard to the end", audioComplete(markReturned(send(emptyPlayout, a, 120), "v1"), a).playout, []],
  ["it was complete, then heard to the end", markReturned(audioComplete(send(emptyPlayout, a, 120), a).playout, "v1"), []],
  ["an odd number of bytes was heard: rounded down", markReturned(audioSent(emptyPlayout, a, 967).playout, "v1"), ["a 120"]],
];
for (const [what, playout, expected] of cut)
  test(`flushPlayout: ${what}: ${expected.join() || "no truncation"}`, () => assertEquals(atMs(playout), expected));

test("partsComplete: all parts of the response, or of the session, and no other's", () => {
  const other = { ...a, responseId: "r2", itemId: "c" };
  const next = { ...a, session: 2, itemId: "d" };
  const playout = send(send(send(send(emptyPlayout, a, 40), b, 20), other, 20), next, 10);
  const completeOf = (of: Playout): readonly boolean[] => of.parts.map(({ complete }) => complete);
  assertEquals(completeOf(partsComplete(playout, 1, "r1").playout), [true, true, false, false]);
  assertEquals(completeOf(partsComplete(playout, 1).playout), [true, true, true, false]);
  assertEquals(partsComplete(send(emptyPlayout, a, 40), 1).mark, "v1");
});

test("markReturned: parts that a server mixes up are not heard beyond what was sent", () => {
  const [one, other] = [0, 1].map((contentIndex) => ({ session: 1, responseId: "r", itemId: "a", contentIndex }));
  if (one === undefined || other === undefined) return;
  const mixed = (
    [
      [one, 8],
      [other, 8],
      [one, 960],
    ] as const
  ).reduce((playout, [key, bytes]) => audioSent(playout, key, bytes).playout, emptyPlayout);
  const heard = markReturned(mixed, mixed.marks[0]?.name ?? "");
  for (const { heardBytes, sentBytes } of heard.parts) assert(heardBytes <= sentBytes);
  assert(heard.heardBytes <= heard.sentBytes);
});

test("audioSent: more audio of a complete part must be heard too, and gets its own last mark", () => {
  const complete = audioComplete(send(emptyPlayout, a, 120), a).playout;
  const again = audioComplete(send(complete, a, 20), a);
  assertEquals(again.mark, "v2");
  assertEquals(isPlaying(markReturned(again.playout, "v1")), true);
  assertEquals(markReturned(again.playout, "v2").parts, []);
});

test("continuesLast: only the part that was sent last, until it is heard to the end", () => {
  const both = send(send(emptyPlayout, a, 120), b, 120);
  assertEquals([continuesLast(emptyPlayout, a), continuesLast(both, a), continuesLast(both, b)], [false, false, true]);
  assertEquals(continuesLast(markReturned(audioComplete(both, b).playout, "v2"), b), false);
});
