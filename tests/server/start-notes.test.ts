// The start notes of each configuration: what they must and must not report.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { ModelChoice } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { usableModel } from "../../src/server/calls/call-agent.ts";
import { startNotes } from "../../src/server/start-notes.ts";
import { testConfig } from "../e2e/server-under-test.ts";
import { agentsWith } from "./fakes.ts";

const agents = agentsWith({ type: "openai", apiKey: "sk-secret", model: "m", realtimeUrl: "wss://api.openai.com/v1/realtime" });
const published = { publicUrl: "https://voice.example" };
/** Reported at level debug only. */
const optional = ["VOICE_TRANSFER_TO", "VOICE_ALERT_URL"];

/** The settings, the agent that answers, and the settings reported as missing. */
const table: readonly [Partial<Config>, ModelChoice["type"], string[]][] = [
  [{ ...published, agents }, "openai", []],
  [{ agents }, "openai", ["PUBLIC_URL"]],
  [published, "builtIn", ["OPENAI_API_KEY"]],
  [{ twilioAuthToken: undefined }, "builtIn", ["TWILIO_AUTH_TOKEN", "OPENAI_API_KEY"]],
  [{ twilioAuthToken: undefined, agents }, "builtIn", ["TWILIO_AUTH_TOKEN", "OPENAI_API_KEY"]],
  [{ twilioAuthToken: undefined, agents, allowUnsigned: true }, "openai", ["TWILIO_AUTH_TOKEN"]],
  [{ ...published, agents, envFileIgnored: true }, "openai", [".env"]],
];
for (const [settings, agentType, missing] of table) {
  test(`startNotes: ${Object.keys(settings)} is answered by ${agentType}, missing [${missing}]`, () => {
    const config = { ...testConfig, ...settings };
    const notes = startNotes({ config, agentName: "a fake", port: 8080, version: "1", runtimeVersion: "Bun 1" });
    assertEquals(usableModel(config.agents.agents[0].models[0], config).type, agentType);
    assertEquals(
      notes.filter(({ event, level }) => event === "config.advised" && level !== "debug").map(({ fields }) => fields.setting),
      missing,
    );
    assertEquals(
      notes.filter(({ level }) => level === "debug").map(({ fields }) => fields.setting),
      optional,
    );
    assert(!JSON.stringify(notes).includes("sk-secret") && !JSON.stringify(notes).includes(testConfig.twilioAuthToken ?? "?"));
  });
}

for (const [openFileLimit, reported] of [
  [undefined, false],
  [64, true],
  [286, false],
] as const) {
  test(`startNotes: ${openFileLimit} open files for 10 calls ${reported ? "are too few, which is reported" : "are enough"}`, () => {
    const notes = startNotes({
      config: testConfig,
      agentName: "a fake",
      port: 8080,
      version: "1",
      runtimeVersion: "Bun 1",
      openFileLimit,
    });
    assertEquals(notes.filter(({ fields }) => fields.setting === "VOICE_MAX_CALLS").length, reported ? 1 : 0);
  });
}

test("startNotes: VOICE_TRANSFER_TO and VOICE_ALERT_URL, when set, are not reported", () => {
  const config = { ...testConfig, transferTo: "+15005550009", alertUrl: "https://h.example/" };
  const notes = startNotes({ config, agentName: "a fake", port: 8080, version: "1", runtimeVersion: "Bun 1" });
  assertEquals(notes.filter(({ level }) => level === "debug").length, 0);
});

test("startNotes: the webhook URL starts with PUBLIC_URL", () => {
  const config = { ...testConfig, publicUrl: "https://voice.example/phone", host: "::" };
  const notes = startNotes({ config, agentName: "a fake", port: 8080, version: "1", runtimeVersion: "Bun 1" });
  assertEquals(notes[0]?.fields.address, "[::]:8080");
  assertEquals(notes[0]?.fields.webhookUrl, "https://voice.example/phone/twilio/voice");
});

for (const [settings, runtimeVersion, command] of [
  [{ host: "0.0.0.0" }, "Bun 1", "./voice doctor http://127.0.0.1:8123/twilio/voice --say me.wav --wav call.wav"],
  [{ host: "::1" }, "Deno 2", "deno task serve doctor http://[::1]:8123/twilio/voice --say me.wav --wav call.wav"],
] as const) {
  test(`startNotes: ${runtimeVersion} on ${settings.host}: how to call it without a telephone, with the real port`, () => {
    const config = { ...testConfig, ...settings };
    const [first] = startNotes({ config, agentName: "a fake", port: 8123, version: "1", runtimeVersion });
    assertEquals(first?.fields["tryIt"], command);
    assert(first?.text.includes(`where TWILIO_AUTH_TOKEN is set too (me.wav: what you say; call.wav: what was heard):\n  ${command}`));
    const [other] = startNotes({ config: { ...config, twilioAuthToken: undefined }, agentName: "", port: 1, version: "1", runtimeVersion });
    assert(!other?.text.includes("TWILIO_AUTH_TOKEN"));
  });
}

test("startNotes: a file of records that cannot be written is an error", () => {
  const config = { ...testConfig, recordsFile: "/absent/calls" };
  const facts = { config, agentName: "", port: 1, version: "1", runtimeVersion: "Bun 1" };
  const levels = (recordsProblem: string | undefined) =>
    startNotes({ ...facts, recordsProblem })
      .filter(({ fields }) => fields["setting"] === "VOICE_RECORDS")
      .map(({ level, text }) => [level, text.includes("ENOENT")]);
  assertEquals(levels("ENOENT"), [["error", true]]);
  assertEquals(levels(undefined), []);
});
