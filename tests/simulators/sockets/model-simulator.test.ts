// The model simulator on a real socket: path, key and model, its faults before and in the handshake, and its recording.

import { afterAll, test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import * as platform from "#platform";
import { realClock } from "../../../src/adapters/clock.ts";
import type { DialEnd, DialledSocket } from "../../../src/platform/seam.ts";
import { scriptedBrain } from "../../../src/simulators/openai/brains/brain.ts";
import type { HandshakeFault } from "../../../src/simulators/openai/faults.ts";
import { type ModelBehaviour, type ModelSimulatorOptions, startModelSimulator } from "../../../src/simulators/sockets/model-simulator.ts";
import { audioOf, type Event, loud, mulaw, oneSecond, pcmu, silence } from "../openai/client.ts";

const clock = realClock();
/** Longer than any test here takes. It only limits a failing run. */
const patienceMs = 5000;
const brain = scriptedBrain([oneSecond]);

/** A simulator with one behaviour for all connections. It stops with the tests. */
function serve(behaviour: Partial<ModelBehaviour> = {}, more: Partial<ModelSimulatorOptions> = {}) {
  const server = startModelSimulator({
    listen: platform.listen,
    clock,
    behaviourFor: () => ({ brain, speedUp: 1000, ...behaviour }),
    ...more,
  });
  afterAll(() => server.stop());
  return server;
}

/** Dials the simulator and records the events received. */
function dial(url: string, headers: Record<string, string> = { authorization: "Bearer sk-test" }) {
  const events: Event[] = [];
  const waiting: (() => void)[] = [];
  const look = () => {
    for (const check of waiting) check();
  };
  let socket: DialledSocket | undefined;
  let isOpen = () => {};
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve;
  });
  const end = new Promise<DialEnd>((closed) => {
    const text = (frame: string) => {
      events.push(JSON.parse(frame));
      look();
    };
    socket = platform.dial(url, headers, { opened: () => isOpen(), text, closed });
  });
  const send = (event: Event) => socket?.sendText(JSON.stringify(event));
  /** Resolves with the first event of this type. */
  const event = (type: string) =>
    new Promise<Event>((resolve) => {
      const check = () => {
        const found = events.find((one) => one.type === type);
        if (found !== undefined) resolve(found);
      };
      waiting.push(check);
      check();
    });
  return { events, opened, end, send, event, close: () => socket?.close(1000, "") };
}

test("startModelSimulator: a whole conversation over a real socket, recorded both ways", async () => {
  const server = serve();
  const client = dial(`${server.url}?model=gpt-realtime-2.1`, {
    authorization: "Bearer sk-test",
    "openai-safety-identifier": "hash-1",
  });
  assertEquals((await client.event("session.created")).session.model, "gpt-realtime-2.1");
  client.send(pcmu());
  await client.event("session.updated");
  const turn = loud(400);
  client.send({ type: "input_audio_buffer.append", audio: turn.toBase64() });
  client.send({ type: "input_audio_buffer.append", audio: silence(500).toBase64() });
  await client.event("response.done");
  assertEquals(audioOf(client.events), mulaw(1000));
  const [connection] = server.connections();
  assert(connection !== undefined);
  assertObjectMatch(connection.handshake, { number: 0, model: "gpt-realtime-2.1", safetyIdentifier: "hash-1" });
  assertEquals(connection.receivedAudio().subarray(0, turn.length), turn);
  assertEquals(
    connection.sent.map(({ text }) => JSON.parse(text)),
    client.events,
  );
  assertEquals(connection.frames, { received: 3, sent: client.events.length });
  client.close();
  assert(await connection.until(({ ended }) => ended?.code === 1000, patienceMs));
});

test("until: false if the condition does not hold in time", async () => {
  const server = serve();
  assertEquals(await server.until(({ handshakes }) => handshakes().length > 0, 1), false);
});

const rejections: readonly (readonly [
  what: string,
  behaviour: Partial<ModelBehaviour>,
  headers: Record<string, string>,
  query: string,
  status: number,
  code: string | null,
])[] = [
  ["no key", {}, {}, "?model=m", 401, "invalid_api_key"],
  ["another key", {}, { authorization: "Bearer sk-other" }, "?model=m", 401, "invalid_api_key"],
  ["no model", {}, { authorization: "Bearer sk-test" }, "", 400, "missing_model"],
  ...(
    [
      ["400", "missing_model"],
      ["401", "invalid_api_key"],
      ["403", "unsupported_country_region_territory"],
      ["404", "model_not_found"],
      ["429", "rate_limit_exceeded"],
      ["503", null],
    ] as const satisfies readonly (readonly [HandshakeFault, string | null])[]
  ).map(
    ([handshake, code]) =>
      [`the fault ${handshake}`, { handshake }, { authorization: "Bearer sk-test" }, "?model=m", Number(handshake), code] as const,
  ),
];
for (const [what, behaviour, headers, query, status, code] of rejections) {
  test(`startModelSimulator: ${what} is answered with ${status} and OpenAI's body, also in a WebSocket handshake`, async () => {
    const server = serve(behaviour, { apiKey: "sk-test" });
    const response = await fetch(`${server.url.replace("ws:", "http:")}${query}`, { headers });
    assertEquals([response.status, response.headers.get("content-type")], [status, "application/json"]);
    assertEquals(((await response.json()) as Event).error.code, code);
    if (status === 429) assertEquals(response.headers.get("retry-after"), "20");
    assertEquals((await dial(`${server.url}${query}`, headers).end).httpStatus, status);
    assertEquals(server.connections().length, 0);
  });
}

