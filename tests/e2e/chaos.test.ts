// 500 short calls with random faults, delays, loss and reordering on both legs at once, and the rules that hold for
// every call. The seed is fixed, so a red run is caused by a change. CHAOS_SEED=n plays other calls, CHAOS_CALLS=n
// another number of them.

import { test } from "bun:test";
import process from "node:process";
import { assertEquals } from "@std/assert";
import { playChaos } from "./chaos/run.ts";

const LIMIT_MS = 180_000;
const seed = Number(process.env["CHAOS_SEED"] ?? 7);
const calls = Number(process.env["CHAOS_CALLS"] ?? 500);

test(
  `chaos: ${calls} calls, CHAOS_SEED=${seed}`,
  async () => {
    const { complaints, left } = await playChaos(seed, calls);
    assertEquals(complaints, []);
    assertEquals(left, { calls: 0, callerSockets: 0, modelSockets: 0, timers: 0 });
  },
  LIMIT_MS,
);
