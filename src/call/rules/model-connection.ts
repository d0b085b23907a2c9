// The connection to the model: dialled, opened, configured, ready, lost, and dialled again. What the model then hears
// and says is conversation.ts's part.

import { modelErrorEffect } from "../../protocol/realtime/errors.ts";
import type { ModelError } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import type { EndCause } from "../end-reason.ts";
import type { ModelEvent } from "../events.ts";
import { seedMessages } from "../machines/history.ts";
import { closeIntake, keptBytesMax, openIntake } from "../machines/intake.ts";
import { backoffMs, isConnected, isFatalEnd, isFatalError, rejectsConfiguration, wrongFormat } from "../machines/model-leg.ts";
import { hasOutstandingMark } from "../machines/playout.ts";
import { change, clearDeadlines, count, order, type Step, setDeadline } from "../state.ts";
import { beginWait, onFillerDue } from "./caller-wait.ts";
import { recordFallback } from "./fallback.ts";
import { awaitModel, dialModel, otherModel, readyWithinMs } from "./model-dial.ts";
import { holdForNextSession } from "./next-session.ts";
import { giveUpModel } from "./other-model.ts";
import { FAILURES_MAX, onResponseRejected } from "./response-done.ts";
import { awaitReply, isReplyDue, markReplyDue, requestQueued, requestResponse } from "./responses.ts";
import { dropSuccessor } from "./roll-over.ts";
import { configure, configureWithout } from "./session-settings.ts";

/** From the opened socket to `session.updated`; it takes one round trip. */
const CONFIGURE_MS = 2_500;
/** Kinds of model errors that a call logs; more than these say nothing new. */
export const LOGGED_ERRORS_MAX = 8;
/** As much of an error is compared. */
const KIND_CHARS = 200;

/** Dials the model before the stream starts, so that it is ready when the caller is. A failure has no cost. */
export function prewarmModel(step: Step, atMs: number): Step {
  const { model, settings } = step.call;
  return model.state === "none" ? dialModel(setDeadline(step, "prewarm", atMs + settings.prewarmMs), atMs) : step;
}

/** No stream has started: the model is released. */
export function onPrewarmTimeout(step: Step, atMs: number): Step {
  const { model, caller } = step.call;
  if (caller.state !== "absent" || model.state === "none" || model.state === "closed") return step;
  const { epoch } = model;
  const alone = clearDeadlines(dropSuccessor(step, atMs), "redial", "rollOver", "configure");
  const released = change(alone, { model: { state: "none", epoch }, intake: closeIntake(alone.call.intake) });
  return isConnected(model) ? order(released, { type: "model.close", epoch }) : released;
}

/** The time that a caller will wait is over. */
export function onModelReadyTimeout(step: Step, atMs: number): Step {
  return giveUpModel(step, atMs, "modelUnreachable", `not ready within ${readyWithinMs(step.call)} ms`);
}

/**
 * The socket is open. The session is configured at once, without waiting for `session.created`: some servers never
 * send it.
 */
export function onModelOpened(step: Step, { atMs }: Extract<ModelEvent, { type: "model.opened" }>): Step {
  const { model } = step.call;
  if (model.state !== "dialling") return step;
  const configuring = setDeadline(change(step, { model: { ...model, state: "configuring" } }), "configure", atMs + CONFIGURE_MS);
  return configure(configuring, model.epoch);
}

/**
 * `session.updated`: the model takes our audio as PCMU from now on. It gets, in this order: the conversation so far,
 * the request for a response, and the audio that was held. Speech in that audio would start a response of the
 * server's own, and a request after it would be rejected.
 */
