// What a call does when the connection to its model changes: dialled, opened, ready, refused, lost. What the model says is response-events.ts's.

import { modelErrorEffect } from "../../protocol/realtime/errors.ts";
import type { Effect } from "../effects.ts";
import type { EndCause } from "../end-reason.ts";
import type { ModelEvent } from "../events.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { seeds } from "../machines/history.ts";
import { closeIntake, openIntake } from "../machines/intake.ts";
import { backoffMs, isConnected, isFatalEnd, isFatalError, nextDial, refusesConfiguration, wrongFormat } from "../machines/model-leg.ts";
import { isMarkAwaited, partsComplete } from "../machines/playout.ts";
import { countFailure, restartResponses } from "../machines/responses.ts";
import { change, count, order, type Step } from "../state.ts";
import { askForResponse, askForWaiting, awaitReply, FAILURES_MAX, isReplyDue, oweAnswer, refuseResponse } from "./asking.ts";
import { askWhetherThere, callOffListening, doubtHearing, mayBeUnnoticed, noticeStop } from "./hearing.ts";
import { giveUp } from "./ladder.ts";
import { withMark } from "./response-events.ts";
import { dropSuccessor } from "./roll-over.ts";
import { beginWait, fill, fillSoon, needed } from "./waiting.ts";

/** From the opening to `session.updated`; it takes one round trip. */
const CONFIGURE_MS = 2_500;

/** Dials the model. While a caller listens, their patience counts from the first dial on, and after a moment there is a sound. */
export function dialModel(step: Step, atMs: number): Step {
  const { model, deadlines, tally } = step.call;
  const dialling = nextDial(model, tally.modelDials);
  const dialled = awaitModel(change(step, { model: dialling, deadlines: clearDeadlines(deadlines, "redial") }), atMs);
  return order(count(dialled, "modelDials"), { type: "model.dial", epoch: dialling.epoch });
}

/** Dials the model before there is a stream, so that it is ready when the caller is. Let go when no stream comes; a failure costs nothing. */
export function dialAhead(step: Step, atMs: number): Step {
  const { model, settings, deadlines } = step.call;
  if (model.state !== "none") return step;
  return dialModel(change(step, { deadlines: setDeadline(deadlines, "prewarm", atMs + settings.prewarmMs) }), atMs);
}

/** No stream has come: the model is not kept waiting for one. */
export function letGo(step: Step, atMs: number): Step {
  const { model, caller } = step.call;
  if (caller.state !== "absent" || model.state === "none" || model.state === "gone") return step;
  const { epoch } = model;
  const alone = dropSuccessor(step, atMs);
  const idle = change(alone, {
    model: { state: "none", epoch },
    intake: closeIntake(alone.call.intake),
    deadlines: clearDeadlines(alone.call.deadlines, "redial", "rollOver", "configure"),
  });
  return isConnected(model) ? order(idle, { type: "model.close", epoch }) : idle;
}

/** A caller listens, and the model is not ready: the caller's patience counts. */
export function awaitModel(step: Step, atMs: number): Step {
  const { caller, deadlines, settings } = step.call;
  if (caller.state !== "live") return step;
  const patience = deadlines.modelReady ?? atMs + settings.modelReadyMs;
  return fillSoon(change(step, { deadlines: setDeadline(deadlines, "modelReady", patience) }), atMs);
}

/** The connection is open. The session is configured at once: a server that never sends `session.created` is served too. */
export function configureModel(step: Step, atMs: number): Step {
  const { model, deadlines } = step.call;
  if (model.state !== "dialling") return step;
  const configuring = change(step, {
    model: { ...model, state: "configuring" },
    deadlines: setDeadline(deadlines, "configure", atMs + CONFIGURE_MS),
  });
  return order(configuring, { type: "model.configure", epoch: model.epoch });
}

