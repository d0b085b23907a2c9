// The answer to each client event, row by row as in the table of the Realtime reference, in order and with all fields.

import { test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { functionCallReply, scriptedBrain } from "../../../src/simulators/openai/brains/brain.ts";
import { type Client, type Event, loud, oneSecond, only, openPcmu, recordingBrain, silence, types } from "./client.ts";

const audioInput = (input: Event): Event => ({ type: "realtime", audio: { input } });
const rejections: readonly (readonly [what: string, event: Event | string, error: Event])[] = [
  ["not JSON", "{", { code: null }],
  ["not an object", "[]", { code: null }],
  ["no type", {}, { code: "missing_required_parameter", param: "type", message: "Missing required parameter: 'type'." }],
  ["an unknown type", { type: "session.updat" }, { code: "invalid_value", param: "type" }],
  ["a property of Object's prototype", { type: "constructor" }, { code: "invalid_value", param: "type" }],
  ["session.update without session", { type: "session.update" }, { code: "missing_required_parameter", param: "session" }],
  [
    "session.update without session.type",
    { type: "session.update", session: { instructions: "x" } },
    { code: "missing_required_parameter", param: "session.type", message: "Missing required parameter: 'session.type'." },
  ],
  [
    "pcmu with a rate",
    { type: "session.update", session: audioInput({ format: { type: "audio/pcmu", rate: 8000 } }) },
    { code: "unknown_parameter", param: "session.audio.input.format.rate" },
  ],
  [
    "a beta format",
    { type: "session.update", session: audioInput({ format: "g711_ulaw" }) },
    { code: "invalid_type", param: "session.audio.input.format" },
  ],
  [
    "PCM at another rate",
    { type: "session.update", session: audioInput({ format: { type: "audio/pcm", rate: 8000 } }) },
    { code: "invalid_value", param: "session.audio.input.format.rate" },
  ],
  ...["voice", "modalities", "input_audio_format", "output_audio_format", "turn_detection", "input_audio_transcription", "temperature"].map(
    (key) =>
      [
        `the beta's ${key}`,
        { type: "session.update", session: { type: "realtime", [key]: null } },
        { code: "unknown_parameter", param: `session.${key}`, message: `Unknown parameter: 'session.${key}'.` },
      ] as const,
  ),
  [
    "another model",
    { type: "session.update", session: { type: "realtime", model: "gpt-realtime" } },
    { code: "invalid_value", param: "session.model" },
  ],
  [
    "both modalities",
    { type: "session.update", session: { type: "realtime", output_modalities: ["audio", "text"] } },
    { code: "invalid_value", param: "session.output_modalities" },
  ],
  ["append without audio", { type: "input_audio_buffer.append" }, { code: "missing_required_parameter", param: "audio" }],
  ["append of invalid base64", { type: "input_audio_buffer.append", audio: "?" }, { code: "invalid_value", param: "audio" }],
  [
    "commit of an empty buffer",
    { type: "input_audio_buffer.commit" },
    {
      code: "input_audio_buffer_commit_empty",
      message:
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio.",
    },
  ],
  ["create without an item", { type: "conversation.item.create" }, { code: "missing_required_parameter", param: "item" }],
  [
    "a content type of the beta",
    {
      type: "conversation.item.create",
      item: { type: "message", role: "assistant", content: [{ type: "text", text: "Hi" }] },
    },
    { code: "invalid_value", param: "item.content[0].type" },
  ],
  [
    "an unknown previous item",
    { type: "conversation.item.create", previous_item_id: "item_x", item: { type: "function_call_output", call_id: "c", output: "" } },
    { code: "item_not_found", param: "previous_item_id" },
  ],
  ["retrieve of an unknown item", { type: "conversation.item.retrieve", item_id: "item_x" }, { code: "item_not_found" }],
  ["delete of an unknown item", { type: "conversation.item.delete", item_id: "item_x" }, { code: "item_not_found" }],
  [
    "truncate of an unknown item",
    { type: "conversation.item.truncate", item_id: "item_x", content_index: 0, audio_end_ms: 1 },
    { code: "item_not_found" },
  ],
  [
    "truncate at a fraction of a millisecond",
    { type: "conversation.item.truncate", item_id: "item_x", content_index: 0, audio_end_ms: 1.5 },
    {
      code: "invalid_type",
      param: "audio_end_ms",
      message: "Invalid type for 'audio_end_ms': expected an integer, but got number instead.",
    },
  ],
  [
    "cancel without a response",
    { type: "response.cancel" },
    { code: "response_cancel_not_active", message: "Cancellation failed: no active response found" },
  ],
  [
    "a response field of the beta",
    { type: "response.create", response: { modalities: ["audio"] } },
    { code: "unknown_parameter", param: "response.modalities" },
  ],
];

for (const [what, event, error] of rejections) {
  test(`stepSession: ${what} is rejected with its code, and the session goes on`, () => {
    const client = openPcmu();
    const tagged = typeof event === "string" ? event : { ...event, event_id: "evt_1" };
    const answer = only(client.send(tagged));
    assertEquals(answer.type, "error");
    assertObjectMatch(answer.error, { type: "invalid_request_error", event_id: typeof event === "string" ? null : "evt_1", ...error });
    assertEquals(client.closes, []);
    assertEquals(types(client.send({ type: "response.create" })).at(0), "response.created");
  });
}

const say = (id: string, previous?: string | null): Event => ({
  type: "conversation.item.create",
  ...(previous === undefined ? {} : { previous_item_id: previous }),
  item: { id, type: "message", role: "user", content: [{ type: "input_text", text: id }] },
});

test("conversation.item.create: added and done events, the client's id, the requested position", () => {
  const client = openPcmu();
  const cases: readonly (readonly [Event, string | null])[] = [
    [say("a"), null],
    [say("b"), "a"],
    [say("c", "a"), "a"],
    [say("d", "root"), null],
    [say("e", null), "b"],
  ];
  for (const [event, previous] of cases) {
    const [added, done, ...more] = client.send(event);
    assertEquals([added?.type, done?.type, more.length], ["conversation.item.added", "conversation.item.done", 0]);
    assertEquals(added?.previous_item_id, previous);
    const item = { id: event.item.id, object: "realtime.item", status: "completed", ...event.item };
    assertEquals([added?.item, done?.item], [item, item]);
  }
  assertEquals(
    client.state.conversation.map((entry) => entry.item.id),
    ["d", "a", "c", "b", "e"],
  );
  assertObjectMatch(only(client.send(say("a"))).error, { code: "invalid_value", param: "item.id" });
});

test("conversation.item.retrieve and .delete: the item is found until it is deleted", () => {
  const client = openPcmu();
  const item = client.send(say("a"))[0]?.item;
  assertObjectMatch(only(client.send({ type: "conversation.item.retrieve", item_id: "a" })), { type: "conversation.item.retrieved", item });
  assertObjectMatch(only(client.send({ type: "conversation.item.delete", item_id: "a" })), {
    type: "conversation.item.deleted",
    item_id: "a",
  });
  assertEquals(only(client.send({ type: "conversation.item.retrieve", item_id: "a" })).error.code, "item_not_found");
});

/** Plays one whole response and returns the id of its item. */
function spokenItem(client: Client): string {
  client.send({ type: "response.create" });
  return (
    client.advance(2000).find((event) => event.type === "response.output_item.done")?.item.id ?? client.events.at(-1)?.response.output[0].id
  );
}

const truncate = (itemId: string, ms: number): Event => ({
  type: "conversation.item.truncate",
  item_id: itemId,
  content_index: 0,
  audio_end_ms: ms,
});

test("conversation.item.truncate: shortens the audio, removes the transcript, never lengthens", () => {
  const client = openPcmu();
  const id = spokenItem(client);
  assertObjectMatch(only(client.send(truncate(id, 1001))).error, { message: "Audio content of 1000ms is already shorter than 1001ms" });
  const { event_id: _, ...truncated } = only(client.send(truncate(id, 620)));
  assertEquals(truncated, { type: "conversation.item.truncated", item_id: id, content_index: 0, audio_end_ms: 620 });
  assertObjectMatch(only(client.send(truncate(id, 700))).error, { message: "Audio content of 620ms is already shorter than 700ms" });
  const { item } = only(client.send({ type: "conversation.item.retrieve", item_id: id }));
  assertEquals(item.content, [{ type: "output_audio", transcript: null }]);
});

test("conversation.item.truncate: only the model's audio", () => {
  const client = openPcmu();
  client.send(say("a"));
  assertObjectMatch(only(client.send(truncate("a", 0))).error, {
    code: null,
    message: "Only model output audio messages can be truncated",
  });
});

test("response.create: a second one while the first is active is rejected, without other events", () => {
  const client = openPcmu();
  const created = client.send({ type: "response.create" })[0];
  const refused = only(client.send({ type: "response.create", event_id: "again" }));
  assertObjectMatch(refused.error, {
    code: "conversation_already_has_active_response",
    event_id: "again",
    message: `Conversation already has an active response in progress: ${created?.response.id}. Wait until the response is finished before creating a new one.`,
  });
});

test("response.create: conversation none runs in parallel, with its own id, and adds no items", () => {
  const client = openPcmu();
  const main = client.send({ type: "response.create" })[0]?.response;
  const beside = client.send({ type: "response.create", response: { conversation: "none", metadata: { for: "log" } } })[0]?.response;
  assertEquals([main.conversation_id, beside.conversation_id, beside.metadata], ["conv_0000000700000000", null, { for: "log" }]);
  const received = client.advance(2000);
  assertEquals(
    new Set(received.filter((event) => event.type === "response.done").map((event) => event.response.id)),
    new Set([main.id, beside.id]),
  );
  const of = (id: string) => received.filter((event) => event.response_id === id).map((event) => event.item_id ?? event.item.id);
  const inConversation = client.events.filter((event) => event.type === "conversation.item.added").map((event) => event.item.id);
  assertEquals(inConversation.length, 1);
  assert(!of(beside.id).includes(inConversation[0]));
});

test("response.create: the brain receives `input`", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = openPcmu({ brain });
  client.send(say("kept"));
  const input = [say("aside").item, { type: "item_reference", id: "kept" }];
  client.send({ type: "response.create", response: { conversation: "none", input, instructions: "Sum up." } });
  client.send({ type: "response.create" });
  assertEquals(brain.requests, [
    { number: 0, input: [{ type: "text", role: "user", text: "aside" }], instructions: "Sum up.", outOfBand: true },
    { number: 1, input: [{ type: "text", role: "user", text: "kept" }], instructions: "", outOfBand: false },
  ]);
});

