// Without Twilio's Auth Token, a stranger's call must not spend the owner's money: the built-in agent answers. A call
// from the console is the owner's.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { ModelChoice } from "../../src/config/agents/agent.ts";
import { agentsWith, voiceForm } from "../server/fakes.ts";
import { silentDialler, startServer } from "./server-under-test.ts";

test("console: with a model's key and no Auth Token, the model answers calls from the console, and no others", async () => {
  const model: ModelChoice = { type: "openai", apiKey: "sk-test", model: "gpt-realtime-2.1", realtimeUrl: "wss://127.0.0.1:1/v1/realtime" };
  const dialled: string[] = [];
  const diallerFor = ({ type }: ModelChoice) => ({
    ...silentDialler,
    dial: (...args: Parameters<typeof silentDialler.dial>) => {
      dialled.push(type);
      return silentDialler.dial(...args);
    },
  });
  const server = startServer({ diallerFor, settings: { twilioAuthToken: undefined, agents: agentsWith(model) } });
  const body = new URLSearchParams(voiceForm(1) as Record<string, string>);
  assertEquals((await fetch(`${server.origin}/twilio/voice`, { method: "POST", body })).status, 200);
  assertEquals(dialled, ["builtIn"]);
  const login = await fetch(`${server.origin}/console/login?token=${server.voice.makeConsoleLink()}`, { redirect: "manual" });
  const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const headers = { cookie, "content-type": "application/json" };
  const begun = await fetch(`${server.origin}/api/v1/browser-calls`, { method: "POST", headers, body: "{}" });
  assertEquals([begun.status, dialled], [201, ["builtIn", "openai"]]);
  await server.stop();
});
