// The selftest finds what is broken: real faults are planted in a copy of the source, one at a time, and the right check turns red. Without a
// fault nothing does. Which faults, and which checks: planted-faults/faults.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { faults } from "./planted-faults/faults.ts";
import { plantAll, strangersIn } from "./planted-faults/plant.ts";

/** All runs share two cores: the last one waits for the others. */
const LIMIT_MS = 240_000;
const [healthy, ...runs] = plantAll([undefined, ...faults]);

test(
  "selftest: without a fault everything passes",
  async () => {
    const run = await healthy;
    assertEquals(run?.exitCode, 0, run?.told);
    assertEquals(run?.red, []);
  },
  LIMIT_MS,
);

for (const [index, fault] of faults.entries()) {
  const { name, red } = fault;
  test(
    `selftest: ${name}: ${red.join(", ")}`,
    async () => {
      const run = await runs[index];
      assert(run);
      assertEquals(run.exitCode, 1, run.told);
      for (const id of red) assert(run.red.includes(id), `${id} did not turn red; red: ${run.red.join(", ")}\n${run.told}`);
      assertEquals(strangersIn(run, fault), [], run.told);
    },
    LIMIT_MS,
  );
}

test(
  "selftest: each check is turned red by some fault",
  async () => {
    const ended = await Promise.allSettled(runs);
    const seen = new Set(ended.flatMap((run) => (run.status === "fulfilled" ? run.value.red : [])));
    const ids = (await healthy)?.ids ?? [];
    assert(ids.length > 0);
    assertEquals(
      ids.filter((id) => !seen.has(id)),
      [],
    );
  },
  LIMIT_MS,
);
