// The assembled server: its port, its limits, and its end. What it does in between: tests/e2e.

import { heapStats } from "bun:jsc";
import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { realClock } from "../../src/adapters/clock.ts";
import type { AgentBook } from "../../src/config/agents/agent.ts";
import { rawConnection, startServer, upgradeRequest } from "../e2e/server-under-test.ts";
import { agentsWith, callSidOf, voiceForm } from "./fakes.ts";

test("startVoice: port 0 is a free one and is reported; two servers share nothing", async () => {
  const [one, other] = [startServer(), startServer()];
  await one.post("/twilio/voice", voiceForm(1));
  assertEquals([one.voice.calls.running, other.voice.calls.running], [1, 0]);
  await Promise.all([one.stop(), other.stop()]);
  await assertRejects(() => fetch(`${one.origin}/healthz`));
});

for (const request of [
  "GET /healthz HTTP/1.0\r\n\r\n",
  "GET /readyz HTTP/1.0\r\nHost:\r\n\r\n",
  "GET /readyz?a=b HTTP/1.1\r\nHost:\r\n\r\n",
]) {
  test(`startVoice: ${JSON.stringify(request)}, as old health checks ask, gets 200`, async () => {
    const server = startServer();
    const connection = rawConnection(server.voice.port, request);
    assertMatch(await connection.until("\r\n\r\n"), /^HTTP\/1\.\d 200 /);
    connection.socket.destroy();
    await server.stop();
  });
}

test("startVoice: the number that was called decides which agent answers; new agents are for new calls", async () => {
  const one = agentsWith({ type: "builtIn" });
  const [agent] = one.agents;
  const model = (name: string) => ({ type: "openai", apiKey: "sk-1", model: name, realtimeUrl: "ws://127.0.0.1:1/v1/realtime" }) as const;
  const agents: AgentBook = {
    ...one,
    agents: [
      { ...agent, name: "first", models: [model("one")] },
      { ...agent, name: "second", models: [model("two")] },
    ],
    numbers: new Map([["+15550001111", { agent: "second", hours: undefined }]]),
  };
  const dialled: string[] = [];
  const server = startServer({
    settings: { agents },
    diallerFor: (choice) => ({
      name: "a fake",
      dial: () => {
        dialled.push(choice.type === "openai" ? choice.model : choice.type);
        return { send: () => {}, close: () => {} };
      },
    }),
  });
  await server.post("/twilio/voice", voiceForm(1, { To: "+15550001111" }));
  await server.post("/twilio/voice", voiceForm(2, { To: "+15550002222" }));
  server.voice.useAgents({ ...agents, numbers: new Map() });
  await server.post("/twilio/voice", voiceForm(3, { To: "+15550001111" }));
  assertEquals(dialled, ["two", "one", "one"]);
  await server.stop();
});

test("startVoice: a call that has ended is kept without its instructions, which may be long", async () => {
  const one = agentsWith({ type: "builtIn" });
  const [agent] = one.agents;
  const instructions = `It is {{time}}. ${"Be brief. ".repeat(50_000)}`;
  const settings = { agents: { ...one, agents: [{ ...agent, instructions }] as const } };
  const server = startServer({ settings, diallerFor: () => builtInModel(realClock()) });
  const play = async (from: number, to: number): Promise<number> => {
    for (let n = from; n < to; n++) {
      await server.post("/twilio/voice", voiceForm(n));
      await server.post("/twilio/status", voiceForm(n, { CallStatus: "completed" }));
    }
    Bun.gc(true);
    return heapStats().heapSize;
  };
  const before = await play(0, 4);
  const grown = (await play(4, 24)) - before;
  assertEquals([server.voice.calls.running, server.voice.calls.kept], [0, 24]);
  assert(grown < 5 * instructions.length, `${grown} bytes more after 20 calls`);
  await server.stop();
});

