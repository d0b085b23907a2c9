// Dialling the model, and how long the caller waits for it. What follows on the connection: model-connection.ts.

import { nextDial } from "../machines/model-leg.ts";
import { type Call, change, clearDeadlines, count, order, type Step, setDeadline } from "../state.ts";
import { scheduleFiller } from "./caller-wait.ts";

/** Dials the model, first or again. */
export function dialModel(step: Step, atMs: number): Step {
  const { model, tally, chosen } = step.call;
  const dialling = nextDial(model, tally.modelDials);
  const dialled = awaitModel(change(clearDeadlines(step, "redial"), { model: dialling }), atMs);
  return order(count(dialled, "modelDials"), { type: "model.dial", epoch: dialling.epoch, chosen });
}

/** A caller is waiting for the model: the time they will wait counts from the first dial, and a filler is due soon. */
export function awaitModel(step: Step, atMs: number): Step {
  const { caller, deadlines } = step.call;
  if (caller.state !== "live") return step;
  return scheduleFiller(setDeadline(step, "modelReady", deadlines.modelReady ?? atMs + readyWithinMs(step.call)), atMs);
}

/** The model that this call tries next; undefined: it has tried all. Those before the first one were skipped. */
export function otherModel({ settings, chosen }: Call): number | undefined {
  const next = (chosen + 1) % settings.models;
  return next === settings.firstModel ? undefined : next;
}

/** How long the model may take to be ready: less while there is another one to try. */
export function readyWithinMs(call: Call): number {
  const { nextModelMs, modelReadyMs } = call.settings;
  return otherModel(call) === undefined ? modelReadyMs : nextModelMs;
}
