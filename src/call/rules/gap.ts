// Silence where frames are missing. Twilio leaves frames out when the caller is muted or packets are lost; a model that hears nothing at all
// never notices that the caller has stopped speaking. What the timestamps leave out is padded when the next frame comes (caller-leg.ts);
// this is for when no next frame comes.

import { silencePayload } from "../../protocol/media-streams/media-streams.ts";
import type { Effect } from "../effects.ts";
import { padAhead } from "../machines/caller-leg.ts";
import { setDeadline } from "../machines/deadlines.ts";
import { takeIn } from "../machines/intake.ts";
import { change, count, order, type Step } from "../state.ts";

/** Frames missing for so long while the caller speaks are taken for silence; a lost packet or two is not. */
const GAP_MS = 750;

/** Longer than any `silence_duration_ms` in use (500 by default), so that the model's voice detection ends the turn. */
const GAP_SILENCE_MS = 1_000;

/** Waits for the next frame, while the caller speaks. */
export function awaitFrame(step: Step, atMs: number): Step {
  const { callerSpeaks, deadlines } = step.call;
  return callerSpeaks ? change(step, { deadlines: setDeadline(deadlines, "gap", atMs + GAP_MS) }) : step;
}

/** No frame came: the model hears silence, once, and the next frame's own gap is shorter by it. */
export function fillGap(step: Step): Step {
  const { caller } = step.call;
  if (caller.state !== "live") return step;
  return hearSilence(change(step, { caller: padAhead(caller, GAP_SILENCE_MS) }), GAP_SILENCE_MS);
}

/** The model hears silence. */
export function hearSilence(step: Step, forMs: number): Step {
  const wholeMs = Math.round(forMs);
  return wholeMs <= 0 ? step : hear(count(step, "paddedMs", wholeMs), silencePayload(wholeMs));
}

/** The model hears a payload, now or when it is ready. */
export function hear(step: Step, payload: string): Step {
  const { intake, pass } = takeIn(step.call.intake, payload);
  const heard = pass.map((each): Effect => ({ type: "model.appendAudio", payload: each }));
  return order(change(step, { intake }), ...heard);
}