test("keepAgents: /readyz shows why voice.toml was not read again, until it is", async () => {
  const agents = { ...agentsWith({ type: "builtIn" }), file: "voice.toml" };
  const server = startServer({ settings: { agents } });
  const ready = async (): Promise<unknown> => (await fetch(`${server.origin}/readyz`)).json();
  assertEquals(await ready(), { ready: true, calls: 0, agents: ["agent"] });
  server.voice.keepAgents("voice.toml:3:1: agents.a.voice");
  assertEquals(await ready(), { ready: true, calls: 0, agents: ["agent"], agentsProblem: "voice.toml:3:1: agents.a.voice" });
  server.voice.useAgents(agents);
  assertEquals(await ready(), { ready: true, calls: 0, agents: ["agent"] });
  await server.stop();
});

test("drain: without calls it ends at once, and resolves when nothing listens any more", async () => {
  const server = startServer();
  await server.voice.drain(60_000);
  await assertRejects(() => fetch(`${server.origin}/healthz`));
});

test("drain: a new call is transferred, and the running call goes on", async () => {
  const server = startServer({ settings: { transferTo: "+15005550009" } });
  await server.post("/twilio/voice", voiceForm(1));
  const drained = server.voice.drain(60_000);
  // No action: this server may have stopped when the person hangs up.
  const heard = await (await server.post("/twilio/voice", voiceForm(2))).text();
  assertMatch(heard, /Transferring.*<Dial timeout="30"><Number>\+15005550009<\/Number><\/Dial>/);
  assertEquals(server.voice.calls.running, 1);
  await server.post("/twilio/status", voiceForm(1, { CallStatus: "completed" }));
  await drained;
  await assertRejects(() => fetch(`${server.origin}/healthz`));
});

for (const [what, options] of [
  ["with VOICE_MAX_MEMORY_MB in use", { settings: { maxMemoryMb: 64 }, residentBytes: () => 64 * 1_048_576 }],
  ["over VOICE_MAX_CALLS", { settings: { maxCalls: 1 } }],
  ["over the limit of its open files", { openFileLimit: 64 }],
] as const) {
  test(`startVoice: ${what} a call is answered with a sentence`, async () => {
    const server = startServer(options);
    await server.post("/twilio/voice", voiceForm(1));
    assertStringIncludes(await (await server.post("/twilio/voice", voiceForm(2))).text(), ">Busy.</Say>");
    await server.stop();
  });
}

test("startVoice: with a log that always throws, webhooks are answered and streams accepted", async () => {
  const log = (): never => {
    throw new Error("no room on the disk");
  };
  const server = startServer({ log });
  assertStringIncludes(await (await server.post("/twilio/voice", voiceForm(1))).text(), "<Stream");
  const stream = rawConnection(server.voice.port, upgradeRequest(server.voice.port));
  assertStringIncludes(await stream.until("\r\n\r\n"), "101 Switching Protocols");
  stream.socket.destroy();
  await server.stop();
});

test("startVoice: under the memory limit calls are accepted: the process reads its own memory", async () => {
  const server = startServer({ settings: { maxMemoryMb: 1_048_576 } });
  await server.post("/twilio/voice", voiceForm(1));
  assertEquals(server.voice.calls.running, 1);
  await server.stop();
});

test("startVoice: an alert is sent, with the instance that /healthz and the 101 of a stream report", async () => {
  let heard = (_text: string): void => {};
  const received = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const other = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      heard(await request.text());
      return new Response(null);
    },
  });
  const server = startServer({ settings: { maxCalls: 1, alertUrl: `http://127.0.0.1:${other.port}/` } });
  for (const n of [1, 2]) await server.post("/twilio/voice", voiceForm(n));
  const alert = JSON.parse(await received) as Record<string, unknown>;
  const { instance } = (await (await fetch(`${server.origin}/healthz`)).json()) as { instance: string };
  assertEquals([alert.cause, alert.callSid, alert.instance], ["full", callSidOf(2), instance]);
  const stream = rawConnection(server.voice.port, upgradeRequest(server.voice.port));
  assertStringIncludes(await stream.until("\r\n\r\n"), `\r\nX-Voice-Instance: ${instance}\r\n`);
  stream.socket.destroy();
  await Promise.all([server.stop(), other.stop(true)]);
});