export function onModelReady(step: Step, event: Extract<ModelEvent, { type: "model.ready" }>): Step {
  const { atMs } = event;
  const { model, history, intake, settings } = step.call;
  if (model.state !== "configuring") return step;
  const wrong = wrongFormat(event);
  if (wrong !== undefined) {
    return giveUpModel(step, atMs, "modelRefused", `session.updated: expected audio/pcmu both ways, got ${wrong}`);
  }
  const { epoch } = model;
  const opened = openIntake(intake);
  const open = change(clearDeadlines(step, "modelReady", "configure"), { model: { ...model, state: "ready" }, intake: opened });
  const ready = setDeadline(open, "rollOver", atMs + settings.rollOverMs);
  const seeded = order(ready, ...seedMessages(history).map(({ role, text }): Effect => ({ type: "model.addMessage", epoch, role, text })));
  const isLive = seeded.call.caller.state === "live";
  const requested = isLive && seeded.call.phase === "greeting" ? requestResponse(seeded, atMs, "greeting") : requestQueued(seeded, atMs);
  // Speech that the last session did not answer is sent again, and this one will answer it.
  const awaited = isLive && opened.unanswered === "speech" ? awaitReply(requested, atMs) : requested;
  const fields = { callSid: seeded.call.identity.callSid, epoch };
  return order(
    stopEarlyFiller(awaited, atMs),
    { type: "model.appendKept", keepBytes: keptBytesMax(opened) },
    { type: "log", level: "debug", event: "model.ready", fields },
  );
}

/**
 * A caller who has waited long enough for a filler hears fillers until the reply. Otherwise the reply merely takes
 * its time.
 */
function stopEarlyFiller(step: Step, atMs: number): Step {
  const { callerWait, deadlines, settings } = step.call;
  const isLate = deadlines.reply !== undefined && atMs - (callerWait.sinceMs ?? atMs) >= settings.fillerMs;
  return isLate ? step : clearDeadlines(step, "filler");
}

/** An `error` event. Most leave the session working and are only logged. */
export function onModelError(step: Step, { atMs, error }: Extract<ModelEvent, { type: "model.errorReported" }>): Step {
  const { model } = step.call;
  const rejected = model.state === "configuring" && rejectsConfiguration(error);
  const again = rejected ? configureWithout(step, model.epoch, error) : undefined;
  if (again !== undefined) return setDeadline(count(again, "modelErrors"), "configure", atMs + CONFIGURE_MS);
  if (rejected || isFatalError(error)) return giveUpModel(step, atMs, "modelRefused", describe(error));
  return onResponseRejected(logError(step, error), atMs, error);
}

/** Logs one line for each kind of error, and counts the rest: a server may answer every piece of audio with one. */
function logError(step: Step, error: ModelError): Step {
  const { identity, loggedErrors } = step.call;
  const isHarmless = modelErrorEffect(error.code) === "harmless";
  const counted = isHarmless ? step : count(step, "modelErrors");
  const detail = describe(error);
  // Numbers differ from error to error of the same kind.
  const kind = `${error.param ?? ""} ${detail.replaceAll(/\d+/g, "0")}`.slice(0, KIND_CHARS);
  if (loggedErrors.includes(kind) || loggedErrors.length >= LOGGED_ERRORS_MAX) return counted;
  const fields = { callSid: identity.callSid, detail, param: error.param };
  const noted = change(counted, { loggedErrors: [...loggedErrors, kind] });
  return order(noted, { type: "log", level: isHarmless ? "debug" : "warning", event: "model.errorReported", fields });
}

function describe({ code, type, message }: ModelError): string {
  return [code ?? type, message].filter((part) => part !== undefined).join(": ");
}

/** An event that could not be read is counted; only the first is logged. */
export function onEventRejected(step: Step, { bad }: Extract<ModelEvent, { type: "model.eventRejected" }>): Step {
  const counted = count(step, "badEvents");
  if (counted.call.tally.badEvents > 1) return counted;
  const fields = { callSid: step.call.identity.callSid, bad };
  return order(counted, { type: "log", level: "warning", event: "model.eventRejected", fields });
}

