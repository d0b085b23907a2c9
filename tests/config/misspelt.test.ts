// Names that people guess, and names that belong to other programs.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { configKeys } from "../../src/config/config.ts";
import { aliases, findMisspelt } from "../../src/config/misspelt.ts";

const known = configKeys.map(({ key }) => key);

const guesses: readonly [name: string, meant: string | undefined][] = [
  ["VOICE_PROMPT", "VOICE_INSTRUCTIONS"],
  ["VOICE_PORT", "PORT"],
  ["VOICE_HOST", "HOST"],
  ["VOICE_PUBLIC_URL", "PUBLIC_URL"],
  ["VOICE_OPENAI_API_KEY", "OPENAI_API_KEY"],
  ["VOICE_INSTRUCTION", "VOICE_INSTRUCTIONS"],
  ["VOICE_DRIAN_MS", "VOICE_DRAIN_MS"],
  ["voice_name", "VOICE_NAME"],
  ["OPENAI_KEY", "OPENAI_API_KEY"],
  ["openai_api_key", "OPENAI_API_KEY"],
  ["OPENAI_APIKEY", "OPENAI_API_KEY"],
  ["OPENAI_VOICE", "VOICE_NAME"],
  ["TWILIO_TOKEN", "TWILIO_AUTH_TOKEN"],
  ["TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"],
  ["TWILIO_NUMBER", "TWILIO_PHONE_NUMBER"],
  ["PUBLIC_ULR", "PUBLIC_URL"],
  ["VOICE_QZXJKWVP", undefined],
];
for (const [name, meant] of guesses) {
  test(`findMisspelt: ${name} means ${meant ?? "nothing"}`, () => assertEquals(findMisspelt([name], [], known), [{ name, meant }]));
}

test("findMisspelt: settings, and names of other programs, are left alone", () => {
  const names = [
    ...known,
    "OPENAI_ORG_ID",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "OPENAI_LOG",
    "LOG_LEVEL",
    "SYSTEM_PROMPT",
    "PATH",
    "host",
  ];
  assertEquals(findMisspelt(names, [], known), []);
  assertEquals(findMisspelt(["OPENAI_KEY", "OPENAI_API_KEY"], [], known), [], "the right one is set too");
});

test("findMisspelt: the env file is voice's own, so a name without a prefix counts there", () => {
  const names = ["SYSTEM_PROMPT", "port", "DATABASE_HOST"];
  assertEquals(findMisspelt(names, names, known), [
    { name: "SYSTEM_PROMPT", meant: "VOICE_INSTRUCTIONS" },
    { name: "port", meant: "PORT" },
  ]);
});

test("aliases: each leads to a setting, and none is one", () => {
  for (const [alias, setting] of Object.entries(aliases))
    assertEquals([known.includes(alias), known.includes(setting)], [false, true], alias);
});
