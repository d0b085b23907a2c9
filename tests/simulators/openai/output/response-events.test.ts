// The events of a response, complete and in order, as the Realtime reference lists them and clients rely on them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { functionCallReply, scriptedBrain, spokenReply } from "../../../../src/simulators/openai/brains/brain.ts";
import { type Event, mulaw, openPcmu } from "../client.ts";

const conversation_id = "conv_0000000700000000";
const response_id = "resp_0000000700000001";
const item_id = "item_0000000700000002";
const place = { response_id, item_id, output_index: 0, content_index: 0 };
const item = { id: item_id, object: "realtime.item", type: "message", role: "assistant" };
const closed = { ...item, status: "completed", content: [{ type: "output_audio", transcript: "Hi there." }] };
const audio = { output: { format: { type: "audio/pcmu" }, voice: "alloy" } };
const response = {
  object: "realtime.response",
  id: response_id,
  conversation_id,
  output_modalities: ["audio"],
  max_output_tokens: "inf",
  audio,
  metadata: null,
};
const none = { text_tokens: 0, audio_tokens: 0, image_tokens: 0 };
const limits = { type: "rate_limits.updated", rate_limits: [{ name: "tokens", limit: 200_000, remaining: 199_000, reset_seconds: 0.3 }] };
const begun = [
  { type: "response.created", response: { ...response, output: [], status: "in_progress", status_details: null, usage: null } },
  limits,
];

/** The events after `create`, without their event ids. */
function eventsAfter(client: ReturnType<typeof openPcmu>, create: Event): Event[] {
  client.send(create);
  client.advance(2000);
  return client.events.slice(2).map(({ event_id, ...event }) => event);
}

const usage = (audioTokens: number, textTokens: number): Event => ({
  total_tokens: audioTokens + textTokens,
  input_tokens: 0,
  output_tokens: audioTokens + textTokens,
  input_token_details: { ...none, cached_tokens: 0, cached_tokens_details: none },
  output_token_details: { text_tokens: textTokens, audio_tokens: audioTokens },
});
const tokens = (output: Event): number => Math.ceil(JSON.stringify(output).length / 4);

test("response events: audio", () => {
  const mulawBytes = mulaw(500);
  const delta = (from: number, to: number) => mulawBytes.subarray(from, to).toBase64();
  assertEquals(eventsAfter(openPcmu({ brain: scriptedBrain([spokenReply(mulawBytes, "Hi there.")]) }), { type: "response.create" }), [
    ...begun,
    { type: "response.output_item.added", response_id, output_index: 0, item: { ...item, status: "in_progress", content: [] } },
    { type: "conversation.item.added", previous_item_id: null, item: { ...item, status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...place, part: { type: "audio", transcript: "" } },
    { type: "response.output_audio_transcript.delta", ...place, delta: "Hi " },
    { type: "response.output_audio.delta", ...place, delta: delta(0, 3200) },
    { type: "response.output_audio_transcript.delta", ...place, delta: "there." },
    { type: "response.output_audio.delta", ...place, delta: delta(3200, 4000) },
    { type: "response.output_audio.done", ...place },
    { type: "response.output_audio_transcript.done", ...place, transcript: "Hi there." },
    { type: "response.content_part.done", ...place, part: { type: "audio", transcript: "Hi there." } },
    { type: "response.output_item.done", response_id, output_index: 0, item: closed },
    { type: "conversation.item.done", previous_item_id: null, item: closed },
    {
      type: "response.done",
      response: { ...response, output: [closed], status: "completed", status_details: null, usage: usage(10, tokens([closed])) },
    },
  ]);
});

test("response events: text, if requested", () => {
  const asked = { type: "response.create", response: { output_modalities: ["text"] } };
  const written = { ...item, status: "completed", content: [{ type: "output_text", text: "Hi there." }] };
  const textOnly = { ...response, output_modalities: ["text"] };
  assertEquals(eventsAfter(openPcmu({ brain: scriptedBrain([spokenReply(mulaw(500), "Hi there.")]) }), asked), [
    { ...begun[0], response: { ...textOnly, output: [], status: "in_progress", status_details: null, usage: null } },
    limits,
    { type: "response.output_item.added", response_id, output_index: 0, item: { ...item, status: "in_progress", content: [] } },
    { type: "conversation.item.added", previous_item_id: null, item: { ...item, status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...place, part: { type: "text", text: "" } },
    { type: "response.output_text.delta", ...place, delta: "Hi there." },
    { type: "response.output_text.done", ...place, text: "Hi there." },
    { type: "response.content_part.done", ...place, part: { type: "text", text: "Hi there." } },
    { type: "response.output_item.done", response_id, output_index: 0, item: written },
    { type: "conversation.item.done", previous_item_id: null, item: written },
    {
      type: "response.done",
      response: { ...textOnly, output: [written], status: "completed", status_details: null, usage: usage(0, tokens([written])) },
    },
  ]);
});

test("response events: a function call", () => {
  const call = { id: item_id, object: "realtime.item", type: "function_call", name: "look_up", call_id: "call_1" };
  const opened = { ...call, status: "in_progress", arguments: "" };
  const ended = { ...call, status: "completed", arguments: '{"q":1}' };
  const { content_index: _, ...where } = place;
  assertEquals(
    eventsAfter(openPcmu({ brain: scriptedBrain([functionCallReply("look_up", "call_1", '{"q":1}')]) }), { type: "response.create" }),
    [
      ...begun,
      { type: "response.output_item.added", response_id, output_index: 0, item: opened },
      { type: "conversation.item.added", previous_item_id: null, item: opened },
      { type: "response.function_call_arguments.delta", ...where, call_id: "call_1", delta: '{"q"' },
      { type: "response.function_call_arguments.delta", ...where, call_id: "call_1", delta: ":1}" },
      { type: "response.function_call_arguments.done", ...where, call_id: "call_1", name: "look_up", arguments: '{"q":1}' },
      { type: "response.output_item.done", response_id, output_index: 0, item: ended },
      { type: "conversation.item.done", previous_item_id: null, item: ended },
      {
        type: "response.done",
        response: { ...response, output: [ended], status: "completed", status_details: null, usage: usage(0, tokens([ended])) },
      },
    ],
  );
});
