// .ci/run installs the Debian packages that tests need, where it may, and then runs `./compile.sh test` in any case.
// The package manager and compile.sh are fakes.

import { afterAll, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { debianPackages } from "../../scripts/debian-packages.ts";

const root = resolve(import.meta.dir, "../..");
const scratch = mkdtempSync(join(tmpdir(), "voice-ci-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;

/**
 * Runs .ci/run with a dpkg and an apt-get that end with these exit codes. `installs`: the arguments of each apt-get.
 */
function ciRun(name: string, exitCodes: { readonly dpkg: number; readonly apt: number }) {
  const folder = join(scratch, name);
  mkdirSync(join(folder, ".ci"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  for (const file of ["run", "debian-packages"]) copyFileSync(join(root, ".ci", file), join(folder, ".ci", file));
  const calls = join(folder, "calls");
  writeFileSync(calls, "");
  const fake = (path: string, text: string): void => {
    writeFileSync(join(folder, path), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(folder, path), 0o755);
  };
  fake("bin/dpkg", `exit ${exitCodes.dpkg}`);
  fake("bin/apt-get", `echo "$*" >>"${calls}"; echo installing; exit ${exitCodes.apt}`);
  fake("bin/npm", "");
  fake("compile.sh", 'echo "compile.sh $*"; exit 7');
  const run = Bun.spawnSync(["bash", join(folder, ".ci/run")], { env: { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` } });
  const installs = readFileSync(calls, "utf8").split("\n").slice(0, -1);
  return { exitCode: run.exitCode, stdout: run.stdout.toString(), stderr: run.stderr.toString(), installs };
}

test(".ci/run: installs every listed package, then runs the gate, whose output and exit code it passes on", () => {
  const { exitCode, stdout, installs } = ciRun("missing", { dpkg: 1, apt: 0 });
  assertEquals([exitCode, stdout], [7, "compile.sh test\n"]);
  assertEquals(installs, isRoot ? ["update -qq", `install -qq --no-install-recommends ${debianPackages().join(" ")}`] : []);
});

test(".ci/run: calls no package manager when everything is installed", () => {
  assertEquals(ciRun("installed", { dpkg: 0, apt: 0 }).installs, []);
});

test(".ci/run: runs the gate even if packages cannot be installed, and says so", () => {
  const { exitCode, stdout, stderr } = ciRun("offline", { dpkg: 1, apt: 1 });
  assertEquals([exitCode, stdout], [7, "compile.sh test\n"]);
  if (isRoot) assertStringIncludes(stderr, "apt-get failed");
});
