// A model or a disk that hangs must not keep a caller waiting: the 101 is sent, and in the end the caller hears a
// sentence.

import { afterAll, beforeAll, test } from "bun:test";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import { fileStore } from "../../src/adapters/records-file.ts";
import { ACCOUNT_SID, callSidOf, startText, tokenIn, voiceForm } from "../server/fakes.ts";
import { rawConnection, startServer, upgradeRequest } from "./server-under-test.ts";

/** Accepts connections and never sends anything. */
let silentServer: Server;
const accepted = new Set<Socket>();

beforeAll(async () => {
  silentServer = createServer((socket) => void accepted.add(socket));
  await new Promise<void>((resolve) => void silentServer.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  silentServer.close();
});

function hangingModel() {
  const { port } = silentServer.address() as AddressInfo;
  return modelSocket({ type: "openai", apiKey: "none", model: "none", realtimeUrl: `ws://127.0.0.1:${port}/v1/realtime` }, realClock());
}

/** A disk that never answers. */
const hangingStore = fileStore(
  "/nowhere",
  () => {},
  () => new Promise(() => {}),
);

test("openStream: the 101 is sent while the model and the disk hang", async () => {
  const server = startServer({ diallerFor: hangingModel, store: hangingStore });
  await server.post("/twilio/voice", voiceForm(1));
  const { socket, until } = rawConnection(server.voice.port, upgradeRequest(server.voice.port));
  const answer = await until("\r\n\r\n");
  assertStringIncludes(answer, "HTTP/1.1 101");
  assertStringIncludes(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455 section 1.3
  assert(!/sec-websocket-protocol/i.test(answer));
  assertEquals((await fetch(`${server.origin}/healthz`)).status, 200);
  socket.destroy();
  await server.stop();
});

test("fallback: a model that accepts the connection and never answers ends in a spoken sentence", async () => {
  const server = startServer({ diallerFor: hangingModel, store: hangingStore, times: { modelReadyMs: 100 } });
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(1)));
  const socket = new WebSocket(`ws://127.0.0.1:${server.voice.port}/twilio/realtime`);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  socket.onopen = () => socket.send(startText(1, token));
  assertEquals(await closed, 1000);
  const after = await server.post("/twilio/after", { CallSid: callSidOf(1), AccountSid: ACCOUNT_SID, CallStatus: "in-progress" });
  assertMatch(await after.text(), /<Say language="en-US">Apology\.<\/Say><Hangup\/>/);
  const steps = ["webhook.answered", "stream.requested", "stream.accepted", "stream.started"];
  assertEquals(
    server.lines.map(({ event }) => event).filter((event) => steps.includes(event)),
    steps,
  );
  assertEquals((await server.line("call.ended")).fields.by, "model");
  await server.stop();
});

test("drain: a call whose model hangs ends with a sentence when the drain time is over", async () => {
  const server = startServer({ diallerFor: hangingModel, store: hangingStore });
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(1)));
  const socket = new WebSocket(`ws://127.0.0.1:${server.voice.port}/twilio/realtime`);
  const closed = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  socket.onopen = () => socket.send(startText(1, token));
  await server.line("stream.started");
  const drained = server.voice.drain(50);
  assertEquals((await fetch(`${server.origin}/readyz`)).status, 503);
  assertMatch(await (await server.post("/twilio/voice", voiceForm(2))).text(), /Draining\./);
  await closed;
  const after = await server.post("/twilio/after", { CallSid: callSidOf(1), AccountSid: ACCOUNT_SID, CallStatus: "in-progress" });
  assertMatch(await after.text(), /Draining\./);
  await drained;
  assertEquals((await server.line("call.ended")).fields.by, "operator");
});
