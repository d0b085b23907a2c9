// What a call does when its caller leg tells of something: the stream starts, frames, marks, keys, the end of the stream.

import { PCMU_BYTES_PER_MS, payloadBytes } from "../../protocol/media-streams/media-streams.ts";
import type { CallerEvent, CallerFormat } from "../events.ts";
import { startedLeg, takeFrame, takeSequence } from "../machines/caller-leg.ts";
import { clearDeadlines } from "../machines/deadlines.ts";
import { addUtterance } from "../machines/history.ts";
import { markReturned } from "../machines/playout.ts";
import { isComing } from "../machines/responses.ts";
import { beginTurn } from "../machines/turns.ts";
import { change, count, order, type Step } from "../state.ts";
import { endHere, loseStream } from "./after.ts";
import { askForResponse, awaitReply } from "./asking.ts";
import { pressOver } from "./barge-in.ts";
import { awaitFrame, hear, hearSilence } from "./gap.ts";
import { listenIn } from "./hearing.ts";
import { giveUp } from "./ladder.ts";
import { awaitModel, dialModel } from "./model-events.ts";
import { rollOver } from "./roll-over.ts";
import { beginWait } from "./waiting.ts";

/** What a stream must be: https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message */
function isPcmu({ encoding, sampleRateHz, channels }: CallerFormat): boolean {
  return encoding === "audio/x-mulaw" && sampleRateHz === 8_000 && channels === 1;
}

/** `start` has passed the door: the stream is there, for the first time or again. */
export function startStream(step: Step, event: Extract<CallerEvent, { type: "caller.started" }>): Step {
  const { atMs, epoch, format } = event;
  const { phase } = step.call;
  if (phase === "leaving") return order(step, { type: "caller.close" });
  if (step.call.caller.state === "live" && step.call.caller.epoch === epoch) return step;
  const freed = loseStream(step, atMs, "another stream took its place");
  const { caller } = freed.call;
  const first = freed.call.startedAtMs === undefined;
  const started = change(freed, {
    caller: startedLeg(epoch),
    deadlines: clearDeadlines(freed.call.deadlines, "start", "after", "prewarm"),
    phase: first ? "greeting" : freed.call.phase,
    startedAtMs: freed.call.startedAtMs ?? atMs,
  });
  if (!isPcmu(format)) {
    const heard = `${format.encoding}, ${format.sampleRateHz} Hz, ${format.channels} channels`;
    return giveUp(started, atMs, { by: "network", cause: "unsupportedFormat" }, `expected audio/x-mulaw, 8000 Hz, 1 channel, got ${heard}`);
  }
  const { callSid, from, to } = started.call.identity;
  const told = first
    ? order(started, { type: "log", level: "info", event: "call.started", fields: { callSid, streamSid: epoch, from, to } })
    : started;
  const owed = "owed" in caller && caller.owed;
  const waiting = first || owed ? beginWait(told, atMs) : told;
  const { state } = waiting.call.model;
  if (state === "none") return dialModel(waiting, atMs);
  return sayAgain(state === "ready" ? waiting : awaitModel(waiting, atMs), atMs, owed);
}

/** A stream that has come back: the caller has not been greeted, or not been answered. What is on its way already is waited for again. */
function sayAgain(step: Step, atMs: number, owed: boolean): Step {
  const { model, phase, responses } = step.call;
  if (isComing(responses)) return awaitReply(step, atMs);
  // One that is not ready greets when it is.
  if (phase === "greeting") return model.state === "ready" ? askForResponse(step, atMs, "greeting") : step;
  return owed ? askForResponse(step, atMs, "retry") : step;
}

/** One frame of the caller's voice: to the model, with the silence before it that Twilio left out. */
export function takeAudio(step: Step, event: Extract<CallerEvent, { type: "caller.audio" }>): Step {
  const { caller } = step.call;
  if (caller.state !== "live") return step;
  const durationMs = payloadBytes(event.payload) / PCMU_BYTES_PER_MS;
  const { leg, repeated, padMs } = takeFrame(caller, event.sequence, event.timestampMs, durationMs);
  if (repeated) return count(step, "framesRepeated");
  const taken = awaitFrame(count(change(step, { caller: leg }), "framesReceived"), event.atMs);
  return hear(hearSilence(listenIn(taken, event.payload, durationMs, event.atMs), padMs), event.payload);
}

/** A mark came back: what was sent before it has been heard. */
export function takeMark(step: Step, { atMs, sequence, name }: Extract<CallerEvent, { type: "caller.markReturned" }>): Step {
  const { caller, playout } = step.call;
  const leg = caller.state === "live" ? takeSequence(caller, sequence) : undefined;
  return leg === undefined ? step : rollOver(change(step, { caller: leg, playout: markReturned(playout, name) }), atMs);
}

/** A key was pressed: it interrupts, as on any telephone menu, and the model is told in words, since no model hears DTMF reliably. */
export function takeKey(step: Step, { atMs, sequence, digit }: Extract<CallerEvent, { type: "caller.keyPressed" }>): Step {
  const { caller } = step.call;
  const leg = caller.state === "live" ? takeSequence(caller, sequence) : undefined;
  if (leg === undefined) return step;
  const text = `The caller pressed ${digit}.`;
  const over = pressOver(change(step, { caller: leg }));
  const noted = change(over, {
    phase: over.call.model.state === "ready" ? "talking" : over.call.phase,
    turns: beginTurn(over.call.turns, "keys", atMs, undefined),
    history: addUtterance(over.call.history, "user", undefined, text),
  });
  // A model that is not ready yet is told of it by the history.
  const told =
    noted.call.model.state === "ready"
      ? order(noted, { type: "model.addMessage", epoch: noted.call.model.epoch, role: "user", text })
      : noted;
  return askForResponse(told, atMs, "keys");
}

/** A frame that could not be read: counted; only the first is told of in the log. */
export function takeBad(step: Step, { bad }: Extract<CallerEvent, { type: "caller.frameRejected" }>): Step {
  const counted = count(step, "badFrames");
  if (counted.call.tally.badFrames > 1) return counted;
  return order(counted, {
    type: "log",
    level: "warning",
    event: "caller.frameRejected",
    fields: { callSid: step.call.identity.callSid, bad },
  });
}

/** `stop`: Twilio ends a bidirectional stream when the call is over, or when another TwiML took it away: either way it is over for us. */
export function takeStop(step: Step, { atMs }: Extract<CallerEvent, { type: "caller.stopped" }>): Step {
  return endHere(step, atMs);
}

/** The socket closed: the end that we planned, or the loss of the stream. */
export function takeLeave(step: Step, { atMs, code, reason }: Extract<CallerEvent, { type: "caller.disconnected" }>): Step {
  return step.call.caller.state === "closed" ? endHere(step, atMs) : loseStream(step, atMs, `closed with ${code} "${reason}"`);
}
