// The arguments of `voice check`.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { readCheckArgs } from "../../src/commands/check.ts";
import { UsageError } from "../../src/config/usage-error.ts";

const silent = () => {};
const none = { json: false, junit: undefined, speak: false };
for (const [args, flags, options] of [
  ["", {}, none],
  ["--json --speak --junit a.xml", {}, { json: true, junit: "a.xml", speak: true }],
  ["--env-file a.env --port 81", { PORT: "81", VOICE_ENV_FILE: "a.env" }, none],
] as const) {
  test(`readCheckArgs: ${args || "no arguments"}`, () => {
    assertEquals(readCheckArgs(args === "" ? [] : args.split(" "), silent), { flags, options });
  });
}

for (const args of ["everything", "--jsno", "--junit"]) {
  test(`readCheckArgs: ${args} is refused with a hint`, () => {
    const error = assertThrows(() => readCheckArgs([args], silent), UsageError);
    assertMatch(error.hint, /--help|--json/);
  });
}

test("readCheckArgs: help lists its options and the server's flags", () => {
  let printed = "";
  const print = (text: string): void => {
    printed += text;
  };
  assertEquals(readCheckArgs(["--help"], print), undefined);
  for (const word of ["--json", "--junit", "--speak", "--port"]) assertStringIncludes(printed, word);
});
