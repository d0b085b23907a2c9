// The caller's end of one media stream, simulating Twilio: speaks, hears, returns marks, presses keys, hangs up. A pure
// state machine: `stepStreamCaller` takes what happened and when, and returns the text frames to send. It is not the
// socket (simulators/sockets) and not the telephone call (telephone/telephone-call.ts). The rules for what Twilio
// accepts are in protocol/media-streams/simulator.ts. Follows
// https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { MULAW_SILENCE } from "../../audio/g711.ts";
import { isBad } from "../../protocol/bad.ts";
import type { ToTwilio } from "../../protocol/media-streams/media-streams.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { parseToTwilio } from "../../protocol/media-streams/simulator.ts";
import type { HeardAudio, PlaybackStep } from "./playback.ts";
import { advance, bufferedMs, clearPlayback, heardUntil, MAX_BUFFERED_MS, playbackDueMs, queueAudio, queueMark } from "./playback.ts";
import type { StreamCaller, StreamCallerInput, StreamCallerStep } from "./stream-caller-state.ts";
import { change, count, emit, send, sendNumbered } from "./stream-caller-state.ts";

/** Milliseconds of audio in a media message. Not documented; 20 in every capture. */
export const FRAME_MS = 20;
const frameBytes = FRAME_MS * PCMU_BYTES_PER_MS;

/**
 * `timestamp` of the first media message. Twilio counts from a point some ms earlier (5 to 171 were seen), never from
 * 0.
 */
const defaultFirstTimestampMs = 71;
/**
 * A caller that was not stepped for longer skips the older frames, as a stalled network would. Up to this length they
 * are all sent, in one burst.
 */
const maxCatchUpMs = 5_000;
/** The most speech that can be queued: ten minutes. */
const maxSpeechBytes = 600_000 * PCMU_BYTES_PER_MS;

/**
 * When the caller must be stepped next even without input: the next frame, the next mark to return, the end of audio
 * heard.
 */
export function callerDueMs(caller: StreamCaller): number | undefined {
  return caller.phase === "streaming" ? Math.min(frameDueMs(caller), playDueMs(caller)) : undefined;
}

export function callerHeard(caller: StreamCaller, nowMs: number): HeardAudio {
  return heardUntil(caller.playback, nowMs);
}

/** Does everything that was due by the input's time, in order of time, then takes the input. Never throws. */
export function stepStreamCaller(caller: StreamCaller, input: StreamCallerInput): StreamCallerStep {
  const step = runDue({ caller, outputs: [] }, input.atMs);
  switch (caller.phase) {
    case "waiting":
      return input.type === "opened" ? sendStart(step, input.atMs) : takeInAnyPhase(step, input);
    case "streaming":
      return takeStreaming(step, input);
    case "stopped":
      return input.type === "text" || input.type === "binary" ? count(step, { lateReceived: 1 }) : takeInAnyPhase(step, input);
    case "closed":
      return step;
  }
}

function takeInAnyPhase(step: StreamCallerStep, input: StreamCallerInput): StreamCallerStep {
  if (input.type === "closed") return change(stopAudio(step, input.atMs), { phase: "closed" });
  if (input.type !== "said") return step;
  const { speech } = step.caller;
  const roomBytes = maxSpeechBytes - speech.reduce((sum, part) => sum + part.length, 0);
  const taken = input.speech.subarray(0, Math.max(0, roomBytes));
  return taken.length === 0 ? step : change(step, { speech: [...speech, taken] });
}

