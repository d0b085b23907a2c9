// Messages to events and effects to messages, one table per direction.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { CallerEvent, ModelEvent } from "../../../src/call/events.ts";
import type { FromTwilio, StreamMessage } from "../../../src/protocol/media-streams/media-streams.ts";
import type { FromModel, ToModel } from "../../../src/protocol/realtime/realtime.ts";
import { callerCodec } from "../../../src/server/calls/caller-codec.ts";
import {
  type CallerMessageEffect,
  callerEvent,
  type ModelMessageEffect,
  modelEvent,
  toModel,
  toTwilio,
} from "../../../src/server/calls/translate.ts";

const error = { type: "x", code: "c", message: "m", param: undefined, eventId: undefined };
const call = { callId: "c1", name: "look_up", arguments: "{}" };
const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const place = { responseId: "r", itemId: "i", contentIndex: 1 };
const session = { instructions: "Be kind.", voice: "marin" };
const order = { sequenceNumber: 3, streamSid: "MZ1" };
const mediaFormat = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };
const sids = { accountSid: "AC1", callSid: "CA1" };

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "atMs" | "epoch"> : never;

const fromTwilio: readonly (readonly [FromTwilio | { bad: string }, WithoutTime<CallerEvent> | undefined])[] = [
  [{ bad: "no" }, { type: "caller.frameRejected", bad: "no" }],
  [{ type: "connected", protocol: "Call", version: "1.0.0" }, undefined],
  [
    { type: "start", ...order, ...sids, tracks: ["inbound"], mediaFormat, customParameters: {} },
    { type: "caller.started", format: mediaFormat },
  ],
  [
    { type: "media", ...order, track: "inbound", chunk: 1, timestampMs: 20, payload: "////" },
    { type: "caller.audio", sequence: 3, timestampMs: 20, payload: "////" },
  ],
  [
    { type: "mark", ...order, name: "v1" },
    { type: "caller.markReturned", sequence: 3, name: "v1" },
  ],
  [
    { type: "dtmf", ...order, track: "inbound_track", digit: "5" },
    { type: "caller.keyPressed", sequence: 3, digit: "5" },
  ],
  [{ type: "stop", ...order, ...sids }, { type: "caller.stopped" }],
  [{ type: "other", event: "new" }, undefined],
];

for (const [message, event] of fromTwilio) {
  test(`callerEvent: ${"bad" in message ? "a bad frame" : message.type} becomes ${event?.type ?? "nothing"}`, () => {
    const expected = event === undefined ? undefined : ({ ...event, atMs: 7, epoch: "MZ1" } as CallerEvent);
    assertEquals(callerEvent(message, "MZ1", 7, undefined), expected);
  });
}

const fromModel: readonly (readonly [FromModel | { bad: string }, WithoutTime<ModelEvent> | undefined])[] = [
  [{ bad: "no" }, { type: "model.eventRejected", bad: "no" }],
  [{ type: "session.created", sessionId: "s", expiresAtS: undefined }, undefined],
  [
    { type: "session.updated", inputFormat: "audio/pcmu", outputFormat: undefined },
    { type: "model.ready", inputFormat: "audio/pcmu", outputFormat: undefined },
  ],
  [
    { type: "input_audio_buffer.speech_started", audioStartMs: 1, itemId: "u" },
    { type: "model.speechStarted", itemId: "u" },
  ],
  [
    { type: "input_audio_buffer.speech_stopped", audioEndMs: 1, itemId: "u" },
    { type: "model.speechStopped", itemId: "u" },
  ],
  [
    { type: "response.created", responseId: "r" },
    { type: "model.responseStarted", responseId: "r" },
  ],
  [
    { type: "response.output_audio.delta", ...place, delta: "////" },
    { type: "model.audio", ...place, payload: "////" },
  ],
  [
    { type: "response.output_audio.done", ...place },
    { type: "model.audioDone", ...place },
  ],
  [
    { type: "response.output_audio_transcript.done", ...place, transcript: "Hello." },
    { type: "model.responseTranscribed", responseId: "r", itemId: "i", text: "Hello." },
  ],
  [
    {
      type: "conversation.item.input_audio_transcription.completed",
      itemId: "u",
      transcript: "Hi.",
      usage: { type: "seconds", seconds: 2 },
    },
    { type: "model.speechTranscribed", itemId: "u", text: "Hi.", usage: { type: "seconds", seconds: 2 } },
  ],
  [
    { type: "response.done", responseId: "r", status: "failed", hasCalls: true, calls: [call], reason: "why", error, usage },
    { type: "model.responseDone", responseId: "r", status: "failed", hasCalls: true, calls: [call], reason: "why", error, usage },
  ],
  [
    { type: "response.function_call_arguments.done", responseId: "r", call },
    { type: "model.functionCalled", responseId: "r", call },
  ],
  [{ type: "conversation.item.truncated", itemId: "i", contentIndex: 0, audioEndMs: 1 }, undefined],
  [
    { type: "error", error },
    { type: "model.errorReported", error },
  ],
  [{ type: "other", name: "rate_limits.updated" }, undefined],
];

