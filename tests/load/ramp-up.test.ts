// The ramp against a server made up of results: no sockets, no time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { rampUp } from "../../src/load/ramp-up.ts";
import { madeResult } from "./made.ts";

const never = new Promise<void>(() => {});
const options = { first: 10, most: 2_000, thresholds: [] };

test("rampUp: finds what a server of 50 calls carries, with call numbers that do not repeat", async () => {
  const placed: (readonly [calls: number, firstNumber: number])[] = [];
  const { steps, shown } = await rampUp(
    options,
    async (calls, firstNumber) => {
      placed.push([calls, firstNumber]);
      return madeResult({ calls, counts: { failed: { count: Math.max(0, calls - 50), of: calls } } });
    },
    never,
  );
  assertEquals(
    steps.map(({ calls, verdict }) => `${calls} ${verdict.type}`),
    ["10 sustained", "16 sustained", "26 sustained", "42 sustained", "68 broken", "55 broken", "48 sustained", "51 broken"],
  );
  assertEquals([shown?.calls, placed[1], placed[2]], [48, [16, 10], [26, 26]]);
});

test("rampUp: a meter that is late ends the growth as a broken server does", async () => {
  const { steps } = await rampUp(options, async (calls) => madeResult({ calls, durations: { lag: [calls > 20 ? 15 : 1] } }), never);
  assertEquals(
    steps.map(({ calls, verdict }) => `${calls} ${verdict.type}`),
    ["10 sustained", "16 sustained", "26 meter", "21 meter", "18 sustained", "19 sustained", "20 sustained"].slice(0, steps.length),
  );
});

test("rampUp: an interrupted step does not count", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { steps, shown } = await rampUp(
    options,
    async (calls) => {
      if (calls > 10) resolve();
      await Promise.race([promise, Promise.resolve()]);
      return madeResult({ calls });
    },
    promise,
  );
  assertEquals([steps.map(({ calls }) => calls), shown?.calls], [[10], 10]);
});
