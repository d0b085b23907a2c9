// Tests of src/protocol/realtime/realtime.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertNotMatch } from "@std/assert";
import fc from "fast-check";
import type { RealtimeServerEvent } from "openai/resources/realtime/realtime";
import { isBad } from "../../../src/protocol/bad.ts";
import { type FromModel, parseFromModel } from "../../../src/protocol/realtime/realtime.ts";
import { checkProperty } from "../../support/properties.ts";
import { modelExamples, plain } from "../examples.ts";
import { hostileTexts } from "../seeds.ts";

for (const { name, text, documented, value } of modelExamples) {
  test(`parseFromModel: reads ${name}`, () => assertEquals(plain(parseFromModel(text)), value));
  if (documented !== text)
    test(`parseFromModel: the documented ${name} is bad before it is fixed`, () => assert(isBad(parseFromModel(documented))));
}

const badEvents: readonly [what: string, event: unknown, bad: string][] = [
  ["a number", 1, "message: expected a JSON object, got number"],
  ["no type", { event: "media" }, "type: expected a string, got nothing"],
  [
    "a delta that is not base64",
    { type: "response.output_audio.delta", delta: "*" },
    "delta: expected base64, got 1 characters that are not",
  ],
  ["no delta", { type: "response.output_audio.delta" }, "delta: expected a string, got nothing"],
  ["an item_id that is an object", { type: "response.output_audio.done", item_id: {} }, "item_id: expected a string, got object"],
  ["a response that is a string", { type: "response.created", response: "resp_1" }, "response: expected an object, got string"],
  ["no response", { type: "response.done" }, "response: expected an object, got nothing"],
  [
    "a done response that is in progress",
    { type: "response.done", response: { id: "r", status: "in_progress" } },
    "response.status: expected completed, cancelled, failed or incomplete, got another",
  ],
  [
    "a transcript that is null",
    { type: "response.output_audio_transcript.done", transcript: null },
    "transcript: expected a string, got null",
  ],
];
for (const [what, event, bad] of badEvents) {
  test(`parseFromModel: the problem with ${what}`, () => assertEquals<unknown>(parseFromModel(JSON.stringify(event)), { bad }));
}

test("parseFromModel: never throws, and never shows what was said", () => {
  checkProperty(
    fc.property(hostileTexts(modelExamples), (text) => void parseFromModel(text)),
    { numRuns: 2000 },
  );
  const bad = parseFromModel('{"type":"response.output_audio.delta","delta":"spoken words"}');
  assert(isBad(bad));
  assertNotMatch(bad.bad, /spoken/);
});

/** Proved by the type check: every event that is read exists in the SDK, by its name. */
type Read = Exclude<FromModel["type"], "other">;
const known: Read extends RealtimeServerEvent["type"] ? true : never = true;

/** Events of the SDK's own types, so that a change in the SDK fails the type check here. */
const typed: readonly [RealtimeServerEvent, unknown][] = [
  [
    { type: "input_audio_buffer.speech_started", event_id: "e", audio_start_ms: 12, item_id: "i" },
    { type: "input_audio_buffer.speech_started", audioStartMs: 12, itemId: "i" },
  ],
  [
    {
      type: "response.output_audio.delta",
      event_id: "e",
      response_id: "r",
      item_id: "i",
      output_index: 0,
      content_index: 1,
      delta: "AAAA",
    },
    { type: "response.output_audio.delta", responseId: "r", itemId: "i", contentIndex: 1, delta: "AAAA" },
  ],
  [
    {
      type: "response.output_audio_transcript.done",
      event_id: "e",
      response_id: "r",
      item_id: "i",
      output_index: 0,
      content_index: 0,
      transcript: "t",
    },
    { type: "response.output_audio_transcript.done", responseId: "r", itemId: "i", contentIndex: 0, transcript: "t" },
  ],
  [
    {
      type: "response.done",
      event_id: "e",
      response: {
        id: "r",
        status: "incomplete",
        status_details: { type: "incomplete", reason: "max_output_tokens" },
        usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      },
    },
    {
      type: "response.done",
      responseId: "r",
      status: "incomplete",
      hasCalls: false,
      calls: [],
      reason: "max_output_tokens",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    },
  ],
  [
    { type: "error", event_id: "e", error: { type: "server_error", message: "m", code: null, param: null, event_id: "c" } },
    { type: "error", error: { type: "server_error", code: "server_error", message: "m", eventId: "c" } },
  ],
  [
    { type: "conversation.item.truncated", event_id: "e", item_id: "i", content_index: 0, audio_end_ms: 5 },
    { type: "conversation.item.truncated", itemId: "i", contentIndex: 0, audioEndMs: 5 },
  ],
];
for (const [event, value] of typed) {
  test(`parseFromModel: reads the SDK's ${event.type}`, () => {
    assert(known);
    assertEquals(plain(parseFromModel(JSON.stringify(event))), value);
  });
}