function takeStreaming(step: StreamCallerStep, input: StreamCallerInput): StreamCallerStep {
  switch (input.type) {
    case "text": {
      const message = parseToTwilio(input.text, step.caller.options.streamSid);
      if (!isBad(message)) return takeMessage(step, message, input.atMs);
      const warned = warn(count(step, { badReceived: 1 }), input.atMs, message.twilioCode, message.bad);
      return message.played === undefined ? warned : takeMessage(warned, message.played, input.atMs);
    }
    case "binary":
      return warn(count(step, { badReceived: 1 }), input.atMs, 31950, `binary frame of ${input.bytes} bytes`);
    case "pressed":
      // The documented value of `track` is inbound_track here, but inbound in `media`.
      return sendNumbered(step, (header) => ({ type: "dtmf", ...header, track: "inbound_track", digit: input.digit }));
    case "muted":
      return change(step, { mutedUntilMs: input.atMs + input.ms });
    case "hungUp":
      return hangUp(step, input.atMs);
    case "said":
    case "closed":
      return takeInAnyPhase(step, input);
    case "opened":
    case "woke":
      return step;
  }
}

/** `connected` and `start` follow the 101 at once. */
function sendStart(before: StreamCallerStep, atMs: number): StreamCallerStep {
  const { accountSid, callSid, customParameters } = before.caller.options;
  const step = change(before, { phase: "streaming", openedAtMs: atMs });
  return sendNumbered(send(step, { type: "connected", protocol: "Call", version: "1.0.0" }), (header) => ({
    type: "start",
    ...header,
    accountSid,
    callSid,
    tracks: ["inbound"],
    mediaFormat: { encoding: "audio/x-mulaw", sampleRateHz: 8000, channels: 1 },
    customParameters,
  }));
}

function hangUp(step: StreamCallerStep, atMs: number): StreamCallerStep {
  const { accountSid, callSid } = step.caller.options;
  const stopped = sendNumbered(stopAudio(step, atMs), (header) => ({ type: "stop", ...header, accountSid, callSid }));
  return emit(change(stopped, { phase: "stopped" }), { type: "close" });
}

/** Discards the buffered audio when the stream ends. No more marks return. */
function stopAudio(step: StreamCallerStep, atMs: number): StreamCallerStep {
  const { playback } = clearPlayback(step.caller.playback, atMs);
  return change(endSpeaking(endHearing(step, atMs, false), atMs), { playback });
}

/** Does what was due by `nowMs` (frames, marks, the end of audio heard), each at its own time. */
function runDue(before: StreamCallerStep, nowMs: number): StreamCallerStep {
  let step = skipStalled(before, nowMs);
  for (let dueMs = callerDueMs(step.caller); dueMs !== undefined && dueMs <= nowMs; dueMs = callerDueMs(step.caller)) {
    // A mark due at the same time as a frame returns first: its audio was heard before.
    const isFrame = playDueMs(step.caller) > dueMs;
    step = isFrame ? sendFrame(step, dueMs) : applyPlayback(step, advance(step.caller.playback, dueMs));
  }
  return step;
}

function skipStalled(step: StreamCallerStep, nowMs: number): StreamCallerStep {
  const skipped = Math.floor((nowMs - maxCatchUpMs - frameDueMs(step.caller)) / FRAME_MS);
  if (step.caller.phase !== "streaming" || skipped <= 0) return step;
  return count(change(step, { frame: step.caller.frame + skipped }), { framesSkipped: skipped });
}

function frameDueMs(caller: StreamCaller): number {
  return caller.openedAtMs + (caller.frame + 1) * FRAME_MS;
}

function playDueMs(caller: StreamCaller): number {
  return playbackDueMs(caller.playback) ?? Number.POSITIVE_INFINITY;
}

function sendFrame(before: StreamCallerStep, atMs: number): StreamCallerStep {
  const { frame, mutedUntilMs, options } = before.caller;
  const { step, bytes } = nextSpeech(change(before, { frame: frame + 1 }), atMs);
  const isLost = options.loseEvery !== undefined && (frame + 1) % options.loseEvery === 0;
  if (isLost || atMs <= mutedUntilMs) return count(step, { framesSkipped: 1 });
  const chunk = step.caller.counts.framesSent + 1;
  const timestampMs = (options.firstTimestampMs ?? defaultFirstTimestampMs) + frame * FRAME_MS;
  const payload = bytes.toBase64();
  return sendNumbered(count(step, { framesSent: 1 }), (header) => ({
    type: "media",
    ...header,
    track: "inbound",
    chunk,
    timestampMs,
    payload,
  }));
}