/** `session.updated`: it takes PCMU for PCMU from now on. It is told what was said before, asked to speak, and then hears what was held. */
export function readyModel(step: Step, event: Extract<ModelEvent, { type: "model.ready" }>): Step {
  const { atMs } = event;
  const { model, deadlines, history, intake, settings } = step.call;
  if (model.state !== "configuring") return step;
  const wrong = wrongFormat(event);
  if (wrong !== undefined) {
    return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, `session.updated: expected audio/pcmu both ways, got ${wrong}`);
  }
  const opened = openIntake(intake);
  const ready = change(step, {
    model: { ...model, state: "ready" },
    intake: opened.intake,
    deadlines: setDeadline(clearDeadlines(deadlines, "modelReady", "configure"), "rollOver", atMs + settings.rollOverMs),
  });
  const { epoch } = model;
  const told = order(ready, ...seeds(history).map(({ role, text }): Effect => ({ type: "model.addMessage", epoch, role, text })));
  const live = told.call.caller.state === "live";
  // The request goes before the held audio: speech in that audio would start a response of the server's own, and ours would be refused.
  const asked = live && told.call.phase === "greeting" ? askForResponse(told, atMs, "greeting") : askForWaiting(told, atMs);
  const held = opened.pass.map((payload): Effect => ({ type: "model.appendAudio", payload }));
  const { callSid } = told.call.identity;
  const log: Effect = {
    type: "log",
    level: "debug",
    event: "model.ready",
    fields: { callSid, epoch: model.epoch, heldFrames: held.length },
  };
  // What the last model had heard and not answered is heard again, and answered as if nothing had been.
  const awaited = live && opened.intake.owed === "answer" ? awaitReply(asked, atMs) : asked;
  // Who has waited long enough for a sound hears them on until the answer comes; a reply that is asked for sooner merely takes its time.
  const { sinceMs = atMs } = awaited.call.wait;
  const late = awaited.call.deadlines.reply !== undefined && atMs - sinceMs >= settings.fillerMs;
  const quiet = late ? awaited : change(awaited, { deadlines: clearDeadlines(awaited.call.deadlines, "fill") });
  return order(quiet, ...held, log);
}

/** An `error` event: most leave the session alive, and are only told of in the log. */
export function takeError(step: Step, { atMs, error }: Extract<ModelEvent, { type: "model.errorReported" }>): Step {
  const { model, identity } = step.call;
  const detail = [error.code ?? error.type, error.message].filter((part) => part !== undefined).join(": ");
  if (isFatalError(error) || (model.state === "configuring" && refusesConfiguration(error))) {
    return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, detail);
  }
  const harmless = modelErrorEffect(error.code) === "harmless";
  const fields = { callSid: identity.callSid, detail, param: error.param };
  const told = order(step, { type: "log", level: harmless ? "debug" : "warning", event: "model.errorReported", fields });
  return error.eventId === undefined ? told : refuseResponse(told, atMs, { ...error, eventId: error.eventId });
}

/** An event that could not be read: counted; only the first is told of in the log. */
export function takeBadEvent(step: Step, { bad }: Extract<ModelEvent, { type: "model.eventRejected" }>): Step {
  const counted = count(step, "badEvents");
  if (counted.call.tally.badEvents > 1) return counted;
  return order(counted, {
    type: "log",
    level: "warning",
    event: "model.eventRejected",
    fields: { callSid: step.call.identity.callSid, bad },
  });
}

/** The connection is gone, or was never had: dialled again within the caller's patience, unless the answer would be the same. */
export function loseModel(step: Step, event: Extract<ModelEvent, { type: "model.lost" }>): Step {
  const { atMs, code, reason, httpStatus, failure, retryAfterMs = 0 } = event;
  const { identity, settings } = step.call;
  const status = httpStatus === undefined ? "" : `, HTTP ${httpStatus}`;
  const detail = `${failure ?? `closed with ${code} "${reason}"`}${status}`;
  const fields = { callSid: identity.callSid, epoch: event.epoch, detail };
  const told = order(step, { type: "log", level: "warning", event: "model.lost", fields });
  const refused = isFatalEnd(event);
  // Nobody waits so long on the telephone.
  const tooLong = retryAfterMs > settings.modelReadyMs;
  const cause = refused ? "modelRefused" : tooLong ? "modelUnreachable" : "modelFailed";
  const { deadlines, intake } = step.call;
  // Also what was heard again: a session that is lost of it whenever it hears it would be dialled for ever.
  const due = isReplyDue(step.call) || deadlines.retry !== undefined || (intake.open && intake.replayed);
  return redialModel(told, atMs, { cause, final: refused || tooLong, due, detail, retryAfterMs });
}

/** No audio came in time. While nobody is there to hear it, it is owed; else another connection may do better. */
export function missReply(step: Step, atMs: number): Step {
  const { caller, settings } = step.call;
  return caller.state === "live" ? abandonModel(step, atMs, `no audio within ${settings.replyMs} ms`) : oweAnswer(step);
}