test("conversation.item.create: an assistant's message answers the input before it", () => {
  const brain = recordingBrain(scriptedBrain([oneSecond]));
  const client = openPcmu({ brain });
  client.send(say("old"));
  client.send({
    type: "conversation.item.create",
    item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello." }] },
  });
  client.send(say("new"));
  client.send({ type: "response.create" });
  assertEquals(brain.requests[0]?.input, [{ type: "text", role: "user", text: "new" }]);
});

test("function_call_output: reaches the brain with the next response", () => {
  const brain = recordingBrain(scriptedBrain([functionCallReply("look_up", "call_1", "{}"), oneSecond]));
  const client = openPcmu({ brain });
  client.send({ type: "response.create" });
  client.send({ type: "conversation.item.create", item: { type: "function_call_output", call_id: "call_1", output: "42" } });
  client.send({ type: "response.create" });
  assertEquals(brain.requests[1]?.input, [{ type: "functionOutput", callId: "call_1", output: "42" }]);
});

test("input_audio_buffer.clear: earlier audio is dropped, later audio is used", () => {
  const client = openPcmu({}, { turn_detection: null });
  client.say(loud(200));
  assertEquals(only(client.send({ type: "input_audio_buffer.clear" })).type, "input_audio_buffer.cleared");
  assertEquals(only(client.send({ type: "input_audio_buffer.commit" })).error.code, "input_audio_buffer_commit_empty");
  client.say(silence(100));
  assertEquals(types(client.send({ type: "input_audio_buffer.commit" })), [
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
  ]);
});
