// Roll-over: a model session lives 60 minutes at most, and a call may live longer. Before that, a successor is made
// ready beside the current session and takes over between two turns, without the caller noticing.
// https://developers.openai.com/api/docs/guides/realtime-conversations

import type { Effect } from "../effects.ts";
import type { ModelEvent } from "../events.ts";
import { seedMessages } from "../machines/history.ts";
import { rejectsConfiguration, type Successor, wrongFormat } from "../machines/model-leg.ts";
import { isPlaying } from "../machines/playout.ts";
import { restartResponses } from "../machines/responses.ts";
import { restartedWatch } from "../machines/speech-watch.ts";
import { type Call, change, clearDeadlines, count, order, type Step, setDeadline } from "../state.ts";
import { configure, configureWithout } from "./session-settings.ts";

/** From a failed successor to the next; the current session has minutes left. */
const AGAIN_MS = 30_000;

/** The session has grown old: the successor is dialled. One that is not ready by the next deadline is dropped. */
export function onRollOverDue(step: Step, atMs: number): Step {
  const { model, successor, tally, chosen } = step.call;
  if (model.state !== "ready" || successor?.state === "ready") return step;
  if (successor !== undefined) return dropSuccessor(step, atMs);
  const epoch = tally.modelDials + 1;
  const dialled = setDeadline(change(step, { successor: { state: "dialling", epoch } }), "rollOver", atMs + AGAIN_MS);
  return order(count(dialled, "modelDials"), { type: "model.dial", epoch, chosen });
}

/** An event of the successor. It has no part in the conversation yet, so events of one are ignored. */
export function onSuccessorEvent(step: Step, successor: Successor, event: ModelEvent): Step {
  const { epoch, state } = successor;
  switch (event.type) {
    case "model.opened":
      if (state !== "dialling") return step;
      return configure(change(step, { successor: { state: "configuring", epoch } }), epoch);
    case "model.ready":
      if (state !== "configuring") return step;
      if (wrongFormat(event) !== undefined) return dropSuccessor(step, event.atMs);
      return rollOver(change(step, { successor: { state: "ready", epoch } }), event.atMs);
    case "model.errorReported": {
      const isRejected = state === "configuring" && rejectsConfiguration(event.error);
      return (isRejected ? configureWithout(step, epoch, event.error) : undefined) ?? dropSuccessor(step, event.atMs);
    }
    case "model.lost":
      return loseSuccessor(step, event.atMs);
    default:
      return step;
  }
}

/** A successor that is ready takes over, if it is between two turns. It is seeded with the conversation. */
export function rollOver(step: Step, atMs: number): Step {
  const { call } = step;
  const { successor, model, history, responses, speechWatch, settings } = call;
  if (successor?.state !== "ready" || !isBetweenTurns(call)) return step;
  const { epoch } = successor;
  const replaced = change(step, {
    model: { state: "ready", epoch, attempt: 0 },
    successor: undefined,
    responses: restartResponses(responses, false),
    speechWatch: restartedWatch(speechWatch),
  });
  const { callSid } = call.identity;
  return order(
    setDeadline(replaced, "rollOver", atMs + settings.rollOverMs),
    ...seedMessages(history).map(({ role, text }): Effect => ({ type: "model.addMessage", epoch, role, text })),
    { type: "model.close", epoch: model.epoch },
    { type: "log", level: "info", event: "model.rolledOver", fields: { callSid, epoch } },
  );
}

/** Closes the successor's connection; the call goes on without it. */
export function dropSuccessor(step: Step, atMs: number): Step {
  const { successor } = step.call;
  return successor === undefined ? step : order(loseSuccessor(step, atMs), { type: "model.close", epoch: successor.epoch });
}

function loseSuccessor(step: Step, atMs: number): Step {
  const { successor, model, identity } = step.call;
  if (successor === undefined) return step;
  const lost = change(step, { successor: undefined });
  const again = model.state === "ready" ? setDeadline(lost, "rollOver", atMs + AGAIN_MS) : clearDeadlines(lost, "rollOver");
  const fields = { callSid: identity.callSid, epoch: successor.epoch };
  return order(again, { type: "log", level: "warning", event: "model.successorLost", fields });
}

function isBetweenTurns({ callerSpeaks, responses, playout, deadlines, intake, tools }: Call): boolean {
  const isQuiet = !callerSpeaks && tools.running.length === 0 && intake.unanswered === "nothing" && !isPlaying(playout);
  return isQuiet && responses.current.type === "idle" && responses.queued === undefined && deadlines.reply === undefined;
}
