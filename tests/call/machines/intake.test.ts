// The intake: audio is held until the model is ready and kept until it is answered, in order, within its bounds.

import { test } from "bun:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  closedIntake,
  closeIntake,
  type Intake,
  KEPT_BYTES_MAX,
  LEAD_BYTES,
  markAnswered,
  markUnanswered,
  openIntake,
  speechDetected,
  speechTranscribed,
  takePayload,
  UNTRANSCRIBED_MAX,
} from "../../../src/call/machines/intake.ts";

const frame = (index: number, bytes = 160): string => Buffer.alloc(bytes, index).toString("base64");
const take = (into: Intake, ...payloads: readonly string[]): Intake =>
  payloads.reduce((intake, each) => takePayload(intake, each).intake, into);
const hold = (...payloads: readonly string[]): Intake => take(closedIntake, ...payloads);
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => frame(index % 256));
const open = openIntake(closedIntake).intake;
const FRAMES = KEPT_BYTES_MAX / 160;
const LEAD_FRAMES = LEAD_BYTES / 160;

test("takePayload: an open intake sends, and keeps the last second while nothing is unanswered", () => {
  assertEquals(takePayload(open, frame(1)).send, [frame(1)]);
  const { kept, keptBytes } = take(open, ...many(LEAD_FRAMES + 1));
  assertEquals([kept.length, keptBytes, kept[0], kept.at(-1)], [LEAD_FRAMES, LEAD_BYTES, frame(1), frame(LEAD_FRAMES)]);
});

test("takePayload: a closed intake sends nothing", () => assertEquals(takePayload(closedIntake, frame(1)).send, []));

for (const unanswered of ["loudness", "speech"] as const) {
  test(`takePayload: unanswered ${unanswered} is kept for 10 s, the second before it included`, () => {
    const keeping = take(markUnanswered(take(open, ...many(LEAD_FRAMES)), unanswered), ...many(100));
    assertEquals([keeping.kept.length, keeping.kept[0]], [LEAD_FRAMES + 100, frame(0)]);
    assertEquals(take(keeping, ...many(FRAMES)).keptBytes, KEPT_BYTES_MAX);
  });
}

test("openIntake: held audio is sent in order", () => {
  assertEquals(openIntake(hold(frame(1), frame(2), frame(3))).send, [frame(1), frame(2), frame(3)]);
});

test("openIntake: unanswered speech is sent to each session until it is answered; loudness only to one more", () => {
  const afterLoss = (intake: Intake): Intake => openIntake(closeIntake(intake)).intake;
  const speech = markUnanswered(take(open, frame(1)), "speech");
  assertEquals(openIntake(closeIntake(afterLoss(speech))).send, [frame(1)]);
  assertEquals(openIntake(closeIntake(markAnswered(afterLoss(speech)))).send, []);
  const loudness = markUnanswered(take(open, frame(1)), "loudness");
  assertEquals(openIntake(closeIntake(loudness)).send, [frame(1)]);
  assertEquals(afterLoss(loudness).unanswered, "nothing");
});

test("markUnanswered: speech reported by the model is not downgraded to loudness", () => {
  assertEquals(markUnanswered(markUnanswered(open, "loudness"), "speech").unanswered, "speech");
  assertEquals(markUnanswered(markUnanswered(open, "speech"), "loudness").unanswered, "speech");
});

test("markAnswered: nothing before now is sent again; with nothing unanswered, nothing changes", () => {
  assertEquals(markAnswered(markUnanswered(take(open, frame(1)), "speech")), open);
  const lead = take(open, frame(1));
  assertStrictEquals(markAnswered(lead), lead);
});

test("closeIntake: holds again; a closed one keeps what it holds", () => {
  assertEquals(takePayload(closeIntake(open), frame(1)).send, []);
  const holding = hold(frame(1));
  assertStrictEquals(closeIntake(holding), holding);
});

test("takePayload: 10 s are held; the next frame drops the oldest", () => {
  const full = hold(...many(FRAMES));
  assertEquals([full.kept.length, full.keptBytes], [FRAMES, KEPT_BYTES_MAX]);
  const over = take(full, frame(7));
  assertEquals([over.kept.length, over.keptBytes, over.kept[0], over.kept.at(-1)], [FRAMES, KEPT_BYTES_MAX, frame(1), frame(7)]);
});

test("takePayload: a long payload drops as many as it needs, and one beyond the bound is not held", () => {
  const long = take(hold(...many(FRAMES)), frame(2, 1_000));
  assertEquals([long.kept.length, long.keptBytes], [FRAMES - 7 + 1, KEPT_BYTES_MAX - 7 * 160 + 1_000]);
  assertEquals(take(hold(frame(1)), frame(2, KEPT_BYTES_MAX + 1)), closedIntake);
});

test("takePayload: an empty payload is not kept: such payloads would have no bound", () => assertEquals(hold("", "", ""), closedIntake));

const transcripts: readonly (readonly [what: string, detected: readonly string[], transcribed: readonly string[], kept: boolean])[] = [
  ["its only item", ["u1"], ["u1"], false],
  ["an older item, which was answered", ["u2"], ["u1"], true],
  ["one of two items", ["u1", "u2"], ["u1"], true],
  ["both items, in any order", ["u1", "u2"], ["u2", "u1"], false],
  ["an item without a name", [""], [""], true],
  ["one of more items than are remembered", Array.from({ length: UNTRANSCRIBED_MAX + 1 }, (_, n) => `u${n}`), ["u0", "u1"], true],
];
for (const [what, detected, transcribed, kept] of transcripts) {
  test(`speechTranscribed: ${what}: the audio is ${kept ? "kept" : "no longer needed"}`, () => {
    const speaking = detected.reduce(speechDetected, take(open, frame(1)));
    assertEquals(transcribed.reduce(speechTranscribed, speaking).kept.length > 0, kept);
    assert(speaking.untranscribed.length <= UNTRANSCRIBED_MAX);
  });
}

test("speechTranscribed: nothing that was merely loud is settled by a transcript", () => {
  const loud = markUnanswered(take(open, frame(1)), "loudness");
  assertStrictEquals(speechTranscribed(loud, "u1"), loud);
});

test("speechTranscribed: the next session gives the repeated speech new names", () => {
  const again = openIntake(closeIntake(speechDetected(take(open, frame(1)), "u1"))).intake;
  assertEquals(speechTranscribed(speechDetected(again, "u2"), "u2").unanswered, "nothing");
});
