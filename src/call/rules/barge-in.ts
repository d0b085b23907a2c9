// Barge-in: the caller speaks, or presses a key, over the model. What was not heard is taken back from Twilio and from the model's memory.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations (WebSocket: the client truncates) and
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import type { Effect } from "../effects.ts";
import { clearDeadlines } from "../machines/deadlines.ts";
import { setHeard } from "../machines/history.ts";
import { flushPlayout, isPlaying, type Truncation } from "../machines/playout.ts";
import { discard, discardActive } from "../machines/responses.ts";
import { interruptTurn } from "../machines/turns.ts";
import { type Call, change, count, order, type Step } from "../state.ts";

/** The caller spoke over it: the server cancels by itself (`interrupt_response`), so that a `response.cancel` of ours would only be refused. */
export function speakOver(step: Step): Step {
  return interrupt(step, []);
}

/** The caller pressed a key over it: the server has heard no speech and must be told to stop. */
export function pressOver(step: Step): Step {
  return interrupt(step, cancelActive(step));
}

/** The stream is gone with what Twilio still held: there is nothing to flush, but the model must not believe that it was heard. */
export function loseUnheard(step: Step): Step {
  return takeBack(step, cancelActive(step));
}

function cancelActive({ call }: Step): readonly Effect[] {
  return call.responses.current.type === "active" ? [{ type: "model.cancel" }] : [];
}

function interrupt(step: Step, orders: readonly Effect[]): Step {
  const playing = isPlaying(step.call.playout);
  if (!playing && step.call.responses.current.type !== "active") return step;
  // The flush comes first: the caller's ear is the one that notices.
  const back = takeBack(step, playing ? [{ type: "caller.flush" }, ...orders] : orders);
  return playing ? count(change(back, { turns: interruptTurn(back.call.turns) }), "bargeIns") : back;
}

function takeBack(step: Step, first: readonly Effect[]): Step {
  const { call } = step;
  const { playout, truncations } = flushPlayout(call.playout);
  // A model session that is gone has taken its items with it.
  const known = truncations.filter(({ session }) => session === call.model.epoch);
  const truncates = known.map(
    ({ itemId, contentIndex, audioEndMs }): Effect => ({ type: "model.truncate", itemId, contentIndex, audioEndMs }),
  );
  const sendable = call.model.state === "ready" ? [...first, ...truncates] : first;
  const back = change(step, {
    playout,
    responses: discardAll(call, truncations),
    history: forget(call, truncations),
    // Whether it goes on is nobody's concern now.
    deadlines: clearDeadlines(call.deadlines, "stall"),
  });
  return order(back, ...sendable);
}

/** The response that runs, and every one of which something was taken back, is discarded: its late audio is not played. */
function discardAll(call: Call, truncations: readonly Truncation[]): Call["responses"] {
  const active = discardActive(call.responses);
  return truncations.reduce((responses, { responseId }) => discard(responses, responseId), active);
}

function forget(call: Call, truncations: readonly Truncation[]): Call["history"] {
  return truncations.reduce(
    (history, { itemId, audioEndMs, sentMs }) => setHeard(history, itemId, sentMs === 0 ? 0 : audioEndMs / sentMs),
    call.history,
  );
}
