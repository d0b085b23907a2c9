// Responses from start to response.done: pace, barge-in, cancel, several items.

import { test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { functionCallReply, scriptedBrain, spokenReply } from "../../../../src/simulators/openai/brains/brain.ts";
import { MAX_RESPONSES } from "../../../../src/simulators/openai/output/responses.ts";
import { audioOf, type Event, loud, mulaw, oneSecond, open, openPcmu, types } from "../client.ts";

const create: Event = { type: "response.create" };
const fourSeconds = spokenReply(mulaw(4000), "One two three four five six seven eight nine ten.");

test("response.create: the audio comes in pieces of 400 ms, 5.5 times faster than real time, unchanged", () => {
  const client = openPcmu({ brain: scriptedBrain([fourSeconds]) });
  const first = client.send(create);
  assertEquals(audioOf(first), mulaw(4000).subarray(0, 3200));
  const times: number[] = [];
  for (let ms = 0; ms < 1000; ms++) {
    for (const event of client.advance(1)) if (event.type === "response.output_audio.delta") times.push(ms + 1);
  }
  assertEquals(times, [73, 146, 219, 291, 364, 437, 510, 582, 655]);
  assertEquals(audioOf(client.events), mulaw(4000));
});

test("response.create: the transcript keeps pace with the audio, word by word", () => {
  const client = openPcmu({ brain: scriptedBrain([fourSeconds]) });
  client.send(create);
  client.advance(1000);
  const deltas = client.events.filter((event) => event.type === "response.output_audio_transcript.delta").map((event) => event.delta);
  assertEquals(deltas.join(""), "One two three four five six seven eight nine ten.");
  assert(deltas.length > 5);
  for (const delta of deltas.slice(0, -1)) assert(delta.endsWith(" "), `"${delta}" ends within a word`);
});

test("response.create: nothing is sent during thinkMs", () => {
  const client = openPcmu({ thinkMs: 300 });
  assertEquals(types(client.send(create)), ["response.created", "rate_limits.updated"]);
  assertEquals(client.advance(299), []);
  assertEquals(types(client.advance(1))[0], "response.output_item.added");
});

test("response.create: a late wake sends everything that was due", () => {
  const client = openPcmu();
  client.send(create);
  client.nowMs += 10_000;
  assertEquals(types(client.send({ type: "input_audio_buffer.clear" })).slice(-2), ["response.done", "input_audio_buffer.cleared"]);
});

test("speech_started: cancels the response in progress, with the part sent so far", () => {
  const client = openPcmu({ brain: scriptedBrain([fourSeconds]) });
  const id = client.send(create)[0]?.response.id;
  client.advance(100);
  const received = client.say(loud(100));
  assertEquals(types(received), [
    "input_audio_buffer.speech_started",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
  ]);
  const done = received.at(-1)?.response;
  assertObjectMatch(done, { id, status: "cancelled", status_details: { type: "cancelled", reason: "turn_detected" } });
  assertObjectMatch(done.output[0], { status: "incomplete", content: [{ type: "output_audio", transcript: "One two " }] });
  assertEquals(done.usage.output_token_details.audio_tokens, 16); // 800 ms at 20 tokens a second
  assertEquals(client.advance(5000), []);
  const truncate = { type: "conversation.item.truncate", item_id: done.output[0].id, content_index: 0, audio_end_ms: 801 };
  assertObjectMatch(client.send(truncate)[0]?.error, { message: "Audio content of 800ms is already shorter than 801ms" });
});

test("speech_started: interrupt_response false lets the response go on", () => {
  const client = openPcmu({ brain: scriptedBrain([fourSeconds]) }, { turn_detection: { type: "server_vad", interrupt_response: false } });
  client.send(create);
  assertEquals(types(client.say(loud(100))), ["input_audio_buffer.speech_started"]);
  assertEquals(client.advance(2000).at(-1)?.response.status, "completed");
});

test("response.cancel: cancels the active or the named response, with reason client_cancelled", () => {
  const client = openPcmu({ brain: scriptedBrain([fourSeconds]) });
  client.send(create);
  const beside = client.send({ ...create, response: { conversation: "none" } })[0]?.response.id;
  const details = { status: "cancelled", status_details: { reason: "client_cancelled" } };
  assertObjectMatch(client.send({ type: "response.cancel" }).at(-1)?.response, details);
  assertEquals(client.send({ type: "response.cancel" })[0]?.error.code, "response_cancel_not_active");
  const cancelled = client.send({ type: "response.cancel", response_id: beside });
  assertObjectMatch(cancelled.at(-1)?.response, { id: beside, ...details });
  assertEquals(types(cancelled).includes("conversation.item.done"), false);
});

test("response.cancel: before the first audio there is no item to finish", () => {
  const client = openPcmu({ thinkMs: 300 });
  client.send(create);
  const received = client.send({ type: "response.cancel" });
  assertEquals(types(received), ["response.done"]);
  assertEquals(received[0]?.response.output, []);
});

test("response.create: several items in one response, each with its own index", () => {
  const call = functionCallReply("look_up", "call_1", "{}").items;
  const client = openPcmu({ brain: scriptedBrain([{ items: [...oneSecond.items, ...call], end: { type: "completed" } }]) });
  client.send(create);
  client.advance(2000);
  const closed = client.events.filter((event) => event.type === "response.output_item.done");
  assertEquals(
    closed.map((event) => [event.output_index, event.item.type]),
    [
      [0, "message"],
      [1, "function_call"],
    ],
  );
  const added = client.events.filter((event) => event.type === "conversation.item.added");
  assertEquals(
    added.map((event) => event.previous_item_id),
    [null, added[0]?.item.id],
  );
  assertEquals(client.events.at(-1)?.response.output.length, 2);
});

test("response.create: its own audio.output applies", () => {
  const client = open();
  client.send({ ...create, response: { audio: { output: { format: { type: "audio/pcmu" }, voice: "cedar" } } } });
  client.advance(2000);
  assertEquals(audioOf(client.events), mulaw(1000));
  assertObjectMatch(client.events.at(-1)?.response.audio.output, { format: { type: "audio/pcmu" }, voice: "cedar" });
});

test("response.create: a session of PCM gets 48 bytes per millisecond", () => {
  const client = open();
  client.send(create);
  client.advance(2000);
  assertEquals(audioOf(client.events).length, 48_000);
});

test("response.create: more than MAX_RESPONSES at once are rejected", () => {
  const client = openPcmu();
  const beside = { ...create, response: { conversation: "none" } };
  for (let i = 0; i < MAX_RESPONSES; i++) assertEquals(client.send(beside)[0]?.type, "response.created");
  assertEquals(client.send(beside)[0]?.error.code, "rate_limit_exceeded");
});
