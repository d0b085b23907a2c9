// Translates messages of both wires to events of the call, and the call's effects to messages. No rules, no sockets.

import type { Effect } from "../../call/effects.ts";
import type { CallerEvent, ModelEvent } from "../../call/events.ts";
import { configureEventId } from "../../call/machines/model-leg.ts";
import { type Bad, isBad } from "../../protocol/bad.ts";
import type { FromTwilio, MediaFormat, StreamMessage } from "../../protocol/media-streams/media-streams.ts";
import type { FromModel, SessionSettings, ToModel } from "../../protocol/realtime/realtime.ts";
import type { CallerCodec } from "./caller-codec.ts";

/**
 * The format that the call sees for every stream with a codec:
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message
 */
const PCMU: MediaFormat = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };

/** The effects that are messages to Twilio. */
export type CallerMessageEffect = Extract<Effect, { type: "caller.play" | "caller.mark" | "caller.flush" }>;

/** The effects with audio, and their marks: the watch does not see them. */
export function isAudio({ type }: Effect): boolean {
  return type === "model.appendAudio" || type === "caller.play" || type === "caller.mark" || type === "audio.keep";
}

/** Whether more than one message goes to the caller. */
export function sendsSeveral(effects: readonly Effect[]): boolean {
  if (effects.length === 1) return false;
  let messages = 0;
  for (const { type } of effects) if (type === "caller.play" || type === "caller.mark" || type === "caller.flush") messages += 1;
  return messages > 1;
}

/** The effects that are messages to the model. */
export type ModelMessageEffect = Extract<
  Effect,
  {
    type:
      | "model.appendAudio"
      | "model.configure"
      | "model.addMessage"
      | "model.addToolResult"
      | "model.respond"
      | "model.cancel"
      | "model.truncate";
  }
>;

/** The event for a message from Twilio on the stream `epoch`; undefined for a message that the call ignores. */
export function callerEvent(
  message: FromTwilio | Bad,
  epoch: string,
  atMs: number,
  codec: CallerCodec | undefined,
): CallerEvent | undefined {
  if (isBad(message)) return { type: "caller.frameRejected", atMs, epoch, bad: message.bad };
  // One socket carries one stream. Another stream's sequence number, far ahead, would make every later frame of this
  // one look old.
  if ("streamSid" in message && message.streamSid !== epoch) {
    return { type: "caller.frameRejected", atMs, epoch, bad: "streamSid: expected this stream's, got another" };
  }
  switch (message.type) {
    case "media": {
      const { sequenceNumber: sequence, timestampMs, payload } = message;
      return { type: "caller.audio", atMs, epoch, sequence, timestampMs, payload: codec?.toPcmu(payload) ?? payload };
    }
    case "mark":
      return { type: "caller.markReturned", atMs, epoch, sequence: message.sequenceNumber, name: message.name };
    case "dtmf":
      return { type: "caller.keyPressed", atMs, epoch, sequence: message.sequenceNumber, digit: message.digit };
    case "stop":
      return { type: "caller.stopped", atMs, epoch };
    case "start":
      return { type: "caller.started", atMs, epoch: message.streamSid, format: codec === undefined ? message.mediaFormat : PCMU };
    case "connected":
    case "other":
      return undefined;
  }
}

/**
 * The event for a message from the model on connection number `epoch`; undefined for a message that the call ignores.
 */
export function modelEvent(message: FromModel | Bad, epoch: number, atMs: number): ModelEvent | undefined {
  if (isBad(message)) return { type: "model.eventRejected", atMs, epoch, bad: message.bad };
  const at = { atMs, epoch };
  switch (message.type) {
    case "session.updated":
      return { type: "model.ready", ...at, inputFormat: message.inputFormat, outputFormat: message.outputFormat };
    case "input_audio_buffer.speech_started":
      return { type: "model.speechStarted", ...at, itemId: message.itemId };
    case "input_audio_buffer.speech_stopped":
      return { type: "model.speechStopped", ...at, itemId: message.itemId };
    case "response.created":
      return { type: "model.responseStarted", ...at, responseId: message.responseId };
    case "response.output_audio.delta": {
      // Many times a second: without a spread, which is slow.
      const { responseId, itemId, contentIndex, delta: payload } = message;
      return { type: "model.audio", atMs, epoch, responseId, itemId, contentIndex, payload };
    }
    case "response.output_audio.done": {
      const { responseId, itemId, contentIndex } = message;
      return { type: "model.audioDone", ...at, responseId, itemId, contentIndex };
    }
    case "response.output_audio_transcript.done":
      return { type: "model.responseTranscribed", ...at, responseId: message.responseId, itemId: message.itemId, text: message.transcript };
    case "conversation.item.input_audio_transcription.completed":
      return { type: "model.speechTranscribed", ...at, itemId: message.itemId, text: message.transcript, usage: message.usage };
    case "response.done": {
      const { responseId, status, hasCalls, calls, reason, error, usage } = message;
      return { type: "model.responseDone", ...at, responseId, status, hasCalls, calls, reason, error, usage };
    }
    case "response.function_call_arguments.done":
      return { type: "model.functionCalled", ...at, responseId: message.responseId, call: message.call };
    case "error":
      return { type: "model.errorReported", ...at, error: message.error };
    case "session.created":
    case "conversation.item.truncated":
    case "other":
      return undefined;
  }
}

export function toTwilio(effect: CallerMessageEffect, codec: CallerCodec | undefined): StreamMessage {
  switch (effect.type) {
    case "caller.play":
      return { type: "media", payload: codec?.fromPcmu(effect.payload) ?? effect.payload };
    case "caller.mark":
      return { type: "mark", name: effect.name };
    case "caller.flush":
      return { type: "clear" };
  }
}

export function toModel(effect: ModelMessageEffect, session: SessionSettings): ToModel {
  switch (effect.type) {
    case "model.appendAudio":
      return { type: "input_audio_buffer.append", audio: effect.payload };
    case "model.configure":
      return { type: "session.update", eventId: configureEventId(effect.omit), session, omit: effect.omit };
    case "model.addMessage":
      return { type: "conversation.item.create", role: effect.role, text: effect.text };
    case "model.addToolResult":
      return { type: "function_call_output", callId: effect.callId, output: effect.output };
    case "model.respond": {
      const { type: _, ...response } = effect;
      return { ...response, type: "response.create" };
    }
    case "model.cancel":
      return { type: "response.cancel" };
    case "model.truncate": {
      const { itemId, contentIndex, audioEndMs } = effect;
      return { type: "conversation.item.truncate", itemId, contentIndex, audioEndMs };
    }
  }
}
