// How compile.sh fails: in a folder of its own, with the PATH of a bare machine, and where needed with a fake bun.
// That it builds is shown by the gate itself (scripts/gate.ts).

import { afterAll, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { assertEquals, assertExists, assertMatch, assertStringIncludes } from "@std/assert";

const root = resolve(import.meta.dir, "../..");
const scratch = mkdtempSync(join(tmpdir(), "voice-compile-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const bareTools = ["bash", "cat", "dirname", "env", "mkdir", "rm", "sed", "wc"];

/** A fake bun: it reports `version`, and runs `gate` (bash) in place of the gate. Everything else succeeds. */
type Bun = { readonly version: string; readonly gate: string };

/** Runs compile.sh in a fresh folder, with `bun` on the PATH or none; no npm. */
function compile(name: string, args: readonly string[], bun?: Bun): { exitCode: number; lines: string[]; stderr: string } {
  const folder = join(scratch, name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, ".build"));
  writeFileSync(join(folder, ".build/totals"), "99 passed, 0 failed"); // of an earlier run: must not count
  for (const file of ["compile.sh", "package.json"]) copyFileSync(join(root, file), join(folder, file));
  for (const tool of bareTools) {
    const path = Bun.which(tool);
    assertExists(path, `${tool} is not installed`);
    symlinkSync(path, join(folder, "bin", tool));
  }
  if (bun) {
    const cases = `--version) echo ${bun.version};; scripts/gate.ts) ${bun.gate};;`;
    writeFileSync(join(folder, "bin/bun"), `#!/usr/bin/env bash\ncase $1 in ${cases} esac\n`);
    chmodSync(join(folder, "bin/bun"), 0o755);
  }
  // A deno is already installed: these tests are about what follows.
  const deno = join(folder, ".tools/deno/node_modules/deno/deno");
  mkdirSync(dirname(deno), { recursive: true });
  writeFileSync(deno, `#!/usr/bin/env bash\necho "deno ${denoVersion} (fake)"\n`);
  chmodSync(deno, 0o755);
  const run = Bun.spawnSync(["bash", join(folder, "compile.sh"), ...args], { cwd: "/", env: { PATH: join(folder, "bin") } });
  return { exitCode: run.exitCode, lines: run.stdout.toString().trimEnd().split("\n"), stderr: run.stderr.toString() };
}

const packageJson = (await Bun.file(join(root, "package.json")).json()) as { packageManager: string; config: { deno: string } };
const version = packageJson.packageManager.replace("bun@", "");
const denoVersion = packageJson.config.deno;

test("compile.sh: without bun and npm, it says what to install", () => {
  const { exitCode, stderr } = compile("bare", []);
  assertEquals(exitCode, 1);
  assertMatch(stderr, /error: bun \d+\.\d+\.\d+ is not installed, and neither is npm/);
  assertStringIncludes(stderr, "hint: apt-get install npm");
});

test("compile.sh: a bun of another version is not used", () => {
  const { exitCode, stderr } = compile("old-bun", [], { version: "1.0.0", gate: "true" });
  assertEquals(exitCode, 1);
  assertStringIncludes(stderr, `bun ${version} is not installed`);
});

test("compile.sh: an unknown argument is an error that lists the known ones", () => {
  const { exitCode, stderr } = compile("unknown", ["tests"]);
  assertEquals(exitCode, 1);
  assertStringIncludes(stderr, 'unknown argument "tests"');
});

for (const [name, gate, exitCode, last] of [
  ["passes", 'echo "7 passed, 0 failed" >.build/totals', 0, "7 passed, 0 failed"],
  ["finds a failure", 'echo "6 passed, 1 failed" >.build/totals; exit 1', 1, "6 passed, 1 failed"],
  ["crashes", "exit 3", 3, "0 passed, 1 failed"],
  ["is killed", "kill -9 $$", 137, "0 passed, 1 failed"],
  ["writes no totals", "true", 1, "0 passed, 1 failed"],
] as const) {
  test(`compile.sh test: when the gate ${name}, the last line is the count`, () => {
    const run = compile(`gate-${name.replaceAll(" ", "-")}`, ["test"], { version, gate });
    assertEquals(run.exitCode, exitCode);
    assertEquals(run.lines.at(-1), last);
  });
}

test("compile.sh test: when bun cannot be installed, the last line is the count", () => {
  const { exitCode, lines } = compile("gate-bare", ["test"]);
  assertEquals(exitCode, 1);
  assertEquals(lines.at(-1), "0 passed, 1 failed");
});

test("compile.sh deno: installs what the Deno task needs, and prints the command", () => {
  const { exitCode, lines } = compile("deno", ["deno"], { version, gate: "exit 9" });
  assertEquals([exitCode, lines.at(-1)], [0, "next: .tools/deno/node_modules/deno/deno task serve"]);
});

test("deno task serve doctor: may read the system's certificates", () => {
  const deno = join(root, ".tools/deno/node_modules/deno/deno");
  const args = ["task", "--quiet", "serve", "doctor", "http://127.0.0.1:1/", "--ca", "absent.pem"];
  const run = Bun.spawnSync([deno, ...args], { cwd: root });
  const stderr = run.stderr.toString();
  assertStringIncludes(stderr, "absent.pem does not exist"); // they are read first
  assertEquals([run.exitCode, stderr.includes("NotCapable")], [2, false]);
});

test("deno task serve: voice.toml and the files that it names may be anywhere", () => {
  const deno = join(root, ".tools/deno/node_modules/deno/deno");
  const folder = join(scratch, "voice-toml");
  mkdirSync(folder);
  const file = join(folder, "voice.toml");
  writeFileSync(file, '[agents.a]\ninstructions = "file:absent.md"\n');
  const { stderr } = Bun.spawnSync([deno, "task", "--quiet", "serve", "--config", file], { cwd: root });
  assertStringIncludes(stderr.toString(), `text in ${join(folder, "absent.md")}, which does not exist`);
});
