// Shows each session fault. Those that end the connection are also tested on a socket, in
// tests/simulators/sockets/model-simulator.test.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { scriptedBrain, spokenReply } from "../../../src/simulators/openai/brains/brain.ts";
import { handshakeFaults, type WireFault, wireFaults } from "../../../src/simulators/openai/faults.ts";
import { audioOf, type Client, type Event, loud, mulaw, open, openPcmu, pcmu, types } from "./client.ts";

const twoSeconds = scriptedBrain([spokenReply(mulaw(2000), "One two three four five six seven eight.")]);

/** A session with this fault, five seconds after one `response.create`. */
function sessionWith(fault: WireFault): Client {
  const client = openPcmu({ brain: twoSeconds, faults: [fault] });
  client.send({ type: "response.create" });
  client.advance(5000);
  return client;
}
const of = (client: Client, type: string): Event[] => client.events.filter((event) => event.type === type);

const shown: Readonly<Record<WireFault, () => void>> = {
  silent: () => assertEquals(sessionWith("silent").events, []),
  "invalid-key"() {
    const client = sessionWith("invalid-key");
    assertEquals(
      client.events.map((event) => event.error.code),
      ["invalid_api_key"],
    );
    assertEquals(client.closes, [{ code: 3000, reason: "invalid_request_error.invalid_api_key" }]);
  },
  "beta-disabled"() {
    const client = sessionWith("beta-disabled");
    assertEquals(
      client.events.map((event) => event.error.code),
      ["beta_api_shape_disabled"],
    );
    assertEquals(client.closes, [{ code: 4000, reason: "invalid_request_error.beta_api_shape_disabled" }]);
  },
  "no-session-updated"() {
    const client = sessionWith("no-session-updated");
    assertEquals(of(client, "session.updated"), []);
    assertEquals(audioOf(client.events), mulaw(2000)); // the update was applied
  },
  "beta-event-names"() {
    const client = sessionWith("beta-event-names");
    assertEquals(of(client, "response.audio.delta").length, 5);
    assertEquals(of(client, "response.output_audio.delta"), []);
  },
  "model-not-found": () => fails("model-not-found", "invalid_request_error", "model_not_found"),
  "quota-exceeded": () => fails("quota-exceeded", "insufficient_quota", "insufficient_quota"),
  "rate-limited": () => fails("rate-limited", "tokens", "rate_limit_exceeded"),
  "response-stalls"() {
    const client = sessionWith("response-stalls");
    assertEquals(types(client.events.slice(2)), ["response.created", "rate_limits.updated"]);
    assertEquals(client.send({ type: "response.cancel" }).at(-1)?.response.status, "cancelled");
  },
  "incomplete-max-tokens": () => incomplete("incomplete-max-tokens", "max_output_tokens"),
  "incomplete-content-filter": () => incomplete("incomplete-content-filter", "content_filter"),
  "audio-in-two-items"() {
    const client = sessionWith("audio-in-two-items");
    const items = client.events.at(-1)?.response.output;
    assertEquals([items.length, items[0].id === items[1].id], [2, false]);
    const deltas = of(client, "response.output_audio.delta").map((event) => [event.item_id, event.output_index]);
    assertEquals(
      deltas,
      [0, 0, 0, 1, 1, 1].map((index) => [items[index].id, index]),
    );
    assertEquals(audioOf(client.events), mulaw(2000));
  },
  "audio-all-at-once"() {
    const client = openPcmu({ brain: twoSeconds, faults: ["audio-all-at-once"] });
    const received = client.send({ type: "response.create" });
    assertEquals([received.at(-1)?.type, audioOf(received)], ["response.done", mulaw(2000)]);
  },
  "audio-after-cancel"() {
    const client = openPcmu({ brain: twoSeconds, faults: ["audio-after-cancel"] });
    client.send({ type: "response.create" });
    const [done, late] = client.say(loud(100)).slice(-2);
    assertEquals([done?.type, late?.type], ["response.done", "response.output_audio.delta"]);
    assertEquals(late?.item_id, done?.response.output[0].id);
    assertEquals(Uint8Array.fromBase64(late?.delta), mulaw(2000).subarray(3200, 6400));
  },
  "connection-lost-mid-response": () => endsMidResponse("connection-lost-mid-response", 1006),
  "close-1011-mid-response": () => endsMidResponse("close-1011-mid-response", 1011),
  "session-expires-mid-response"() {
    const client = endsMidResponse("session-expires-mid-response", 1001);
    assertEquals(client.events.at(-1)?.error.code, "session_expired");
  },
};

function fails(fault: WireFault, type: string, code: string): void {
  const client = sessionWith(fault);
  assertEquals(types(client.events.slice(2)), ["response.created", "rate_limits.updated", "response.done"]);
  assertObjectMatch(client.events.at(-1)?.response, {
    status: "failed",
    output: [],
    status_details: { type: "failed", error: { type, code } },
  });
  assertEquals(client.closes, []);
}

function incomplete(fault: WireFault, reason: string): void {
  const client = sessionWith(fault);
  const { response } = client.events.at(-1);
  assertObjectMatch(response, { status: "incomplete", status_details: { type: "incomplete", reason } });
  assertEquals(response.output[0].status, "incomplete");
  assertEquals(audioOf(client.events), mulaw(2000).subarray(0, 8000));
}

function endsMidResponse(fault: WireFault, code: number): Client {
  const client = sessionWith(fault);
  assertEquals(
    client.closes.map((close) => close.code),
    [code],
  );
  assertEquals(audioOf(client.events), mulaw(2000).subarray(0, 3200));
  assertEquals(client.send({ type: "response.create" }), []);
  return client;
}

for (const [fault, what] of Object.entries(wireFaults)) {
  test(`${fault}: ${what}`, () => shown[fault as WireFault]());
}

test("wireFaults: without a fault, none of this happens", () => {
  const client = open({ brain: twoSeconds });
  assertEquals(types(client.send(pcmu())), ["session.updated"]);
  client.send({ type: "response.create" });
  client.advance(5000);
  assertEquals([client.events.at(-1)?.response.status, client.closes], ["completed", []]);
});

for (const [name, { status, body, headers }] of Object.entries(handshakeFaults)) {
  test(`handshakeFaults: ${name} has its status and a body like OpenAI's`, () => {
    assertEquals(status, Number(name));
    assertEquals(headers["content-type"], "application/json");
    assertEquals(Object.keys(JSON.parse(body).error).sort(), ["code", "message", "param", "type"]);
    assert(!body.includes("sk-"), "no key in an answer");
  });
}
