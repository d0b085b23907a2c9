// The intake: held until the model is ready, kept until it is answered, in order, within its bounds.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  closedIntake,
  closeIntake,
  type Intake,
  KEPT_BYTES_MAX,
  LEAD_BYTES,
  markAnswered,
  markUnanswered,
  openIntake,
  takePayload,
} from "../../../src/call/machines/intake.ts";

const frame = (index: number, bytes = 160): string => Buffer.alloc(bytes, index).toString("base64");
const take = (into: Intake, ...payloads: readonly string[]): Intake =>
  payloads.reduce((intake, each) => takePayload(intake, each).intake, into);
const hold = (...payloads: readonly string[]): Intake => take(closedIntake, ...payloads);
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => frame(index % 256));
const open = openIntake(closedIntake).intake;
const FRAMES = KEPT_BYTES_MAX / 160;
const LEAD_FRAMES = LEAD_BYTES / 160;

test("takePayload: an open intake passes on, and keeps the last second while nothing is owed", () => {
  assertEquals(takePayload(open, frame(1)).send, [frame(1)]);
  const { kept, keptBytes } = take(open, ...many(LEAD_FRAMES + 1));
  assertEquals([kept.length, keptBytes, kept[0], kept.at(-1)], [LEAD_FRAMES, LEAD_BYTES, frame(1), frame(LEAD_FRAMES)]);
});

test("takePayload: a closed one passes nothing", () => assertEquals(takePayload(closedIntake, frame(1)).send, []));

for (const owed of ["loudness", "speech"] as const) {
  test(`takePayload: what is owed (${owed}) is kept for 10 s, the second before it included`, () => {
    const owing = take(markUnanswered(take(open, ...many(LEAD_FRAMES)), owed), ...many(100));
    assertEquals([owing.kept.length, owing.kept[0]], [LEAD_FRAMES + 100, frame(0)]);
    assertEquals(take(owing, ...many(FRAMES)).keptBytes, KEPT_BYTES_MAX);
  });
}

test("openIntake: what was held goes out in order", () => {
  assertEquals(openIntake(hold(frame(1), frame(2), frame(3))).send, [frame(1), frame(2), frame(3)]);
});

test("openIntake: what is owed goes out to each session until it is settled; what was only loud to one more", () => {
  const afterLoss = (intake: Intake): Intake => openIntake(closeIntake(intake)).intake;
  const answer = markUnanswered(take(open, frame(1)), "speech");
  assertEquals(openIntake(closeIntake(afterLoss(answer))).send, [frame(1)]);
  assertEquals(openIntake(closeIntake(markAnswered(afterLoss(answer)))).send, []);
  const perhaps = markUnanswered(take(open, frame(1)), "loudness");
  assertEquals(openIntake(closeIntake(perhaps)).send, [frame(1)]);
  assertEquals(afterLoss(perhaps).unanswered, "nothing");
});

test("owe: what is owed for certain is not made uncertain again", () => {
  assertEquals(markUnanswered(markUnanswered(open, "loudness"), "speech").unanswered, "speech");
  assertEquals(markUnanswered(markUnanswered(open, "speech"), "loudness").unanswered, "speech");
});

test("settle: nothing before now is heard again; with nothing owed, nothing changes", () => {
  assertEquals(markAnswered(markUnanswered(take(open, frame(1)), "speech")), open);
  const lead = take(open, frame(1));
  assertStrictEquals(markAnswered(lead), lead);
});

test("closeIntake: holds again; a closed one keeps what it holds", () => {
  assertEquals(takePayload(closeIntake(open), frame(1)).send, []);
  const holding = hold(frame(1));
  assertStrictEquals(closeIntake(holding), holding);
});

test("takePayload: 10 s are held; with the next frame the oldest goes", () => {
  const full = hold(...many(FRAMES));
  assertEquals([full.kept.length, full.keptBytes], [FRAMES, KEPT_BYTES_MAX]);
  const over = take(full, frame(7));
  assertEquals([over.kept.length, over.keptBytes, over.kept[0], over.kept.at(-1)], [FRAMES, KEPT_BYTES_MAX, frame(1), frame(7)]);
});

test("takePayload: one long payload drives out as many as it needs the room of, and one beyond the bound is not held", () => {
  const long = take(hold(...many(FRAMES)), frame(2, 1_000));
  assertEquals([long.kept.length, long.keptBytes], [FRAMES - 7 + 1, KEPT_BYTES_MAX - 7 * 160 + 1_000]);
  assertEquals(take(hold(frame(1)), frame(2, KEPT_BYTES_MAX + 1)), closedIntake);
});

test("takePayload: a payload of nothing is not kept: it would have no bound", () => assertEquals(hold("", "", ""), closedIntake));
