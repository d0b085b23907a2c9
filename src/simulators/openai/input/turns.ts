// The caller's turns on the server's side: appended audio, the turns found in it, and their transcripts. The buffer
// itself is in input-buffer.ts.
// Follows https://developers.openai.com/api/docs/guides/realtime-vad and /realtime-conversations#voice-activity-detection

import { joinBytes } from "../../../protocol/bytes.ts";
import { type AudioFormat, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { TurnDetection } from "../config/session-config.ts";
import { addLast, type ConversationItem, transcribeItem } from "../conversation.ts";
import { beginResponse, cancelResponse, defaultRequest, defaultResponse } from "../output/responses.ts";
import { commitEmpty, invalidValue, type Rejection } from "../rejections.ts";
import { change, newId, type SessionWork } from "../session-state.ts";
import { appendDetecting, appendManually, bufferedMs, clearBuffer, type SpeechEvent } from "./input-buffer.ts";

const MIN_COMMIT_MS = 100;

/** The most unanswered inputs kept. The oldest is dropped first. Our limit. */
export const MAX_UNANSWERED = 20;

/** From the end of a turn to its transcript, which OpenAI makes with another model. Our value. */
const TRANSCRIBE_MS = 300;

export function appendAudio(work: SessionWork, bytes: Uint8Array): Rejection | undefined {
  const { format, turn_detection: rules } = work.state.config.audio.input;
  if (rules === null) {
    const buffer = appendManually(work.state.buffer, format, bytes);
    if (buffer === false) return invalidValue("audio", "The input audio buffer is full: commit or clear it.");
    change(work, { buffer });
    return undefined;
  }
  const { buffer, events } = appendDetecting(work.state.buffer, format, bytes, rules);
  change(work, { buffer });
  for (const event of events) onSpeechEvent(work, event, format, rules);
  return undefined;
}

function onSpeechEvent(work: SessionWork, event: SpeechEvent, format: AudioFormat, rules: TurnDetection): void {
  if (event.type === "started") {
    const itemId = newId(work, "item");
    change(work, { turnItemId: itemId });
    work.events.push({ type: "input_audio_buffer.speech_started", audio_start_ms: event.audioStartMs, item_id: itemId });
    const active = defaultResponse(work);
    if (active !== undefined && rules.interrupt_response) cancelResponse(work, active, "turn_detected");
    return;
  }
  const itemId = work.state.turnItemId ?? newId(work, "item");
  work.events.push({ type: "input_audio_buffer.speech_stopped", audio_end_ms: event.audioEndMs, item_id: itemId });
  commitTurn(work, itemId, event.turn, format);
  if (rules.create_response && defaultResponse(work) === undefined) beginResponse(work, defaultRequest);
}

/** `input_audio_buffer.commit`: the buffered audio becomes a turn, finished or not. */
export function commitBuffer(work: SessionWork): Rejection | undefined {
  const { buffer, config, turnItemId } = work.state;
  const ms = bufferedMs(buffer, config.audio.input.format);
  if (ms < MIN_COMMIT_MS) return commitEmpty(ms);
  change(work, { buffer: clearBuffer(buffer) });
  commitTurn(work, turnItemId ?? newId(work, "item"), joinBytes(buffer.pieces), config.audio.input.format);
  return undefined;
}

/** `input_audio_buffer.clear`. */
export function dropBuffer(work: SessionWork): void {
  change(work, { buffer: clearBuffer(work.state.buffer), turnItemId: undefined });
  work.events.push({ type: "input_audio_buffer.cleared" });
}

function commitTurn(work: SessionWork, itemId: string, bytes: Uint8Array, format: AudioFormat): void {
  const item: ConversationItem = {
    id: itemId,
    object: "realtime.item",
    type: "message",
    status: "completed",
    role: "user",
    content: [{ type: "input_audio", transcript: null }],
  };
  const { conversation, previousItemId } = addLast(work.state.conversation, { item, audioMs: undefined });
  const input = { type: "audio", bytes, format } as const;
  const { contextTokens, unanswered } = work.state;
  const ms = ticksOf(format, bytes.length) / TICKS_PER_MS;
  change(work, {
    conversation,
    turnItemId: undefined,
    unanswered: [...unanswered, input].slice(-MAX_UNANSWERED),
    contextTokens: { ...contextTokens, audio: contextTokens.audio + Math.ceil(ms / 100) },
  });
  work.events.push(
    { type: "input_audio_buffer.committed", previous_item_id: previousItemId, item_id: itemId },
    { type: "conversation.item.added", previous_item_id: previousItemId, item },
    { type: "conversation.item.done", previous_item_id: previousItemId, item },
  );
  if (work.state.config.audio.input.transcription === null) return;
  const { rules, transcriptions, turnsTranscribed } = work.state;
  const transcript = rules.brain.transcribe(input, turnsTranscribed);
  const transcription = { itemId, transcript, seconds: ms / 1000, dueAtMs: work.atMs + TRANSCRIBE_MS };
  change(work, { turnsTranscribed: turnsTranscribed + 1, transcriptions: [...transcriptions, transcription] });
}

/** Sends the transcripts that are due. */
export function advanceTranscriptions(work: SessionWork): void {
  const { transcriptions } = work.state;
  const ready = transcriptions.filter(({ dueAtMs }) => dueAtMs <= work.atMs);
  if (ready.length === 0) return;
  change(work, { transcriptions: transcriptions.filter(({ dueAtMs }) => dueAtMs > work.atMs) });
  for (const { itemId, transcript, seconds } of ready) {
    const place = { item_id: itemId, content_index: 0 };
    change(work, { conversation: transcribeItem(work.state.conversation, itemId, transcript) });
    const type = "conversation.item.input_audio_transcription";
    if (transcript !== "") work.events.push({ type: `${type}.delta`, ...place, delta: transcript });
    work.events.push({ type: `${type}.completed`, ...place, transcript, usage: { type: "duration", seconds } });
  }
}
