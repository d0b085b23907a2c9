// Calls come and go; their tones with them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { TONE_PAIRS } from "../../../src/load/measure/fingerprint.ts";
import { FrameRegistry } from "../../../src/load/wire/frame-registry.ts";

test("FrameRegistry: knows a call from its opening to its end", () => {
  const registry = new FrameRegistry();
  const frames = registry.open(7);
  assertEquals([registry.of(7) === frames, registry.of(8)], [true, undefined]);
  registry.close(7);
  registry.close(7);
  assertEquals(registry.of(7), undefined);
});

test("FrameRegistry: tones are in use as long as one of their calls is", () => {
  const registry = new FrameRegistry();
  registry.open(3);
  registry.open(3 + TONE_PAIRS);
  registry.close(3);
  assertEquals([registry.hasTones(3), registry.hasTones(4)], [true, false]);
  registry.close(3 + TONE_PAIRS);
  assertEquals(registry.hasTones(3), false);
});
