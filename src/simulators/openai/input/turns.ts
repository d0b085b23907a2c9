// The caller's turns on the server's side: audio that came in, the turns found in it, and their transcripts. Not the buffer itself: input-buffer.ts.
// Follows https://developers.openai.com/api/docs/guides/realtime-vad and /realtime-conversations#voice-activity-detection

import { joinBytes } from "../../../protocol/bytes.ts";
import { type AudioFormat, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { TurnDetection } from "../config/session-config.ts";
import { addLast, type ConversationItem, transcribeItem } from "../conversation.ts";
import { beginResponse, cancelResponse, defaultRequest, defaultResponse } from "../output/responses.ts";
import { commitEmpty, invalidValue, type Rejection } from "../rejections.ts";
import { change, newId, type SessionWork } from "../session-state.ts";
import { appendListening, appendManually, bufferedMs, clearBuffer, type SpeechEvent } from "./input-buffer.ts";

/** The least that can be committed. */
const MIN_COMMIT_MS = 100;

/** The most of what was said that is kept for an answer; the oldest goes first. Ours. */
export const MAX_UNANSWERED = 20;

/** From a turn's end to its transcript, which another model makes meanwhile. Ours. */
const TRANSCRIBE_MS = 300;

/** Takes audio in. */
export function appendAudio(work: SessionWork, bytes: Uint8Array): Rejection | undefined {
  const { format, turn_detection: rules } = work.state.config.audio.input;
  if (rules === null) {
    const buffer = appendManually(work.state.buffer, format, bytes);
    if (buffer === false) return invalidValue("audio", "The input audio buffer is full: commit or clear it.");
    change(work, { buffer });
    return undefined;
  }
  const { buffer, heard } = appendListening(work.state.buffer, format, bytes, rules);
  change(work, { buffer });
  for (const one of heard) takeHeard(work, one, format, rules);
  return undefined;
}

function takeHeard(work: SessionWork, heard: SpeechEvent, format: AudioFormat, rules: TurnDetection): void {
  if (heard.type === "started") {
    const itemId = newId(work, "item");
    change(work, { turnItemId: itemId });
    work.events.push({ type: "input_audio_buffer.speech_started", audio_start_ms: heard.audioStartMs, item_id: itemId });
    const active = defaultResponse(work);
    if (active !== undefined && rules.interrupt_response) cancelResponse(work, active, "turn_detected");
    return;
  }
  const itemId = work.state.turnItemId ?? newId(work, "item");
  work.events.push({ type: "input_audio_buffer.speech_stopped", audio_end_ms: heard.audioEndMs, item_id: itemId });
  commitTurn(work, itemId, heard.turn, format);
  if (rules.create_response && defaultResponse(work) === undefined) beginResponse(work, defaultRequest);
}

/** `input_audio_buffer.commit`: what is there becomes a turn, spoken to its end or not. */
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
  const said = { type: "audio", bytes, format } as const;
  const { heardTokens, unanswered } = work.state;
  const ms = ticksOf(format, bytes.length) / TICKS_PER_MS;
  change(work, {
    conversation,
    turnItemId: undefined,
    unanswered: [...unanswered, said].slice(-MAX_UNANSWERED),
    heardTokens: { ...heardTokens, audio: heardTokens.audio + Math.ceil(ms / 100) },
  });
  work.events.push(
    { type: "input_audio_buffer.committed", previous_item_id: previousItemId, item_id: itemId },
    { type: "conversation.item.added", previous_item_id: previousItemId, item },
    { type: "conversation.item.done", previous_item_id: previousItemId, item },
  );
  if (work.state.config.audio.input.transcription === null) return;
  const { rules, transcriptions, turnsTranscribed } = work.state;
  const transcript = rules.brain.transcribe(said, turnsTranscribed);
  const transcription = { itemId, transcript, seconds: ms / 1000, dueAtMs: work.atMs + TRANSCRIBE_MS };
  change(work, { turnsTranscribed: turnsTranscribed + 1, transcriptions: [...transcriptions, transcription] });
}

/** Sends the transcripts that are ready. */
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
