// The intake: what is sent at once, what is held until the model is ready, and how much is kept until it is answered.

import { test } from "bun:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  closedIntake,
  closeIntake,
  type Intake,
  isTranscribed,
  KEPT_BYTES_MAX,
  keptBytesMax,
  LEAD_BYTES,
  markAnswered,
  markUnanswered,
  openIntake,
  speechDetected,
  speechTranscribed,
  UNTRANSCRIBED_MAX,
} from "../../../src/call/machines/intake.ts";

const open = openIntake(closedIntake);

test("keptBytesMax: 1 s while nothing is unanswered and the model is ready, otherwise 10 s", () => {
  assertEquals(keptBytesMax(open), LEAD_BYTES);
  assertEquals(keptBytesMax(closedIntake), KEPT_BYTES_MAX);
  for (const unanswered of ["loudness", "speech"] as const) assertEquals(keptBytesMax(markUnanswered(open, unanswered)), KEPT_BYTES_MAX);
});

test("openIntake: unanswered speech is sent to each session until it is answered; loudness only to one more", () => {
  const afterLoss = (intake: Intake): Intake => openIntake(closeIntake(intake));
  const speech = markUnanswered(open, "speech");
  assertEquals([afterLoss(speech).unanswered, afterLoss(speech).replayed], ["speech", true]);
  assertEquals([afterLoss(markAnswered(speech)).unanswered, afterLoss(markAnswered(speech)).replayed], ["nothing", false]);
  assertEquals([afterLoss(markUnanswered(open, "loudness")).unanswered, open.replayed], ["nothing", false]);
});

test("markUnanswered: speech reported by the model is not downgraded to loudness", () => {
  assertEquals(markUnanswered(markUnanswered(open, "loudness"), "speech").unanswered, "speech");
  assertEquals(markUnanswered(markUnanswered(open, "speech"), "loudness").unanswered, "speech");
});

test("markAnswered: with nothing unanswered, nothing changes", () => {
  assertEquals(markAnswered(markUnanswered(open, "speech")), open);
  assertStrictEquals(markAnswered(open), open);
});

test("closeIntake: holds again; a closed one stays as it is", () => {
  assertEquals(closeIntake(open).open, false);
  assertStrictEquals(closeIntake(closedIntake), closedIntake);
});

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
    const speaking = detected.reduce(speechDetected, open);
    assertEquals(isTranscribed(transcribed.reduce(speechTranscribed, speaking)), !kept);
    assert(speaking.untranscribed.length <= UNTRANSCRIBED_MAX);
  });
}

test("speechTranscribed: nothing that was merely loud is settled by a transcript", () => {
  const loud = markUnanswered(open, "loudness");
  assertStrictEquals(speechTranscribed(loud, "u1"), loud);
});

test("speechTranscribed: the next session gives the repeated speech new names", () => {
  const again = openIntake(closeIntake(speechDetected(open, "u1")));
  assert(isTranscribed(speechTranscribed(speechDetected(again, "u2"), "u2")));
});
