// Tests of src/protocol/realtime/format.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RealtimeClientEvent } from "openai/resources/realtime/realtime";
import { formatToModel } from "../../../src/protocol/realtime/format.ts";
import type { ToModel } from "../../../src/protocol/realtime/realtime.ts";
import { checkProperty } from "../../support/properties.ts";
import { clientExamples } from "../examples.ts";

const session = { instructions: "Be brief.", voice: "marin" };

/**
 * Each event and what it must become. The right side has the SDK's type, so the type check proves that OpenAI's client
 * could send it.
 */
const events: readonly [ToModel, RealtimeClientEvent][] = [
  [
    { type: "session.update", eventId: "cfg", session },
    {
      type: "session.update",
      event_id: "cfg",
      session: {
        type: "realtime",
        output_modalities: ["audio"],
        instructions: "Be brief.",
        audio: {
          input: {
            format: { type: "audio/pcmu" },
            noise_reduction: { type: "near_field" },
            transcription: { model: "gpt-transcribe" },
            turn_detection: {
              type: "server_vad",
              threshold: 0.5,
              prefix_padding_ms: 300,
              silence_duration_ms: 500,
              create_response: true,
              interrupt_response: true,
            },
          },
          output: { format: { type: "audio/pcmu" }, voice: "marin" },
        },
      },
    },
  ],
  [
    { type: "input_audio_buffer.append", audio: "/////w==" },
    { type: "input_audio_buffer.append", audio: "/////w==" },
  ],
  [
    { type: "conversation.item.create", role: "user", text: "The caller pressed 5." },
    {
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "input_text", text: "The caller pressed 5." }] },
    },
  ],
  [
    { type: "conversation.item.create", role: "system", text: "s" },
    { type: "conversation.item.create", item: { type: "message", role: "system", content: [{ type: "input_text", text: "s" }] } },
  ],
  [
    { type: "conversation.item.create", role: "assistant", text: "a" },
    { type: "conversation.item.create", item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] } },
  ],
  [
    { type: "conversation.item.truncate", itemId: "msg_1", contentIndex: 0, audioEndMs: 1500.9 },
    { type: "conversation.item.truncate", item_id: "msg_1", content_index: 0, audio_end_ms: 1500 },
  ],
  [
    { type: "response.create", eventId: "r1", instructions: "Greet." },
    { type: "response.create", event_id: "r1", response: { instructions: "Greet." } },
  ],
  [
    { type: "response.create", eventId: "r2" },
    { type: "response.create", event_id: "r2" },
  ],
  [{ type: "response.cancel" }, { type: "response.cancel" }],
  [
    { type: "response.cancel", responseId: "resp_1" },
    { type: "response.cancel", response_id: "resp_1" },
  ],
];
for (const [at, [event, expected]] of events.entries()) {
  test(`formatToModel: writes ${event.type} (${at}) in the shape of the SDK's types`, () =>
    assertEquals<unknown>(JSON.parse(formatToModel(event)), expected));
}

for (const { name, text, value } of clientExamples) {
  test(`formatToModel: writes the documented ${name}, without its optional event_id`, () => {
    const { event_id: _, ...documented } = JSON.parse(text);
    assertEquals(JSON.parse(formatToModel(value as ToModel)), documented);
  });
}

const models: readonly [transcriptionModel: string | null, transcription: unknown][] = [
  ["whisper-large", { model: "whisper-large" }],
  [null, null],
];
for (const [transcriptionModel, transcription] of models) {
  test(`formatToModel: asks for transcription by ${transcriptionModel}`, () => {
    const text = formatToModel({ type: "session.update", eventId: "e", session: { ...session, transcriptionModel } });
    assertEquals(JSON.parse(text).session.audio.input.transcription, transcription);
  });
}

test("formatToModel: text cannot break out of the event", () => {
  const roles = fc.constantFrom("user" as const, "assistant" as const, "system" as const);
  checkProperty(
    fc.property(roles, fc.string({ unit: "binary" }), (role, text) => {
      const { item } = JSON.parse(formatToModel({ type: "conversation.item.create", role, text }));
      assertEquals([item.role, item.content[0].text], [role, text]);
    }),
  );
});
