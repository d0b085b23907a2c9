// The intake: held until the model is ready, in order, within its bound.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { closedIntake, closeIntake, HELD_BYTES_MAX, type Intake, openIntake, takeIn } from "../../src/call/intake.ts";

const frame = (index: number, bytes = 160): string => Buffer.alloc(bytes, index).toString("base64");
const hold = (...payloads: readonly string[]): Intake => payloads.reduce((intake, payload) => takeIn(intake, payload).intake, closedIntake);
const FRAMES = HELD_BYTES_MAX / 160;

test("takeIn: an open intake passes on and holds nothing", () => {
  const { intake } = openIntake(closedIntake);
  assertEquals(takeIn(intake, frame(1)), { intake, pass: [frame(1)] });
});

test("openIntake: what was held goes out in order, once", () => {
  const { intake, pass } = openIntake(hold(frame(1), frame(2), frame(3)));
  assertEquals(pass, [frame(1), frame(2), frame(3)]);
  assertEquals(openIntake(closeIntake(intake)).pass, []);
});

test("closeIntake: holds again; a closed one keeps what it holds", () => {
  assertEquals(takeIn(closeIntake({ ...closedIntake, open: true }), frame(1)).pass, []);
  const holding = hold(frame(1));
  assertStrictEquals(closeIntake(holding), holding);
});

test("takeIn: 10 s are held; with the next frame the oldest goes", () => {
  const full = hold(...Array.from({ length: FRAMES }, (_, index) => frame(index % 256)));
  assertEquals([full.held.length, full.heldBytes], [FRAMES, HELD_BYTES_MAX]);
  const over = takeIn(full, frame(7)).intake;
  assertEquals([over.held.length, over.heldBytes, over.held[0], over.held.at(-1)], [FRAMES, HELD_BYTES_MAX, frame(1), frame(7)]);
});

test("takeIn: one long payload drives out as many as it needs the room of, and one beyond the bound is not held", () => {
  const long = takeIn(hold(...Array.from({ length: FRAMES }, () => frame(1))), frame(2, 1_000)).intake;
  assertEquals([long.held.length, long.heldBytes], [FRAMES - 7 + 1, HELD_BYTES_MAX - 7 * 160 + 1_000]);
  assertEquals(takeIn(hold(frame(1)), frame(2, HELD_BYTES_MAX + 1)).intake, closedIntake);
});