/** The connection closed, or never opened: the model is dialled again, unless the end is final. */
export function onModelLost(step: Step, event: Extract<ModelEvent, { type: "model.lost" }>): Step {
  const { atMs, epoch, code, reason, httpStatus, failure, retryAfterMs = 0 } = event;
  const { identity, settings, deadlines, intake } = step.call;
  const status = httpStatus === undefined ? "" : `, HTTP ${httpStatus}`;
  const detail = `${failure ?? `closed with ${code} "${reason}"`}${status}`;
  const fields = { callSid: identity.callSid, epoch, detail };
  const logged = order(step, { type: "log", level: "warning", event: "model.lost", fields });
  const isFinal = isFatalEnd(event);
  // No caller waits that long.
  const isTooLong = retryAfterMs > settings.modelReadyMs;
  const cause = isFinal ? "modelRefused" : isTooLong ? "modelUnreachable" : "modelFailed";
  // Replayed speech counts as due too: otherwise a model that is lost whenever it gets that speech is redialled
  // forever.
  const isDue = isReplyDue(step.call) || deadlines.retry !== undefined || (intake.open && intake.replayed);
  return redialModel(logged, atMs, { cause, isFinal: isFinal || isTooLong, isDue, detail, retryAfterMs });
}

/**
 * No audio came in time: another connection may do better. Without a stream, the reply is requested for the next one.
 */
export function onReplyTimeout(step: Step, atMs: number): Step {
  const { caller, settings } = step.call;
  return caller.state === "live" ? abandonModel(step, atMs, `no audio within ${settings.replyMs} ms`) : markReplyDue(step);
}

/**
 * The model fell silent in the middle of a response. The caller has waited since its last audio, unless that still
 * plays.
 */
export function onStallTimeout(step: Step, atMs: number): Step {
  const { playout, settings } = step.call;
  const waiting = beginWait(step, hasOutstandingMark(playout) ? atMs : atMs - settings.stallMs);
  return abandonModel(waiting, atMs, "it fell silent in the middle of a response");
}

/** The model has not accepted its settings: another connection may be quicker. */
export function onConfigureTimeout(step: Step, atMs: number): Step {
  return abandonModel(step, atMs, `no session.updated within ${CONFIGURE_MS} ms`, isReplyDue(step.call), "modelUnreachable");
}

/**
 * Gives up a connection that is open and silent, and dials another. `isDue`: something is due to the caller, who
 * hears a filler.
 */
export function abandonModel(step: Step, atMs: number, detail: string, isDue = true, cause: EndCause = "modelSilent"): Step {
  const { model, identity } = step.call;
  if (model.state !== "configuring" && model.state !== "ready") return step;
  const fields = { callSid: identity.callSid, epoch: model.epoch, detail };
  const closed = order(
    step,
    { type: "log", level: "warning", event: "model.abandoned", fields },
    { type: "model.close", epoch: model.epoch },
  );
  const waiting = isDue ? beginWait(closed, atMs) : closed;
  // Not after the filler of a late reply: one is enough.
  const filled = isDue && waiting.call.deadlines.filler === undefined ? onFillerDue(waiting, atMs) : waiting;
  return redialModel(filled, atMs, { cause, isFinal: false, isDue, detail, retryAfterMs: 0 });
}

/** How a connection was lost. */
interface Loss {
  readonly cause: EndCause;
  /** Another connection would be lost the same way. */
  readonly isFinal: boolean;
  /** Something is due to the caller. */
  readonly isDue: boolean;
  readonly detail: string;
  /** The server asked not to be dialled sooner. */
  readonly retryAfterMs: number;
}

function redialModel(step: Step, atMs: number, { cause, isFinal, isDue, detail, retryAfterMs }: Loss): Step {
  const { model, jitterSeed, phase } = step.call;
  if (!isConnected(model)) return step;
  const { epoch, attempt, state } = model;
  const lost = change(dropSuccessor(step, atMs), { model: { state: "backingOff", epoch, attempt } });
  // One that was never ready is not tried again while another may be.
  const isHopeless = isFinal || (state !== "ready" && otherModel(step.call) !== undefined);
  if (isHopeless) return giveUpModel(lost, atMs, cause, detail, isDue);
  const held = holdForNextSession(lost, atMs, isDue);
  // A model that is lost whenever it should speak would be redialled in silence forever.
  if (held.call.responses.failuresInRow >= FAILURES_MAX) return giveUpModel(lost, atMs, cause, detail, isDue);
  const backingOff = setDeadline(held, "redial", atMs + Math.max(backoffMs(attempt, jitterSeed), retryAfterMs));
  return awaitModel(phase === "expected" ? backingOff : recordFallback(backingOff, "recovered"), atMs);
}
