// One list of Debian packages: .ci/run installs it, skipped tests name what they need from it, and the gate sums that
// up.

import { test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { combinedInstall, debianPackages, installCommand } from "../../scripts/debian-packages.ts";

const root = resolve(import.meta.dir, "../..");

test("debianPackages: names without comments and empty lines", () => {
  assertEquals(debianPackages("# a list\n\na\nb  # why\n"), ["a", "b"]);
  assert(debianPackages().includes("shellcheck"));
});

test("installCommand: names the packages; one that CI does not install throws", () => {
  assertEquals(installCommand("shellcheck", "systemd"), "apt-get install shellcheck systemd");
  assertThrows(() => installCommand("left-pad"), Error, "not in .ci/debian-packages: left-pad");
});

test("combinedInstall: one command for all skipped tests", () => {
  const messages = ["a (apt-get install systemd)", "b: apt-get install shellcheck systemd", "c"];
  assertEquals(combinedInstall(messages), "apt-get install shellcheck systemd");
  assertEquals(combinedInstall(["c"]), undefined);
});

test("debian-packages: no test spells a package out, so CI installs all that are needed", () => {
  const tests = readdirSync(join(root, "tests"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  // Scripts that are run by hand may need more.
  const own = ["scripts/debian-packages.test.ts", "e2e/compile.test.ts", "audio/vectors/render-g711.ts"];
  const spelled = tests.filter(
    (path) => !own.includes(path) && readFileSync(join(root, "tests", path), "utf8").includes("apt-get install"),
  );
  assertEquals(spelled, []);
});
