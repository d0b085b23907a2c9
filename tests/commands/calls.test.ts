// The arguments of `voice calls`.

import { test } from "bun:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readCallsArgs } from "../../src/commands/calls.ts";
import { UsageError } from "../../src/config/usage-error.ts";

const NOW_MS = Date.UTC(2026, 10, 27, 12);
const read = (...args: readonly string[]) => readCallsArgs(args, NOW_MS, () => {});

for (const [args, options] of [
  [[], { callSid: undefined, format: "text", sendAgain: false, erase: undefined, query: { limit: 50 } }],
  [["CA1", "--json"], { callSid: "CA1", format: "json", sendAgain: false, erase: undefined, query: { limit: 50 } }],
  [
    ["--since", "2d", "--until", "2026-11-27T08:00Z", "--limit", "7", "--csv"],
    {
      callSid: undefined,
      format: "csv",
      sendAgain: false,
      erase: undefined,
      query: { limit: 7, sinceMs: NOW_MS - 2 * 86_400_000, untilMs: Date.UTC(2026, 10, 27, 8) },
    },
  ],
  [
    ["--agent", "night", "--end", "model", "--number", "+1 415", "--text", "two words"],
    {
      callSid: undefined,
      format: "text",
      sendAgain: false,
      erase: undefined,
      query: { limit: 50, agent: "night", end: "model", number: "+1 415", text: "two words" },
    },
  ],
  [
    ["--erase", "+14155550100", "--yes"],
    { callSid: undefined, format: "text", sendAgain: false, erase: "+14155550100", query: { limit: 50 } },
  ],
] as const) {
  test(`voice calls ${args.join(" ")}`, () => assertEquals(read(...args)?.options, options));
}

test("voice calls --state: the folder of the server, by its setting", () => {
  assertEquals(read("--state", "/srv/voice")?.flags, { VOICE_STATE: "/srv/voice" });
});

for (const [args, hint] of [
  [["--limit", "0"], "--limit 100"],
  [["--limit", "1001"], "--limit 100"],
  [["--since", "yesterday"], "--since 7d"],
  [["--until", "7"], "--until 7d"],
  [["--erase", "+1"], "--yes"],
  [["--json", "--csv"], ""],
  [["--sinse", "1d"], "--since"],
  [["CA1", "CA2"], ""],
  [["--send-again"], "voice calls CallSid --send-again"],
] as const) {
  test(`voice calls ${args.join(" ")}: an error with a hint`, () => {
    const error = assertThrows(() => read(...args), UsageError) as UsageError;
    assert(error.hint.includes(hint), error.hint);
  });
}

test("voice calls --help: printed, and nothing else is done", () => {
  let printed = "";
  const result = readCallsArgs(["--help"], NOW_MS, (text) => {
    printed += text;
  });
  assertEquals([result, printed.includes("--since")], [undefined, true]);
});
