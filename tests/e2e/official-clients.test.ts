// OpenAI's own clients accept the simulated model as OpenAI: `openai/realtime/ws` over TLS, and RealtimeSession of
// @openai/agents-realtime over a plain socket. Both have two spoken turns, a barge-in with truncation, a function call
// and errors. Every frame that the second one receives also passes its schemas.

import { afterAll, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { assert, assertEquals, assertGreater, assertObjectMatch } from "@std/assert";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { z } from "zod";
import * as platform from "#platform";
// Not exported by the package: the function that decides whether its session understands an event.
import { parseRealtimeEvent } from "../../node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.js";
import { realClock } from "../../src/adapters/clock.ts";
import { functionCallReply, scriptedBrain, spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { type ModelConnection, type ModelSimulator, startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { type Event, mulaw } from "../simulators/openai/client.ts";

// Not a Buffer: its slices are views, and the clients send the whole buffer behind a view.
const speech = new Uint8Array(readFileSync(new URL("../data/jfk.ulaw", import.meta.url)));
/** "And so, my fellow Americans," and "ask not", each with the pause that ends a turn. */
const turns = [speech.subarray(0, 2.8 * 8000), speech.subarray(2.8 * 8000, 5 * 8000)] as const;
const format = { type: "audio/pcmu" } as const;
const limitMs = 10_000;

const short = spokenReply(mulaw(600), "Go on.");
const long = spokenReply(mulaw(8000, 3), "One two three four five six seven eight nine ten.");
const replies = [short, short, long, functionCallReply("look_up", "call_1", '{"what":"weather"}'), short];

function startServer(): ModelSimulator {
  const brain = scriptedBrain(replies, ["And so, my fellow Americans,", "ask not"]);
  const server = startModelSimulator({ listen: platform.listen, clock: realClock(), apiKey: "sk-test", behaviourFor: () => ({ brain }) });
  afterAll(() => server.stop());
  return server;
}

/** A TLS proxy in front of a plain server, with the certificate of tests/data/tls. */
async function tlsInFrontOf(port: number): Promise<{ readonly port: number; readonly ca: string }> {
  const file = (name: string) => readFileSync(new URL(`../data/tls/${name}`, import.meta.url), "utf8");
  const server = createServer({ key: file("key.pem"), cert: file("cert.pem") }, (client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) socket.on("error", () => {}).on("close", () => [client, upstream].map((one) => one.destroy()));
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  afterAll(() => void server.close());
  return { port: (server.address() as AddressInfo).port, ca: file("cert.pem") };
}

/** The events of one type that the server sent. */
function sent(connection: ModelConnection, type: string): Event[] {
  return connection.sent.map(({ text }) => JSON.parse(text)).filter((event: Event) => event.type === type);
}

/** The server's one connection. */
async function connectionOf(server: ModelSimulator): Promise<ModelConnection> {
  assert(await server.until(({ connections }) => connections().length > 0, limitMs), "no connection");
  const [connection] = server.connections();
  assert(connection !== undefined);
  return connection;
}

/** Waits until the server has sent `count` events of a type. */
async function comes(connection: ModelConnection, type: string, count = 1): Promise<void> {
  const came = await connection.until((now) => now.sent.filter(({ text }) => text.includes(`"type":"${type}"`)).length >= count, limitMs);
  assert(came, `${count} of ${type} did not come`);
}

function frames(audio: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(audio.length / 160) }, (_, index) => audio.slice(index * 160, (index + 1) * 160));
}

test("openai/realtime/ws: two turns, barge-in with truncate, a function call, and errors", async () => {
  const server = startServer();
  const { port, ca } = await tlsInFrontOf(Number(new URL(server.url).port));
  const api = new OpenAI({ apiKey: "sk-test", baseURL: `https://127.0.0.1:${port}/v1` });
  const client = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1", options: { ca } }, api);
  const errors: (string | null | undefined)[] = [];
  const heard: string[] = [];
  const spokenBy: string[] = [];
  const fourErrors = new Promise<void>((resolve) => {
    client.on("error", (error) => {
      if (errors.push(error.error?.code ?? error.message) === 4) resolve();
    });
  });
  client.on("response.output_audio.delta", (event) => void spokenBy.push(event.response_id));
  client.on("conversation.item.input_audio_transcription.completed", (event) => void heard.push(event.transcript));
  await new Promise((created) => client.on("session.created", created));
  const connection = await connectionOf(server);
  const input = { format, transcription: { model: "gpt-transcribe" } };
  client.send({ type: "session.update", session: { type: "realtime", audio: { input, output: { format } } } });
  const say = (audio: Uint8Array) => {
    for (const frame of frames(audio)) client.send({ type: "input_audio_buffer.append", audio: frame.toBase64() });
  };
  for (const [index, turn] of turns.entries()) {
    say(turn);
    await comes(connection, "response.done", index + 1);
    await comes(connection, "conversation.item.input_audio_transcription.completed", index + 1);
  }
  assertEquals(
    sent(connection, "response.done").map((event) => event.response.status),
    ["completed", "completed"],
  );
  const received = new Promise<Event>((first) => client.once("response.output_audio.delta", first));
  client.send({ type: "response.create" });
  const { item_id } = await received;
  const done = new Promise<Event>((first) => client.once("response.done", first));
  const call = new Promise<Event>((first) => client.once("response.function_call_arguments.done", first));
  say(turns[1]);
  assertObjectMatch((await done).response, { status: "cancelled", status_details: { reason: "turn_detected" } });
  client.send({ type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms: 120 });
  await comes(connection, "conversation.item.truncated");
  assertObjectMatch(await call, { name: "look_up", call_id: "call_1", arguments: '{"what":"weather"}' });
  await comes(connection, "response.done", 4);
  client.send({ type: "conversation.item.create", item: { type: "function_call_output", call_id: "call_1", output: '"rain"' } });
  client.send({ type: "response.create" });
  client.send({ type: "response.create" });
  await comes(connection, "response.done", 5);
  client.send({ type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms: 9000 });
  client.send({ type: "response.cancel" });
  client.send({ type: "input_audio_buffer.commit" });
  await fourErrors;
  client.close();
  assert(await connection.until(({ ended }) => ended?.code === 1000, limitMs));
  assertEquals(errors, [
    "conversation_already_has_active_response",
    "invalid_value",
    "response_cancel_not_active",
    "input_audio_buffer_commit_empty",
  ]);
  assertEquals(heard.slice(0, 2), ["And so, my fellow Americans,", "ask not"]);
  assertEquals(new Set(spokenBy).size, 4);
  assertEquals(connection.receivedAudio(), Uint8Array.from([...turns[0], ...turns[1], ...turns[1]]));
}, 120_000);

test("openai/realtime/ws: a wrong key fails the handshake, and OpenAI's later refusals arrive as errors", async () => {
  const server = startServer();
  const { port, ca } = await tlsInFrontOf(Number(new URL(server.url).port));
  const failure = (apiKey: string, headers: Record<string, string> = {}) =>
    new Promise<Error>((failed) => {
      const api = new OpenAI({ apiKey, baseURL: `https://127.0.0.1:${port}/v1` });
      const client = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1", options: { ca, headers } }, api);
      client.on("error", failed);
    });
  assert((await failure("sk-wrong")).message.includes("401"));
  assert((await failure("sk-test", { "OpenAI-Beta": "realtime=v1" })).message.includes("beta_api_shape_disabled"));
});

/** A session of the agents package, and what it reported to its user. */
async function openAgentsSession(server: ModelSimulator) {
  const seen = { toolInputs: [] as unknown[], errors: [] as unknown[], interruptions: 0, audioBytes: 0, turnsDone: 0 };
  const lookUp = tool({
    name: "look_up",
    description: "Looks something up.",
    parameters: z.object({ what: z.string() }),
    execute(input) {
      seen.toolInputs.push(input);
      return "rain";
    },
  });
  const agent = new RealtimeAgent({ name: "tester", instructions: "Be brief.", tools: [lookUp] });
  const transport = new OpenAIRealtimeWebSocket({ url: `${server.url}?model=gpt-realtime-2.1` });
  const turnDetection = { type: "server_vad", createResponse: true, interruptResponse: true } as const;
  const config = { audio: { input: { format, turnDetection }, output: { format } } };
  const session = new RealtimeSession(agent, { transport, model: "gpt-realtime-2.1", config });
  let look = () => {};
  session.on("error", (error) => {
    seen.errors.push(error.error);
    look();
  });
  session.on("audio_interrupted", () => {
    seen.interruptions += 1;
  });
  session.on("audio", (event) => {
    seen.audioBytes += event.data.byteLength;
  });
  transport.on("turn_done", () => {
    seen.turnsDone += 1;
    look();
  });
  /** Waits for the client, not only for the server. */
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve();
      };
      look();
    });
  await session.connect({ apiKey: "sk-test" });
  return { session, transport, seen, until };
}

