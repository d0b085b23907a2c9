// The selftest finds what is broken: faults are planted one at a time (planted-faults/faults.ts), and the checks named
// there turn red. Without a fault all checks pass. PLANTED_FAULT=clear runs only faults with "clear" in their name.

import { afterAll, beforeAll, describe, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { faults } from "./planted-faults/faults.ts";
import { runAll, unexpectedlyRed } from "./planted-faults/run-planted.ts";
import { FAULT_GLOBAL, fileOf, withFault } from "./planted-faults/seam.ts";

/** The runs share the processors: the last one waits for all others. */
const LIMIT_MS = 240_000;
const wanted = process.env["PLANTED_FAULT"];
const chosen = faults.filter(({ name }) => wanted === undefined || name.includes(wanted));
const [healthy, ...runs] = runAll([undefined, ...chosen]);

test(
  "selftest: without a fault everything passes",
  async () => {
    const run = await healthy;
    assertEquals(run?.exitCode, 0, run?.report);
    assertEquals(run?.red, []);
  },
  LIMIT_MS,
);

for (const [index, fault] of chosen.entries()) {
  const { name, red } = fault;
  test(
    `selftest: ${name}: ${red.join(", ")}`,
    async () => {
      const run = await runs[index];
      assert(run);
      assertEquals(run.exitCode, 1, run.report);
      for (const id of red) assert(run.red.includes(id), `${id} did not turn red; red: ${run.red.join(", ")}\n${run.report}`);
      assertEquals(unexpectedlyRed(run, fault), [], run.report);
    },
    LIMIT_MS,
  );
}

test.skipIf(wanted !== undefined)(
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

describe("planting", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "voice-seam-"));
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/a.ts"), "export const twice = 1;\nexport function once(): void {}\n");
    writeFileSync(join(folder, "src/b.ts"), "export const twice = 2;\n// export function never\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("fileOf: the file of a symbol; a symbol that is not exported exactly once throws", () => {
    assertEquals(fileOf(folder, "once"), "src/a.ts");
    assertThrows(() => fileOf(folder, "twice"), Error, "found 2");
    assertThrows(() => fileOf(folder, "never"), Error, "found 0");
  });

  const forms: readonly (readonly [string, string])[] = [
    ["function", "export function f(): number {\n  return 1;\n}\nexport const g = (): number => f();"],
    ["constant", "export const f = (): number => 1;\nexport const g = (): number => f();"],
    [
      "class",
      "class Base {}\nexport class f extends Base {\n  static n = 1;\n}\nexport const g = (): number => (f as never as () => number)();",
    ],
  ];
  for (const [form, text] of forms) {
    test(`withFault: an exported ${form} is replaced, for callers in the same file too`, async () => {
      Reflect.set(globalThis, FAULT_GLOBAL, () => () => 2);
      const path = join(folder, "src", `${form}.ts`);
      writeFileSync(path, withFault(text, "f"));
      const { f, g } = (await import(path)) as { f: () => number; g: () => number };
      assertEquals([f(), g()], [2, 2]);
    });
  }
});
