// The systemd unit, as systemd itself analyses it: valid, and with low exposure. tests/e2e/systemd-boot.sh boots it.

import { test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { installCommand } from "../../../scripts/debian-packages.ts";
import { BINARY_PATH, unitText } from "../../../src/adapters/systemd/unit.ts";

/** Tenths, as --threshold takes them: the exposure that systemd-analyze calls "OK" begins at 2.0. */
const MOST_EXPOSURE = 15;

/** A machine without systemd skips what it judges, and says in the test's name what to install. */
const canAnalyze = Bun.which("systemd-analyze") !== null;
const analyzer = canAnalyze ? "systemd-analyze" : `systemd-analyze (${installCommand("systemd")})`;

/** Runs systemd-analyze on the unit, with an executable that is there. */
function analyze(args: readonly string[], text: string): { exitCode: number; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "unit-"));
  const path = join(folder, "voice.service");
  writeFileSync(path, text.replace(`ExecStart=${BINARY_PATH}`, "ExecStart=/bin/true"));
  const run = Bun.spawnSync(["systemd-analyze", ...args, path]);
  rmSync(folder, { recursive: true });
  return { exitCode: run.exitCode, output: `${run.stdout}${run.stderr}` };
}

test.skipIf(!canAnalyze)(`unitText: ${analyzer} verify finds nothing to say`, () => {
  const { exitCode, output } = analyze(["verify"], unitText(120_000));
  assertEquals([exitCode, output], [0, ""]);
});

test.skipIf(!canAnalyze)(`unitText: ${analyzer} verify finds a misspelt line`, () => {
  assertMatch(analyze(["verify"], unitText(1).replace("KillMode=", "KilMode=")).output, /KilMode/);
});

test.skipIf(!canAnalyze)(`unitText: ${analyzer} security: exposure at most 1.5`, () => {
  const judge = (text: string): number => analyze(["security", "--offline=true", `--threshold=${MOST_EXPOSURE}`], text).exitCode;
  assertEquals(judge(unitText(120_000)), 0);
  assert(
    judge(unitText(120_000).replace("PrivateUsers=yes", "")) !== 0 || judge(unitText(120_000).replace("CapabilityBoundingSet=", "")) !== 0,
  );
});

test("unitText: systemd waits longer than the drain, which the unit sets", () => {
  for (const [drainMs, stopS] of [
    [0, 30],
    [1_001, 32],
    [600_000, 630],
  ] as const) {
    const text = unitText(drainMs);
    assertMatch(text, new RegExp(`^Environment=VOICE_DRAIN_MS=${drainMs}$`, "m"));
    assertMatch(text, new RegExp(`^TimeoutStopSec=${stopS}$`, "m"));
  }
});

test("unitText: earlier faults stay out: a user named like a group of Debian, and MemoryDenyWriteExecute", () => {
  assertMatch(unitText(0), /^User=(?!voice$)\w+$/m);
  assertEquals(/^MemoryDenyWriteExecute/m.test(unitText(0)), false);
  assertMatch(unitText(0), /^RestrictAddressFamilies=.*AF_UNIX/m);
});