test("@openai/agents-realtime: two turns, barge-in with truncate, a tool, an error, and it understands every event", async () => {
  const server = startServer();
  const { session, transport, seen, until } = await openAgentsSession(server);
  const connection = await connectionOf(server);
  await comes(connection, "session.updated", 2);
  assertObjectMatch(sent(connection, "session.updated").at(-1)?.session, {
    tracing: "auto",
    audio: { input: { format }, output: { format } },
  });
  const say = (audio: Uint8Array) => {
    for (const frame of frames(audio)) session.sendAudio(frame.buffer as ArrayBuffer);
  };
  for (const [index, turn] of turns.entries()) {
    say(turn);
    await until(() => seen.turnsDone > index);
  }
  assertEquals(seen.audioBytes, 2 * 600 * 8);
  transport.sendEvent({ type: "response.create" });
  await comes(connection, "response.output_audio.delta", 5);
  say(turns[1]);
  await comes(connection, "conversation.item.truncated");
  await until(() => seen.turnsDone === 5);
  assertEquals(seen.toolInputs, [{ what: "weather" }]);
  const statuses = sent(connection, "response.done").map((event) => event.response.status);
  assertEquals(statuses, ["completed", "completed", "cancelled", "completed", "completed"]);
  assertGreater(seen.interruptions, 0);
  assertEquals(seen.errors, []);
  const history = session.history.map((item) => (item.type === "message" ? item.role : item.type));
  assertEquals(history.filter((who) => who === "user").length, 3);
  assert(history.includes("function_call"));
  transport.sendEvent({ type: "conversation.item.retrieve", item_id: "item_none" });
  await until(() => seen.errors.length > 0);
  assert(JSON.stringify(seen.errors).includes("item_not_found"));
  session.close();
  assert(await connection.until(({ ended }) => ended !== undefined, limitMs));
  for (const { text } of connection.sent) {
    const { isGeneric } = parseRealtimeEvent({ data: text } as Parameters<typeof parseRealtimeEvent>[0]);
    assert(!isGeneric, `its schemas reject ${text.slice(0, 300)}`);
  }
}, 120_000);
