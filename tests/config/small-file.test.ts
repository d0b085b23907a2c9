// Files, and paths that are something else. Nothing here may wait.

import { test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { readSmallFile } from "../../src/config/small-file.ts";

const folder = mkdtempSync(join(tmpdir(), "voice-small-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const path = join(folder, "file");

test("readSmallFile: a file up to the limit, also by a link; not a byte more", () => {
  writeFileSync(path, "x".repeat(100_000));
  symlinkSync(path, join(folder, "link"));
  for (const one of [path, join(folder, "link")]) {
    const read = readSmallFile(one, 100_000);
    assert(typeof read === "object" && read.bytes.length === 100_000 && read.bytes.every((byte) => byte === 0x78));
    assertEquals(readSmallFile(one, 99_999), "is longer than 99999 bytes");
  }
});

test("readSmallFile: a directory, a pipe, a device and a missing file are refused without a wait", () => {
  const pipe = join(folder, "pipe");
  assertEquals(spawnSync("mkfifo", [pipe]).status, 0);
  mkdirSync(join(folder, "directory"));
  for (const [one, problem] of [
    [pipe, "is a pipe, not a file"],
    [join(folder, "directory"), "is a directory, not a file"],
    ["/dev/zero", "is a device, not a file"],
    [join(folder, "absent"), "does not exist"],
  ] as const) {
    const read = readSmallFile(one, 100);
    assert(typeof read === "string" && read.includes(problem), String(read));
  }
});

test("voice --env-file <(command): the pipe of a shell is read", () => {
  const main = `${import.meta.dir}/../../src/main.ts`;
  const run = spawnSync("bash", ["-c", `"${process.execPath}" "${main}" --env-file <(echo junk; echo PORT=x)`], { encoding: "utf8" });
  assertEquals(run.status, 2);
  assert(/line 1: is not KEY=value/.test(run.stderr) && /PORT in .*got "x"/.test(run.stderr), run.stderr);
});
