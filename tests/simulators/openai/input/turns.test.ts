// The caller's turns on the wire: speech events and their times, commits, transcripts, and what the brain receives.

import { test } from "bun:test";
import { assertEquals, assertObjectMatch } from "@std/assert";
import { scriptedBrain } from "../../../../src/simulators/openai/brains/brain.ts";
import { MAX_UNANSWERED } from "../../../../src/simulators/openai/input/turns.ts";
import { type Event, loud, oneSecond, open, openPcmu, pcmu, recordingBrain, silence, types } from "../client.ts";

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

test("append: speech, then silence: a turn, its events in order, and a response", () => {
  const client = openPcmu();
  assertEquals(client.say(silence(1000)), []);
  const started = client.say(loud(600));
  assertEquals(types(started), ["input_audio_buffer.speech_started"]);
  assertEquals(started[0]?.audio_start_ms, 700); // 300 ms of padding
  assertEquals(client.say(silence(480)), []);
  const received = client.say(silence(20));
  assertEquals(types(received).slice(0, 5), [
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
  ]);
  const item_id = started[0]?.item_id;
  assertObjectMatch(received[0], { audio_end_ms: 2100, item_id });
  assertObjectMatch(received[1], { previous_item_id: null, item_id });
  assertEquals(received[2]?.item, {
    id: item_id,
    object: "realtime.item",
    type: "message",
    status: "completed",
    role: "user",
    content: [{ type: "input_audio", transcript: null }],
  });
});

test("append: the brain receives the turn byte for byte, with padding and final silence", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = openPcmu({ brain });
  client.say(silence(1000));
  client.say(loud(600));
  client.say(silence(500));
  assertEquals(brain.requests[0]?.input, [
    { type: "audio", bytes: join(silence(300), loud(600), silence(500)), format: { type: "audio/pcmu" } },
  ]);
});

test("append: the size of the appended pieces makes no difference", () => {
  const speech = join(silence(200), loud(410), silence(700), loud(330), silence(600));
  const turns = (pieceBytes: number) => {
    const brain = recordingBrain(scriptedBrain([oneSecond]));
    const client = openPcmu({ brain });
    for (let at = 0; at < speech.length; at += pieceBytes) {
      client.send({ type: "input_audio_buffer.append", audio: speech.subarray(at, at + pieceBytes).toBase64() });
    }
    const events = client.events.filter((event) => event.type.startsWith("input_audio_buffer."));
    return {
      events: events.map(({ type, audio_start_ms, audio_end_ms }) => [type, audio_start_ms, audio_end_ms]),
      inputs: brain.requests.flatMap((request) => request.input),
    };
  };
  const whole = turns(speech.length);
  assertEquals(whole.events.length, 6);
  for (const bytes of [1, 7, 159, 160, 161, 1000]) assertEquals(turns(bytes).events, whole.events);
  assertEquals(turns(160).inputs, whole.inputs);
});

test("append: mu-law before session.update is read as PCM16 at 24 kHz: a sixth as long, as noise", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = open({ brain });
  client.say(silence(1200)); // 9600 bytes of 0xff are 200 ms of the sample -1
  client.send(pcmu({ turn_detection: null }));
  client.say(loud(100));
  client.send({ type: "input_audio_buffer.commit" });
  client.send({ type: "response.create" });
  assertEquals(brain.requests[0]?.input, [{ type: "audio", bytes: loud(100), format: { type: "audio/pcmu" } }]);
  client.send(pcmu({ turn_detection: { type: "server_vad" } }));
  assertEquals(client.say(loud(60))[0]?.audio_start_ms, 300); // 200 as PCM, then 100
});

test("append: create_response false: a turn without a response", () => {
  const client = openPcmu({}, { turn_detection: { type: "server_vad", create_response: false } });
  client.say(loud(300));
  assertEquals(types(client.say(silence(500))).at(-1), "conversation.item.done");
});

test("append: turn_detection null: waits for commit and response.create", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = openPcmu({ brain }, { turn_detection: null });
  assertEquals(client.say(join(loud(300), silence(1000))), []);
  assertEquals(types(client.send({ type: "input_audio_buffer.commit" })), [
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
  ]);
  client.send({ type: "response.create" });
  assertEquals(brain.requests[0]?.input, [{ type: "audio", bytes: join(loud(300), silence(1000)), format: { type: "audio/pcmu" } }]);
});

test("append: previous_item_id links turns and the model's items", () => {
  const client = openPcmu();
  for (let i = 0; i < 2; i++) {
    client.say(loud(300));
    client.say(silence(500));
    client.advance(3000);
  }
  const added = client.events.filter((event) => event.type === "conversation.item.added");
  assertEquals(
    added.map((event) => event.item.role),
    ["user", "assistant", "user", "assistant"],
  );
  assertEquals(
    added.map((event) => event.previous_item_id),
    [null, ...added.slice(0, 3).map((event) => event.item.id)],
  );
});

test("commit: in the middle of speech uses the announced item id", () => {
  const client = openPcmu();
  const [started] = client.say(loud(200));
  assertEquals(client.send({ type: "input_audio_buffer.commit" })[0]?.item_id, started?.item_id);
});

test("transcription: comes later, in order, and is then part of the item", () => {
  const brain = scriptedBrain([oneSecond], ["Hello there."]);
  const client = openPcmu({ brain }, { transcription: { model: "gpt-transcribe" } });
  const [started] = client.say(loud(300));
  client.say(silence(500));
  const item_id = started?.item_id;
  const isTranscript = (event: Event) => event.type.includes("input_audio_transcription");
  assertEquals(client.advance(299).filter(isTranscript), []);
  const [delta, completed, ...more] = client.advance(1).filter(isTranscript);
  assertEquals(more, []);
  assertObjectMatch(delta, { item_id, content_index: 0, delta: "Hello there." });
  assertObjectMatch(completed, {
    type: "conversation.item.input_audio_transcription.completed",
    item_id,
    transcript: "Hello there.",
    usage: { type: "duration", seconds: 0.8 },
  });
  const retrieved = client.send({ type: "conversation.item.retrieve", item_id })[0];
  assertEquals(retrieved?.item.content, [{ type: "input_audio", transcript: "Hello there." }]);
});

test("unanswered: the oldest is dropped while no response is requested", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = openPcmu({ brain });
  for (let i = 0; i <= MAX_UNANSWERED; i++) {
    const content = [{ type: "input_text", text: String(i) }];
    client.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  }
  client.send({ type: "response.create" });
  assertEquals(brain.requests[0]?.input.length, MAX_UNANSWERED);
  assertEquals(brain.requests[0]?.input[0], { type: "text", role: "user", text: "1" });
  client.send({ type: "response.cancel" });
  for (let i = 0; i <= MAX_UNANSWERED; i++) {
    client.say(loud(100));
    client.send({ type: "input_audio_buffer.commit" });
  }
  client.send({ type: "response.create" });
  assertEquals(brain.requests[1]?.input.length, MAX_UNANSWERED);
});
