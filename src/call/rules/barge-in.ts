// Barge-in: the caller speaks, or presses a key, over the model. Audio that was not heard is flushed from Twilio and
// truncated from the model's conversation.
// https://developers.openai.com/api/docs/guides/realtime-conversations (with a WebSocket, the client truncates)
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import type { Effect } from "../effects.ts";
import { setHeardRatio } from "../machines/history.ts";
import { flushPlayout, isPlaying, type Truncation } from "../machines/playout.ts";
import { discard, discardActive } from "../machines/responses.ts";
import { interruptTurn } from "../machines/turns.ts";
import { type Call, change, clearDeadlines, count, order, type Step } from "../state.ts";

/**
 * The caller spoke over the model. The server cancels by itself (`interrupt_response`): our own cancel would be
 * rejected.
 */
export function interruptBySpeech(step: Step): Step {
  // The other side of a menu talks all the time: tones are not cut.
  return step.call.tones === undefined ? interrupt(step, []) : step;
}

/** The caller pressed a key over the model. The server heard no speech, so it needs an explicit cancel. */
export function interruptByKey(step: Step): Step {
  return interrupt(step, cancelActive(step));
}

/**
 * The stream is gone with the audio that Twilio still held: nothing to flush, but the model must know it was not
 * heard.
 */
export function discardUnheard(step: Step): Step {
  return takeBack(step, cancelActive(step));
}

/** The same when the model's session is over, too: only the conversation shows what was not heard. */
export function forgetUnheard(step: Step): Step {
  return isPlaying(step.call.playout) ? takeBack(step, []) : step;
}

function cancelActive({ call }: Step): readonly Effect[] {
  return call.responses.current.type === "active" ? [{ type: "model.cancel" }] : [];
}

function interrupt(step: Step, cancel: readonly Effect[]): Step {
  const playing = isPlaying(step.call.playout);
  if (!playing && step.call.responses.current.type !== "active") return step;
  // The flush comes first: the caller hears every millisecond before it.
  const back = takeBack(step, playing ? [{ type: "caller.flush" }, ...cancel] : cancel);
  return playing ? count(change(back, { turns: interruptTurn(back.call.turns) }), "bargeIns") : back;
}

function takeBack(step: Step, first: readonly Effect[]): Step {
  const { call } = step;
  const { playout, truncations } = flushPlayout(call.playout);
  // The items of an earlier session are gone with it.
  const known = truncations.filter(({ session }) => session === call.model.epoch);
  const truncates = known.map(
    ({ itemId, contentIndex, audioEndMs }): Effect => ({ type: "model.truncate", itemId, contentIndex, audioEndMs }),
  );
  const back = change(step, { playout, responses: discardAll(call, truncations), history: cutUnheard(call, truncations) });
  // An interrupted response may stop at any point.
  return order(clearDeadlines(back, "stall"), ...first, ...(call.model.state === "ready" ? truncates : []));
}

/** Discards the active response, and every response that lost audio: late audio of these is not played. */
function discardAll(call: Call, truncations: readonly Truncation[]): Call["responses"] {
  const active = discardActive(call.responses);
  return truncations.reduce((responses, { responseId }) => discard(responses, responseId), active);
}

function cutUnheard(call: Call, truncations: readonly Truncation[]): Call["history"] {
  return truncations.reduce(
    (history, { itemId, audioEndMs, sentMs }) => setHeardRatio(history, itemId, sentMs === 0 ? 0 : audioEndMs / sentMs),
    call.history,
  );
}
