// `voice console`: the link, under the key that the server reads.

import { test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readOrMakeSecret } from "../../src/adapters/secret-file.ts";
import { consoleLink, readConsoleArgs } from "../../src/commands/console.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { CONSOLE_KEY_FILE, readLoginToken } from "../../src/server/console/login-link.ts";
import { inScratch } from "../adapters/store/scratch.ts";
import { testConfig } from "../e2e/server-under-test.ts";

const NOW_MS = 1_700_000_000_000;

test("consoleLink: this machine's address, or the public one, with a token that the server accepts", () => {
  inScratch((stateFolder) => {
    const config = { ...testConfig, stateFolder, host: "0.0.0.0", port: 8080 };
    const [origin, token = ""] = consoleLink(config, NOW_MS).split("/console/login?token=");
    assertEquals(origin, "http://127.0.0.1:8080");
    assert((readLoginToken(readOrMakeSecret(join(stateFolder, CONSOLE_KEY_FILE)), token) ?? 0) > NOW_MS);
    const open = { ...config, consoleAccess: "public", publicUrl: "https://voice.example.com/line" } as const;
    assert(consoleLink(open, NOW_MS).startsWith("https://voice.example.com/line/console/login?token="));
  });
});

test("consoleLink: off, or without a folder, it says what to set", () => {
  assertThrows(() => consoleLink({ ...testConfig, consoleAccess: "off" }, NOW_MS), UsageError, "VOICE_CONSOLE=off");
  assertThrows(() => consoleLink({ ...testConfig, stateFolder: undefined }, NOW_MS), UsageError, "no state folder");
});

test("readConsoleArgs: the settings of the server", () => {
  assertEquals(
    readConsoleArgs(["--port", "9000", "--state", "/srv"], () => {}),
    { PORT: "9000", VOICE_STATE: "/srv" },
  );
  assertThrows(() => readConsoleArgs(["--prot", "1"], () => {}), UsageError);
});
