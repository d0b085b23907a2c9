// Roll-over: a model session lives 60 minutes at most (https://developers.openai.com/api/docs/guides/realtime-conversations), a call may live longer.
// Before that the next one is made ready beside it, and takes its place between two turns, unheard.

import type { Effect } from "../effects.ts";
import type { ModelEvent } from "../events.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { seeds } from "../machines/history.ts";
import { wrongFormat } from "../machines/model-leg.ts";
import { isPlaying } from "../machines/playout.ts";
import { restartResponses } from "../machines/responses.ts";
import { type Call, change, count, order, type Step } from "../state.ts";

/** The session that is to follow. */
export interface Successor {
  readonly state: "dialling" | "configuring" | "ready";
  readonly epoch: number;
}

/** After a successor that failed; the session that runs has minutes left. */
const AGAIN_MS = 30_000;

/** The session has grown old: the next one is dialled, while this one goes on. One that is not ready by the next ring never will be. */
export function dialSuccessor(step: Step, atMs: number): Step {
  const { model, successor, tally, deadlines } = step.call;
  if (model.state !== "ready" || successor?.state === "ready") return step;
  if (successor !== undefined) return dropSuccessor(step, atMs);
  const epoch = tally.modelDials + 1;
  const dialled = change(step, {
    successor: { state: "dialling", epoch },
    deadlines: setDeadline(deadlines, "rollOver", atMs + AGAIN_MS),
  });
  return order(count(dialled, "modelDials"), { type: "model.dial", epoch });
}

/** What the successor's connection tells; what it says of a conversation it has no part in is not heard. */
export function takeSuccessor(step: Step, successor: Successor, event: ModelEvent): Step {
  const { epoch, state } = successor;
  switch (event.type) {
    case "model.opened":
      if (state !== "dialling") return step;
      return order(change(step, { successor: { state: "configuring", epoch } }), { type: "model.configure", epoch });
    case "model.ready":
      if (state !== "configuring") return step;
      if (wrongFormat(event) !== undefined) return dropSuccessor(step, event.atMs);
      return rollOver(change(step, { successor: { state: "ready", epoch } }), event.atMs);
    case "model.errorReported":
      return dropSuccessor(step, event.atMs);
    case "model.lost":
      return giveUpSuccessor(step, event.atMs);
    default:
      return step;
  }
}

/** Between two turns, a successor that is ready takes over; else nothing. It is told what was said before. */
export function rollOver(step: Step, atMs: number): Step {
  const { call } = step;
  const { successor, model, history, responses, deadlines, settings } = call;
  if (successor?.state !== "ready" || !isBetweenTurns(call)) return step;
  const { epoch } = successor;
  const taken = change(step, {
    model: { state: "ready", epoch, attempt: 0 },
    successor: undefined,
    responses: restartResponses(responses, false),
    deadlines: setDeadline(deadlines, "rollOver", atMs + settings.rollOverMs),
  });
  const told = seeds(history).map(({ role, text }): Effect => ({ type: "model.addMessage", epoch, role, text }));
  const { callSid } = call.identity;
  return order(
    taken,
    ...told,
    { type: "model.close", epoch: model.epoch },
    { type: "log", level: "info", event: "model.rolledOver", fields: { callSid, epoch } },
  );
}

/** The call goes on without it: its connection is closed. */
export function dropSuccessor(step: Step, atMs: number): Step {
  const { successor } = step.call;
  return successor === undefined ? step : order(giveUpSuccessor(step, atMs), { type: "model.close", epoch: successor.epoch });
}

function giveUpSuccessor(step: Step, atMs: number): Step {
  const { successor, deadlines, model, identity } = step.call;
  if (successor === undefined) return step;
  const again = model.state === "ready" ? setDeadline(deadlines, "rollOver", atMs + AGAIN_MS) : clearDeadlines(deadlines, "rollOver");
  const fields = { callSid: identity.callSid, epoch: successor.epoch };
  return order(change(step, { successor: undefined, deadlines: again }), {
    type: "log",
    level: "warning",
    event: "model.successorLost",
    fields,
  });
}

function isBetweenTurns({ callerSpeaks, responses, playout, deadlines, intake }: Call): boolean {
  const silent = !callerSpeaks && intake.owed === "nothing" && !isPlaying(playout);
  return silent && responses.current.type === "idle" && responses.waiting === undefined && deadlines.reply === undefined;
}