for (const [message, event] of fromModel) {
  test(`modelEvent: ${"bad" in message ? "a bad event" : message.type} becomes ${event?.type ?? "nothing"}`, () => {
    const expected = event === undefined ? undefined : ({ ...event, atMs: 7, epoch: 2 } as ModelEvent);
    assertEquals(modelEvent(message, 2, 7), expected);
  });
}

const forTwilio: readonly (readonly [CallerMessageEffect, StreamMessage])[] = [
  [
    { type: "caller.play", payload: "////" },
    { type: "media", payload: "////" },
  ],
  [
    { type: "caller.mark", name: "v1" },
    { type: "mark", name: "v1" },
  ],
  [{ type: "caller.flush" }, { type: "clear" }],
];

const forModel: readonly (readonly [ModelMessageEffect, ToModel])[] = [
  [
    { type: "model.configure", epoch: 1, omit: [] },
    { type: "session.update", eventId: "voice_configure", session, omit: [] },
  ],
  [
    { type: "model.configure", epoch: 1, omit: ["voice"] },
    { type: "session.update", eventId: "voice_configure_1", session, omit: ["voice"] },
  ],
  [
    { type: "model.appendAudio", payload: "////", keepBytes: 8_000 },
    { type: "input_audio_buffer.append", audio: "////" },
  ],
  [
    { type: "model.addMessage", epoch: 1, role: "assistant", text: "Hi." },
    { type: "conversation.item.create", role: "assistant", text: "Hi." },
  ],
  [
    { type: "model.respond", eventId: "e1" },
    { type: "response.create", eventId: "e1" },
  ],
  [
    { type: "model.respond", eventId: "e1", instructions: "Greet." },
    { type: "response.create", eventId: "e1", instructions: "Greet." },
  ],
  [{ type: "model.cancel" }, { type: "response.cancel" }],
  [
    { type: "model.truncate", itemId: "i", contentIndex: 1, audioEndMs: 20 },
    { type: "conversation.item.truncate", itemId: "i", contentIndex: 1, audioEndMs: 20 },
  ],
];

for (const [effect, message] of forTwilio) {
  test(`toTwilio: ${effect.type} becomes ${message.type}`, () => assertEquals(toTwilio(effect, undefined), message));
}

for (const [effect, message] of forModel) {
  test(`toModel: ${effect.type} becomes ${message.type}`, () => assertEquals(toModel(effect, session), message));
}

test("callerEvent, toTwilio: another format is converted to PCMU for the call, and back for the caller", () => {
  const alaw = callerCodec({ ...mediaFormat, encoding: "audio/x-alaw" });
  const started = callerEvent(
    {
      type: "start",
      ...order,
      ...sids,
      tracks: ["inbound"],
      mediaFormat: { ...mediaFormat, encoding: "audio/x-alaw" },
      customParameters: {},
    },
    "MZ1",
    7,
    alaw,
  );
  assertEquals(started, { type: "caller.started", atMs: 7, epoch: "MZ1", format: mediaFormat });
  const audio = callerEvent({ type: "media", ...order, track: "inbound", chunk: 1, timestampMs: 20, payload: "1dXV" }, "MZ1", 7, alaw);
  assertEquals(audio?.type === "caller.audio" ? audio.payload : "", alaw?.toPcmu("1dXV") ?? "");
  assertEquals(toTwilio({ type: "caller.play", payload: "////" }, alaw), {
    type: "media",
    payload: alaw?.fromPcmu("////") ?? "",
  });
});