/** Takes the next 20 ms of queued speech, padded with silence. */
function nextSpeech(step: StreamCallerStep, atMs: number): { readonly step: StreamCallerStep; readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(frameBytes).fill(MULAW_SILENCE);
  let filled = 0;
  let speech = step.caller.speech;
  while (speech[0] !== undefined && filled < frameBytes) {
    const part = speech[0].subarray(0, frameBytes - filled);
    bytes.set(part, filled);
    filled += part.length;
    const rest = speech[0].subarray(part.length);
    speech = rest.length > 0 ? [rest, ...speech.slice(1)] : speech.slice(1);
  }
  if (filled === 0) return { step: endSpeaking(step, atMs - FRAME_MS), bytes };
  return { step: change(step, { speech, spokeFromMs: step.caller.spokeFromMs ?? atMs - FRAME_MS }), bytes };
}

function endSpeaking(step: StreamCallerStep, untilMs: number): StreamCallerStep {
  const fromMs = step.caller.spokeFromMs;
  if (fromMs === undefined) return step;
  return emit(change(step, { spokeFromMs: undefined }), { type: "note", note: { type: "spoke", atMs: fromMs, untilMs } });
}

function takeMessage(step: StreamCallerStep, message: ToTwilio, atMs: number): StreamCallerStep {
  const { playback } = step.caller;
  switch (message.type) {
    case "media":
      return play(step, Uint8Array.fromBase64(message.payload), atMs);
    case "mark":
      return applyPlayback(count(step, { marksReceived: 1 }), queueMark(playback, message.name, atMs));
    case "clear": {
      const cut = endHearing(step, atMs, bufferedMs(playback, atMs) > 0);
      return applyPlayback(count(cut, { clearsReceived: 1 }), clearPlayback(playback, atMs));
    }
  }
}

function play(before: StreamCallerStep, bytes: Uint8Array, atMs: number): StreamCallerStep {
  const queued = queueAudio(before.caller.playback, bytes, atMs);
  const { firstMediaAtMs, heardFromMs } = before.caller;
  let step = count(applyPlayback(before, queued), { mediaReceived: 1, bytesReceived: bytes.length });
  step = change(step, { firstMediaAtMs: firstMediaAtMs ?? atMs });
  if (heardFromMs === undefined && queued.playback.queue.length > 0) step = change(step, { heardFromMs: atMs });
  if (queued.discardedMs === 0) return step;
  return warn(step, atMs, 31931, `more than ${MAX_BUFFERED_MS / 60_000} minutes of audio buffered`);
}

/** Applies a playback step: returns its marks, and ends the audio heard when the buffer is empty. */
function applyPlayback(before: StreamCallerStep, { playback, returned }: PlaybackStep): StreamCallerStep {
  let step = change(before, { playback });
  if (playback.queue.length === 0) step = endHearing(step, playback.untilMs, false);
  for (const name of returned) {
    step = sendNumbered(count(step, { marksReturned: 1 }), (header) => ({ type: "mark", ...header, name }));
  }
  return step;
}

function endHearing(step: StreamCallerStep, untilMs: number, cleared: boolean): StreamCallerStep {
  const fromMs = step.caller.heardFromMs;
  if (fromMs === undefined) return step;
  return emit(change(step, { heardFromMs: undefined }), { type: "note", note: { type: "heard", atMs: fromMs, untilMs, cleared } });
}

function warn(step: StreamCallerStep, atMs: number, code: 31931 | 31950 | 31951, what: string): StreamCallerStep {
  if (step.caller.warned.includes(code)) return step;
  const warned = [...step.caller.warned, code];
  return emit(change(step, { warned }), { type: "note", note: { type: "warning", atMs, code, what } });
}
