// What comes in on the caller's stream: audio frames, marks, keys, and frames that cannot be read.
//
// Twilio sends no frames while the caller is muted, and packets get lost. A model that receives nothing never notices
// that the caller has stopped speaking, so silence is sent for missing frames: when the next frame shows the gap by its
// timestamp (machines/caller-leg.ts), or at the deadline `gap` when no next frame comes.

import { PCMU_BYTES_PER_MS, payloadBytes, silencePayload } from "../../protocol/media-streams/media-streams.ts";
import type { CallerEvent } from "../events.ts";
import { insertSilence, takeFrame, takeSequence } from "../machines/caller-leg.ts";
import { mutesCaller } from "../machines/collecting.ts";
import { addUtterance } from "../machines/history.ts";
import { keptBytesMax } from "../machines/intake.ts";
import { markReturned } from "../machines/playout.ts";
import { allowTools } from "../machines/tools.ts";
import { beginTurn } from "../machines/turns.ts";
import { change, count, enterPhase, frameTaken, order, type Step, setDeadline } from "../state.ts";
import { interruptByKey } from "./barge-in.ts";
import { onBoundKey } from "./bound-keys.ts";
import { onKeyOfDigits } from "./collect-digits.ts";
import { isEnding, keepTalking, leaveIfHeard } from "./goodbye.ts";
import { requestResponse } from "./responses.ts";
import { rollOver } from "./roll-over.ts";
import { watchFrame } from "./speech-watch.ts";

/** Frames missing for so long count as silence; a lost packet or two does not. */
const GAP_MS = 750;

/** Longer than any usual `silence_duration_ms` (default 500), so that the model's voice detection ends the turn. */
const GAP_SILENCE_MS = 1_000;

/** A frame of the caller's audio: to the model, after the silence for frames missing before it. */
export function onCallerAudio(step: Step, event: Extract<CallerEvent, { type: "caller.audio" }>): Step {
  const { caller } = step.call;
  if (caller.state !== "live") return step;
  const durationMs = payloadBytes(event.payload) / PCMU_BYTES_PER_MS;
  const { leg, repeated, padMs } = takeFrame(caller, event.sequence, event.timestampMs, durationMs);
  if (repeated) return count(step, "framesRepeated");
  const payload = mutesCaller(step.call.collecting, event.atMs) ? silencePayload(Math.round(durationMs)) : event.payload;
  const watched = watchFrame(awaitFrame(step, event.atMs), payload, durationMs, event.atMs);
  return appendAudio(frameTaken(appendSilence(watched, padMs), leg), payload);
}

/** While the caller speaks, the next frame has a deadline. */
export function awaitFrame(step: Step, atMs: number): Step {
  return step.call.callerSpeaks ? setDeadline(step, "gap", atMs + GAP_MS) : step;
}

/** No frame came: the model gets silence, once, and the gap before the next frame is shorter by it. */
export function onGapTimeout(step: Step): Step {
  const { caller } = step.call;
  if (caller.state !== "live") return step;
  return appendSilence(change(step, { caller: insertSilence(caller, GAP_SILENCE_MS) }), GAP_SILENCE_MS);
}

function appendSilence(step: Step, forMs: number): Step {
  const wholeMs = Math.round(forMs);
  return wholeMs <= 0 ? step : appendAudio(count(step, "paddedMs", wholeMs), silencePayload(wholeMs));
}

/** Sends audio to the model now, or when it is ready. */
function appendAudio(step: Step, payload: string): Step {
  const { intake } = step.call;
  const keepBytes = keptBytesMax(intake);
  return order(step, intake.open ? { type: "model.appendAudio", payload, keepBytes } : { type: "audio.keep", payload, keepBytes });
}

/** A mark came back: the audio before it was heard. */
export function onMarkReturned(step: Step, { atMs, sequence, name }: Extract<CallerEvent, { type: "caller.markReturned" }>): Step {
  const { caller, playout } = step.call;
  const leg = caller.state === "live" ? takeSequence(caller, sequence) : undefined;
  if (leg === undefined) return step;
  return leaveIfHeard(rollOver(change(step, { caller: leg, playout: markReturned(playout, name) }), atMs), atMs);
}

/**
 * A key was pressed. It interrupts, as in any phone menu. The model gets it as text: no model detects DTMF reliably.
 */
export function onKeyPressed(step: Step, { atMs, sequence, digit }: Extract<CallerEvent, { type: "caller.keyPressed" }>): Step {
  const { caller } = step.call;
  const leg = caller.state === "live" ? takeSequence(caller, sequence) : undefined;
  if (leg === undefined) return step;
  if (isEnding(step.call)) return change(step, { caller: leg });
  const ofDigits = onKeyOfDigits(change(step, { caller: leg }), atMs, digit);
  if (ofDigits !== undefined) return ofDigits;
  const bound = onBoundKey(change(step, { caller: leg }), atMs, digit);
  if (bound !== undefined) return bound;
  const text = `The caller pressed ${digit}.`;
  const interrupted = keepTalking(interruptByKey(change(step, { caller: leg, tools: allowTools(step.call.tools) })));
  const { turns, history, model } = interrupted.call;
  const noted = change(interrupted, {
    turns: beginTurn(turns, "keys", atMs, undefined),
    history: addUtterance(history, "user", undefined, text),
  });
  // A model that is not ready yet gets it with the history.
  if (model.state !== "ready") return requestResponse(noted, atMs, "keys");
  const added = order(enterPhase(noted, "talking"), { type: "model.addMessage", epoch: model.epoch, role: "user", text });
  return requestResponse(added, atMs, "keys");
}

/** A frame that could not be read is counted; only the first is logged. */
export function onFrameRejected(step: Step, { bad }: Extract<CallerEvent, { type: "caller.frameRejected" }>): Step {
  const counted = count(step, "badFrames");
  if (counted.call.tally.badFrames > 1) return counted;
  const fields = { callSid: step.call.identity.callSid, bad };
  return order(counted, { type: "log", level: "warning", event: "caller.frameRejected", fields });
}
