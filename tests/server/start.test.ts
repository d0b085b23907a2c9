// The wired server's own promises: a port of its own, and an end. What it does in between: tests/e2e.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { callTimes, stackOf } from "../../src/server/start.ts";
import { rawConnection, startServer, upgradeRequest } from "../e2e/server-under-test.ts";
import { callSidOf, voiceForm } from "./fakes.ts";

test("startVoice: port 0 is a free one, told; two servers side by side do not mix", async () => {
  const [one, other] = [startServer(), startServer()];
  await one.post("/twilio/voice", voiceForm(1));
  assertEquals([one.voice.calls.running, other.voice.calls.running], [1, 0]);
  await Promise.all([one.stop(), other.stop()]);
  await assertRejects(() => fetch(`${one.origin}/healthz`));
});

test("drain: with no call it ends at once, and resolves when nothing listens any more", async () => {
  const server = startServer();
  await server.voice.drain(60_000);
  await assertRejects(() => fetch(`${server.origin}/healthz`));
});

test("drain: who calls meanwhile is handed to a person, and the running call goes on", async () => {
  const server = startServer({ settings: { transferTo: "+15005550009" } });
  await server.post("/twilio/voice", voiceForm(1));
  const drained = server.voice.drain(60_000);
  // Without an action: when the person hangs up, this server may be gone.
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
  ["over what its open files carry", { openFiles: 64 }],
] as const) {
  test(`startVoice: ${what} a call is answered in words`, async () => {
    const server = startServer(options);
    await server.post("/twilio/voice", voiceForm(1));
    assertStringIncludes(await (await server.post("/twilio/voice", voiceForm(2))).text(), ">Busy.</Say>");
    await server.stop();
  });
}

test("startVoice: with a log that always throws the caller is answered, and the stream taken", async () => {
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

test("startVoice: memory under the bound takes the call: the process's own is asked for", async () => {
  const server = startServer({ settings: { maxMemoryMb: 1_048_576 } });
  await server.post("/twilio/voice", voiceForm(1));
  assertEquals(server.voice.calls.running, 1);
  await server.stop();
});

test("startVoice: who is to be told is told, by the name that /healthz and the stream's 101 have", async () => {
  let heard = (_text: string): void => {};
  const told = new Promise<string>((resolve) => {
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
  const alert = JSON.parse(await told) as Record<string, unknown>;
  const { instance } = (await (await fetch(`${server.origin}/healthz`)).json()) as { instance: string };
  assertEquals([alert.cause, alert.callSid, alert.instance], ["full", callSidOf(2), instance]);
  const stream = rawConnection(server.voice.port, upgradeRequest(server.voice.port));
  assertStringIncludes(await stream.until("\r\n\r\n"), `\r\nX-Voice-Instance: ${instance}\r\n`);
  stream.socket.destroy();
  await Promise.all([server.stop(), other.stop(true)]);
});

test("callTimes: nobody is left over 6 s without a sound", () => {
  const { replyMs, stallMs, fillerMs, modelReadyMs, rollOverMs } = callTimes;
  assert(replyMs + fillerMs < 6_000 && stallMs + fillerMs < 6_000 && modelReadyMs <= 6_000);
  // OpenAI ends a session at 60 minutes, and the turn that is under way must end first.
  assert(rollOverMs <= 58 * 60_000);
});

test("stackOf: the stack of an error, the words of anything else", () => {
  assertStringIncludes(stackOf(new Error("x")), "start.test.ts");
  assertEquals(stackOf("x"), "x");
});
