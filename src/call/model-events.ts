// What a call does when the connection to its model changes: dialled, opened, ready, refused, lost. What the model says is response-events.ts's.

import { askForResponse, askForWaiting, FAILURES_MAX, refuseResponse } from "./asking.ts";
import { clearDeadlines, setDeadline } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import type { ModelEvent } from "./events.ts";
import { seeds } from "./history.ts";
import { closeIntake, openIntake } from "./intake.ts";
import { giveUp } from "./ladder.ts";
import { backoffMs, isFatalEnd, isFatalError, nextDial, refusesConfiguration } from "./model-leg.ts";
import { partsComplete } from "./playout.ts";
import { withMark } from "./response-events.ts";
import { countFailure, isComing, restartResponses } from "./responses.ts";
import { change, count, order, type Step } from "./state.ts";

/** The codes of an error that an event of ours may earn in a race, and that means nothing: the server was done first. */
const HARMLESS_CODES: ReadonlySet<string> = new Set(["response_cancel_not_active", "item_not_found", "input_audio_buffer_commit_empty"]);

/** PCMU by its GA name, and by its older one. */
const PCMU_FORMATS: ReadonlySet<string> = new Set(["audio/pcmu", "g711_ulaw"]);

/** Dials the model. The caller's patience counts from the first dial on. */
export function dialModel(step: Step, atMs: number): Step {
  const { model, deadlines, settings } = step.call;
  const dialling = nextDial(model);
  const patience = deadlines.modelReady ?? atMs + settings.modelReadyMs;
  const dialled = change(step, { model: dialling, deadlines: clearDeadlines(setDeadline(deadlines, "modelReady", patience), "redial") });
  return order(count(dialled, "modelDials"), { type: "model.dial", epoch: dialling.epoch });
}

/** The connection is open. The session is configured at once: a server that never sends `session.created` is served too. */
export function configureModel(step: Step): Step {
  const { model } = step.call;
  if (model.state !== "dialling") return step;
  return order(change(step, { model: { ...model, state: "configuring" } }), { type: "model.configure" });
}

/** `session.updated`: it takes PCMU for PCMU from now on. It is told what was said before, asked to speak, and then hears what was held. */
export function readyModel(step: Step, { atMs, inputFormat, outputFormat }: Extract<ModelEvent, { type: "model.ready" }>): Step {
  const { model, deadlines, history, intake } = step.call;
  if (model.state !== "configuring") return step;
  const wrong = [inputFormat, outputFormat].find((format) => format !== undefined && !PCMU_FORMATS.has(format));
  if (wrong !== undefined) {
    return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, `session.updated: expected audio/pcmu both ways, got ${wrong}`);
  }
  const opened = openIntake(intake);
  const ready = change(step, {
    model: { ...model, state: "ready" },
    intake: opened.intake,
    deadlines: clearDeadlines(deadlines, "modelReady"),
  });
  const told = order(ready, ...seeds(history).map(({ role, text }): Effect => ({ type: "model.tell", role, text })));
  const live = told.call.caller.state === "live";
  // The request goes before the held audio: speech in that audio would start a response of the server's own, and ours would be refused.
  const asked = live && told.call.phase === "greeting" ? askForResponse(told, atMs, "greeting") : askForWaiting(told, atMs);
  const held = opened.pass.map((payload): Effect => ({ type: "model.hear", payload }));
  const { callSid } = told.call.identity;
  const log: Effect = {
    type: "log",
    level: "debug",
    event: "model.ready",
    fields: { callSid, epoch: model.epoch, heldFrames: held.length },
  };
  return order(asked, ...held, log);
}

/** An `error` event: most leave the session alive, and are only told of in the log. */
export function takeError(step: Step, { atMs, error }: Extract<ModelEvent, { type: "model.failed" }>): Step {
  const { model, identity } = step.call;
  const detail = [error.code ?? error.type, error.message].filter((part) => part !== undefined).join(": ");
  if (isFatalError(error) || (model.state === "configuring" && refusesConfiguration(error))) {
    return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, detail);
  }
  const harmless = error.code !== undefined && HARMLESS_CODES.has(error.code);
  const fields = { callSid: identity.callSid, detail, param: error.param };
  const told = order(step, { type: "log", level: harmless ? "debug" : "warning", event: "model.failed", fields });
  return error.eventId === undefined ? told : refuseResponse(told, atMs, { ...error, eventId: error.eventId });
}

/** An event that could not be read: counted; only the first is told of in the log. */
export function takeBadEvent(step: Step, { bad }: Extract<ModelEvent, { type: "model.sentBad" }>): Step {
  const counted = count(step, "badEvents");
  if (counted.call.tally.badEvents > 1) return counted;
  return order(counted, { type: "log", level: "warning", event: "model.sentBad", fields: { callSid: step.call.identity.callSid, bad } });
}

/** The connection is gone, or was never had: dialled again within the caller's patience, unless the answer would be the same. */
export function loseModel(step: Step, event: Extract<ModelEvent, { type: "model.lost" }>): Step {
  const { atMs, code, reason, httpStatus, failure } = event;
  const { call } = step;
  if (call.model.state !== "dialling" && call.model.state !== "configuring" && call.model.state !== "ready") return step;
  const status = httpStatus === undefined ? "" : `, HTTP ${httpStatus}`;
  const detail = `${failure ?? `closed with ${code} "${reason}"`}${status}`;
  const { callSid } = call.identity;
  const told = order(step, { type: "log", level: "warning", event: "model.lost", fields: { callSid, epoch: event.epoch, detail } });
  const { epoch, attempt } = call.model;
  // What it has sent is all that there is: a last mark tells when it was heard.
  const marked = withMark(told, partsComplete(call.playout, epoch));
  const waiting = change(marked, { model: { state: "waiting", epoch, attempt } });
  if (isFatalEnd(event)) return giveUp(waiting, atMs, { by: "model", cause: "modelRefused" }, detail);
  const due = isComing(call.responses) || call.deadlines.reply !== undefined;
  const restarted = restartResponses(due ? countFailure(call.responses, true) : call.responses, due);
  // A model that goes whenever it should speak would be dialled in silence for ever.
  if (restarted.failuresInRow >= FAILURES_MAX) return giveUp(waiting, atMs, { by: "model", cause: "modelFailed" }, detail);
  const quiet = clearDeadlines(call.deadlines, "reply", "gap");
  const patient = setDeadline(quiet, "modelReady", quiet.modelReady ?? atMs + call.settings.modelReadyMs);
  return change(waiting, {
    intake: closeIntake(call.intake),
    responses: restarted,
    callerSpeaks: false,
    deadlines: setDeadline(patient, "redial", atMs + backoffMs(attempt, call.seed)),
  });
}
