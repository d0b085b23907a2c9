// The selftest's arguments.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readSelftestArgs } from "../../src/commands/selftest.ts";
import { UsageError } from "../../src/config/usage-error.ts";

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

test("readSelftestArgs: help lists the options and every check", () => {
  let printed = "";
  const print = (text: string): void => {
    printed += text;
  };
  assertEquals(readSelftestArgs(["--help"], print), undefined);
  for (const word of ["--json", "--junit", "--wav", "handshake.several"]) assertStringIncludes(printed, word);
});
