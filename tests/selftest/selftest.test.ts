// The command: its arguments, its exit code, its files; and one whole selftest of this source, in this process.

import { test } from "bun:test";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as platform from "#platform";
import { parseWav } from "../../src/audio/wav.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { readSelftestArgs, type SelftestIo, selftest } from "../../src/selftest/selftest.ts";

const silent = () => {};
const none = { json: false, junit: undefined, wav: undefined };
for (const [args, read] of [
  [[], none],
  [["--json"], { ...none, json: true }],
  [["--junit", "a.xml", "--wav=b.wav"], { ...none, junit: "a.xml", wav: "b.wav" }],
] as const) {
  test(`readSelftestArgs: ${args.join(" ") || "no arguments"}`, () => assertEquals(readSelftestArgs(args, silent), read));
}

for (const args of [["--jsno"], ["file"], ["--wav"]]) {
  test(`readSelftestArgs: ${args.join(" ")}: refused`, () => void assertThrows(() => readSelftestArgs(args, silent), UsageError));
}

test("readSelftestArgs: help tells the options and every check", () => {
  let told = "";
  assertEquals(
    readSelftestArgs(["--help"], (text) => {
      told += text;
    }),
    undefined,
  );
  for (const word of ["--json", "--junit", "--wav", "handshake.several"]) assertStringIncludes(told, word);
});

/** Remembers what is told and written. */
function remembering(write?: SelftestIo["write"]) {
  const files = new Map<string, string | Uint8Array>();
  const told: string[] = [];
  const keep: SelftestIo["write"] = async (path, bytes) => void files.set(path, bytes);
  const io: SelftestIo = { platform, colors: false, tell: (text) => void told.push(text), write: write ?? keep };
  return { io, files, told };
}

test("selftest: this source passes, and says so on stdout and into the files", async () => {
  const { io, files, told } = remembering();
  const exitCode = await selftest(["--json", "--junit", "a.xml", "--wav", "b.wav"], io);
  assertEquals(told.length, 1);
  const { ok, checks } = JSON.parse(told[0] ?? "") as { ok: boolean; checks: { id: string; ok: boolean; actual: string }[] };
  assertEquals(
    checks.filter((check) => !check.ok),
    [],
  );
  assertEquals([exitCode, ok], [0, true]);
  assertStringIncludes(String(files.get("a.xml")), 'failures="0"');
  const wav = parseWav(files.get("b.wav") as Uint8Array);
  assert(!("bad" in wav) && wav.channels === 2 && wav.data.length > 2 * 8_000, "over a second of both sides");
}, 30_000);

test("selftest: a file that cannot be written is the operator's to fix, after the result was told", async () => {
  const { io, told } = remembering(() => Promise.reject(new Error("ENOENT")));
  await assertRejects(() => selftest(["--junit", "/nowhere/a.xml"], io), UsageError, "/nowhere/a.xml");
  assertStringIncludes(told.join(""), "checks");
}, 30_000);