test("startModelSimulator: the key can come in the subprotocol, and realtime is selected", async () => {
  const server = serve({}, { apiKey: "sk-test" });
  const socket = new WebSocket(`${server.url}?model=m`, ["realtime", "openai-insecure-api-key.sk-test"]);
  await new Promise((opened) => socket.addEventListener("open", opened));
  assertEquals(socket.protocol, "realtime");
  socket.close();
});

test("startModelSimulator: OpenAI-Beta gets an error and close 4000", async () => {
  const client = dial(`${serve().url}?model=m`, { authorization: "Bearer sk-test", "openai-beta": "realtime=v1" });
  assertObjectMatch(await client.end, { code: 4000, reason: "invalid_request_error.beta_api_shape_disabled" });
  assertEquals(
    client.events.map((event) => event.error.code),
    ["beta_api_shape_disabled"],
  );
});

test("invalid-key: an error and close 3000", async () => {
  const client = dial(`${serve({ faults: ["invalid-key"] }).url}?model=m`);
  assertObjectMatch(await client.end, { code: 3000, reason: "invalid_request_error.invalid_api_key" });
});

test("silent: the socket opens and nothing is sent; dropped, it ends with 1006", async () => {
  const server = serve({ faults: ["silent"] });
  const client = dial(`${server.url}?model=m`);
  assert(await server.until(({ connections }) => connections().length === 1, patienceMs));
  await client.opened;
  client.send(pcmu());
  const [connection] = server.connections();
  assert(await connection?.until(({ frames }) => frames.received === 1, patienceMs));
  connection?.drop();
  assertEquals((await client.end).code, 1006);
  assertEquals(client.events, []);
});

test("unanswered: the connection is accepted and the handshake never answered", async () => {
  const server = serve({ handshake: "unanswered" });
  const client = dial(`${server.url}?model=m`);
  assert(await server.until(({ handshakes }) => handshakes().length === 1, patienceMs));
  client.close();
  assertObjectMatch(await client.end, { code: 1006, httpStatus: undefined });
  assertEquals(server.connections().length, 0);
});

for (const [fault, code] of [
  ["connection-lost-mid-response", 1006],
  ["close-1011-mid-response", 1011],
  ["session-expires-mid-response", 1001],
] as const) {
  test(`${fault}: the client sees ${code} after some audio`, async () => {
    const client = dial(`${serve({ faults: [fault] }).url}?model=m`);
    await client.event("session.created");
    client.send(pcmu());
    client.send({ type: "response.create" });
    assertEquals((await client.end).code, code);
    assert(audioOf(client.events).length > 0);
    assertEquals(
      client.events.some((event) => event.error?.code === "session_expired"),
      fault === "session-expires-mid-response",
    );
  });
}

test("behaviourFor: decides per handshake, here by the safety identifier", async () => {
  const server = serve(
    {},
    {
      behaviourFor: ({ safetyIdentifier }) => (safetyIdentifier === "bad" ? { brain, handshake: "503" } : { brain }),
    },
  );
  const good = dial(`${server.url}?model=m`, { authorization: "Bearer k", "openai-safety-identifier": "good" });
  const bad = dial(`${server.url}?model=m`, { authorization: "Bearer k", "openai-safety-identifier": "bad" });
  await good.event("session.created");
  assertEquals((await bad.end).httpStatus, 503);
  // Under Bun a refused handshake is repeated, to read the response (src/platform/bun-dial.ts).
  assertEquals([...new Set(server.handshakes().map(({ safetyIdentifier }) => safetyIdentifier))], ["good", "bad"]);
  good.close();
});

test("startModelSimulator: sendText, tamper and close interfere with the session", async () => {
  const server = serve({ tamper: (frame, send) => send(frame.replace('"session.created"', '"session.tampered"')) });
  const client = dial(`${server.url}?model=m`);
  await client.event("session.tampered");
  const [connection] = server.connections();
  connection?.sendText('{"type":"hologram"}');
  await client.event("hologram");
  connection?.close(1012, "service restart");
  assertObjectMatch({ ...(await client.end) }, { code: 1012, reason: "service restart" });
  assert(!client.events.some(({ type }) => type === "session.created"));
});

test("startModelSimulator: a frozen connection neither answers nor closes", async () => {
  const server = serve();
  const client = dial(`${server.url}?model=m`);
  await client.event("session.created");
  const [connection] = server.connections();
  connection?.freeze();
  connection?.sendText('{"type":"hologram"}');
  client.send({ type: "response.create" });
  assert(await connection?.until(({ received }) => received.length === 1, patienceMs));
  assertEquals([connection?.sent.length, connection?.ended], [1, undefined]);
  client.close();
});