/** The model has fallen silent in the middle of a response. The caller has waited since its last sound, unless that still plays. */
export function missRest(step: Step, atMs: number): Step {
  const { playout, settings } = step.call;
  const waiting = beginWait(step, isMarkAwaited(playout) ? atMs : atMs - settings.stallMs);
  return abandonModel(waiting, atMs, "it fell silent in the middle of a response");
}

/** The model is there and does not say what is due: its connection is given up. The caller has waited long enough for a sound. */
function abandonModel(step: Step, atMs: number, detail: string, due = true, cause: EndCause = "modelSilent"): Step {
  const { model, identity } = step.call;
  if (model.state !== "configuring" && model.state !== "ready") return step;
  const fields = { callSid: identity.callSid, epoch: model.epoch, detail };
  const told = order(
    step,
    { type: "log", level: "warning", event: "model.abandoned", fields },
    { type: "model.close", epoch: model.epoch },
  );
  const waited = due ? beginWait(told, atMs) : told;
  // One sound is enough where a late reply has just had one.
  const sounded = due && waited.call.deadlines.fill === undefined ? fill(waited, atMs) : waited;
  return redialModel(sounded, atMs, { cause, final: false, due, detail, retryAfterMs: 0 });
}

/** It has not taken its settings: another connection may be quicker. */
export function missReady(step: Step, atMs: number): Step {
  return abandonModel(step, atMs, `no session.updated within ${CONFIGURE_MS} ms`, isReplyDue(step.call), "modelUnreachable");
}

/** The caller has spoken, or has stopped, and the model has not noticed. What was said is kept, and the next session hears it. */
export function missSpeech(step: Step, atMs: number): Step {
  const { hearing, responses, intake } = step.call;
  // Something else is due by now, or plays: that has its own deadlines, and this may be its echo.
  if (intake.owed !== "answer" && !mayBeUnnoticed(step.call)) return callOffListening(step);
  if (!hearing.asked && responses.current.type === "idle") return askWhetherThere(step, atMs);
  // Told apart by what is kept, not by `callerSpeaks`: a stream that is lost ends that, and not the wait.
  if (intake.owed === "answer") return abandonModel(noticeStop(step, atMs), atMs, "it did not notice that the caller has stopped");
  // It does not even say that it is there, so words were probably lost on it: whoever said them hears that somebody is there.
  return abandonModel(fill(doubtHearing(step), atMs), atMs, "it did not notice that the caller speaks", false);
}

/** Why another connection is dialled, or none is. */
interface Loss {
  readonly cause: EndCause;
  /** Another one would be refused too. */
  readonly final: boolean;
  /** Something is due to the caller. */
  readonly due: boolean;
  readonly detail: string;
  /** The server asked not to be dialled sooner. */
  readonly retryAfterMs: number;
}

function redialModel(step: Step, atMs: number, { cause, final, due, detail, retryAfterMs }: Loss): Step {
  const { model, playout, responses, seed } = step.call;
  if (!isConnected(model)) return step;
  const { epoch, attempt } = model;
  // What it has sent is all that there is: a last mark tells when it was heard.
  const marked = withMark(dropSuccessor(step, atMs), partsComplete(playout, epoch));
  const waiting = change(marked, { model: { state: "waiting", epoch, attempt } });
  if (final) return giveUp(waiting, atMs, { by: "model", cause }, detail);
  // What the caller said and has no answer to is kept: hearing it, the next session answers of its own accord.
  const asks = due && marked.call.intake.owed !== "answer";
  const restarted = restartResponses(due ? countFailure(responses, true) : responses, asks);
  // A model that goes whenever it should speak would be dialled in silence for ever.
  if (restarted.failuresInRow >= FAILURES_MAX) return giveUp(waiting, atMs, { by: "model", cause }, detail);
  const quiet = clearDeadlines(marked.call.deadlines, "reply", "gap", "stall", "retry", "rollOver", "configure", "speech");
  const held = change(waiting, {
    intake: closeIntake(marked.call.intake),
    responses: restarted,
    callerSpeaks: false,
    deadlines: setDeadline(quiet, "redial", atMs + Math.max(backoffMs(attempt, seed), retryAfterMs)),
  });
  const waited = due ? beginWait(held, atMs) : held;
  return awaitModel(marked.call.phase === "expected" ? waited : needed(waited, "recovered"), atMs);
}
