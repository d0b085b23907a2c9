// The caller's stream comes and goes: it is awaited, starts, stops, is lost, and starts again after a resume.

import type { MediaFormat } from "../../protocol/media-streams/media-streams.ts";
import type { CallerEvent } from "../events.ts";
import { startedLeg } from "../machines/caller-leg.ts";
import { isPlaying } from "../machines/playout.ts";
import { isComing } from "../machines/responses.ts";
import { change, clearDeadlines, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { discardUnheard } from "./barge-in.ts";
import { beginWait } from "./caller-wait.ts";
import { endCall, finish } from "./ending.ts";
import { giveUp } from "./fallback.ts";
import { prewarmModel } from "./model-connection.ts";
import { awaitModel, dialModel } from "./model-dial.ts";
import { awaitReply, isReplyDue, requestResponse } from "./responses.ts";
import { noteOutcome } from "./transfer.ts";

/**
 * The webhook was answered with a stream. Meanwhile the model is dialled. A repeated webhook only moves the deadline.
 */
export function onStreamRequested(step: Step, { atMs, prewarm }: Extract<CallerEvent, { type: "caller.streamRequested" }>): Step {
  const { caller, settings, phase } = step.call;
  if (caller.state !== "absent") return step;
  const awaited = setDeadline(step, "start", atMs + settings.startMs);
  return prewarm && phase === "expected" ? prewarmModel(awaited, atMs) : awaited;
}

/** No stream has started. */
export function onStartTimeout(step: Step, atMs: number): Step {
  return finish(step, atMs, { by: "network", cause: step.call.startedAtMs === undefined ? "streamNeverStarted" : "streamLost" });
}

/** `start` passed authentication: the stream is open, for the first time or again. */
export function onStreamStarted(step: Step, event: Extract<CallerEvent, { type: "caller.started" }>): Step {
  const { atMs, epoch, format } = event;
  const { phase, settings } = step.call;
  if (phase === "leaving" || phase === "away") return order(step, { type: "caller.close" });
  if (step.call.caller.state === "live" && step.call.caller.epoch === epoch) return step;
  const freed = loseStream(step, atMs, "another stream took its place");
  const { caller, startedAtMs } = freed.call;
  const isFirst = startedAtMs === undefined;
  const open = change(clearDeadlines(freed, "start", "after", "prewarm"), { caller: startedLeg(epoch), startedAtMs: startedAtMs ?? atMs });
  const greets = settings.greeting !== undefined;
  const started = isFirst ? enterPhase(open, greets ? "greeting" : "talking") : open;
  if (!isPcmu(format)) {
    const got = `${format.encoding}, ${format.sampleRateHz} Hz, ${format.channels} channels`;
    return giveUp(started, atMs, { by: "network", cause: "unsupportedFormat" }, `expected audio/x-mulaw, 8000 Hz, 1 channel, got ${got}`);
  }
  const { callSid, from, to } = started.call.identity;
  const logged = isFirst
    ? order(started, { type: "log", level: "info", event: "call.started", fields: { callSid, streamSid: epoch, from, to } })
    : started;
  const replyDue = "replyDue" in caller && caller.replyDue;
  const waiting = (isFirst && greets) || replyDue ? beginWait(logged, atMs) : logged;
  const { state } = waiting.call.model;
  if (state === "none") return dialModel(waiting, atMs);
  return requestMissed(state === "ready" ? waiting : awaitModel(waiting, atMs), atMs, replyDue);
}

/** The only supported format: https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message */
function isPcmu({ encoding, sampleRateHz, channels }: MediaFormat): boolean {
  return encoding === "audio/x-mulaw" && sampleRateHz === 8_000 && channels === 1;
}

/** Requests the greeting or reply that the caller missed. One that is already on its way is awaited again. */
function requestMissed(step: Step, atMs: number, replyDue: boolean): Step {
  const { model, phase, responses, tools } = step.call;
  if (isComing(responses)) return awaitReply(step, atMs);
  // The reply follows when the tools have returned.
  if (tools.running.length > 0) return step;
  // A model that is not ready greets once it is.
  if (phase === "greeting") return model.state === "ready" ? requestResponse(step, atMs, "greeting") : step;
  return replyDue ? requestResponse(step, atMs, "retry") : step;
}

/** `stop`: the call is over, or other TwiML replaced the stream. Either way voice has no more part in it. */
export function onStreamStopped(step: Step, { atMs }: Extract<CallerEvent, { type: "caller.stopped" }>): Step {
  if (step.call.phase === "away") return endCall(noteOutcome(step, "callerHungUp"), atMs);
  return endCall(step, atMs);
}

/** The socket closed: because voice closed it, or else the stream is lost. */
export function onDisconnected(step: Step, { atMs, code, reason }: Extract<CallerEvent, { type: "caller.disconnected" }>): Step {
  if (step.call.phase === "away") return change(step, { caller: { state: "absent", replyDue: false } });
  return step.call.caller.state === "closed" ? endCall(step, atMs) : loseStream(step, atMs, `closed with ${code} "${reason}"`);
}

/**
 * The stream is gone. Whether the caller is too is unknown until Twilio asks what comes next. A reply that was playing
 * or due is requested again for the next stream.
 */
export function loseStream(step: Step, atMs: number, detail: string): Step {
  const { caller, phase, playout, history, settings, identity } = step.call;
  if (caller.state !== "live") return step;
  const replyDue = isPlaying(playout) || isReplyDue(step.call);
  // Sent is not heard: a greeting that the caller has not heard at all is repeated, unless they have spoken.
  const isGreeted = settings.greeting === undefined || playout.heardBytes > 0 || history.some(({ role }) => role === "user");
  const isUngreeted = phase === "talking" && !isGreeted;
  const taken = replyDue ? beginWait(discardUnheard(step), atMs) : discardUnheard(step);
  const lost = change(isUngreeted ? enterPhase(taken, "greeting") : taken, {
    caller: { state: "lost", epoch: caller.epoch, replyDue },
    callerSpeaks: false,
  });
  const awaiting = setDeadline(clearDeadlines(lost, "reply", "gap", "stall", "filler", "lateReply"), "after", atMs + settings.afterMs);
  return order(awaiting, { type: "log", level: "warning", event: "stream.lost", fields: { callSid: identity.callSid, detail } });
}
