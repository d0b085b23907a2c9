// `send_digits`: the model presses keys, as in the menu of another telephone system. The tones go into the stream after
// what the agent has said, and are never cut by speech: the other side may be talking.

import { DTMF_DIGITS, dtmfPayload } from "../../audio/dtmf.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { payloadBytes } from "../../protocol/media-streams/media-streams.ts";
import type { FunctionCall } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import type { CallEvent } from "../events.ts";
import { audioComplete, audioSent, slicePayload } from "../machines/playout.ts";
import { applyPlayout, type Call, change, order, type Step } from "../state.ts";
import { onToolReturned } from "./tool-results.ts";

/** The name under which the model sends digits. */
export const SEND_DIGITS = "send_digits";

/** With waits of half a second, 16 s at most. */
export const SENT_DIGITS_MAX = 32;

/** To say what the agent has to say before, and to play the tones. */
export const SEND_MAX_MS = 60_000;

/** No model session: what is not heard of the tones is not truncated at the model. */
const NO_SESSION = 0;

export function sendDigits(step: Step, atMs: number, { callId, arguments: given }: FunctionCall): Step {
  const digits = readDigits(given);
  const refused = digits === undefined ? `Not sent: digits must be 1 to ${SENT_DIGITS_MAX} of 0-9, *, #, A-D and w.` : refusal(step.call);
  if (digits === undefined || refused !== undefined)
    return onToolReturned(step, { type: "tool.returned", atMs, callId, output: refused ?? "" });
  return playTones(change(step, { tones: callId }), callId, dtmfPayload(digits));
}

function refusal({ tones, caller }: Call): string | undefined {
  if (tones !== undefined) return "Not sent: other digits are being sent.";
  return caller.state === "live" ? undefined : "Not sent: the line was interrupted.";
}

function readDigits(given: string): string | undefined {
  const wanted = parseJson(given);
  const digits = isObject(wanted) ? wanted["digits"] : undefined;
  return typeof digits === "string" && DTMF_DIGITS.test(digits) && digits.length <= SENT_DIGITS_MAX ? digits : undefined;
}

function partOf(callId: string) {
  return { session: NO_SESSION, responseId: "", itemId: callId, contentIndex: 0 };
}

function playTones(step: Step, callId: string, tones: string): Step {
  const effects: Effect[] = [];
  let { playout } = step.call;
  for (const payload of slicePayload(tones)) {
    const sent = audioSent(playout, partOf(callId), payloadBytes(payload));
    playout = sent.playout;
    effects.push({ type: "caller.play", payload });
    if (sent.mark !== undefined) effects.push({ type: "caller.mark", name: sent.mark });
  }
  return applyPlayout(order(change(step, { playout }), ...effects), audioComplete(playout, partOf(callId)));
}

/** After any event but audio: the tones have been heard, or a key or the end of the stream has cut them. */
export function keepTones(step: Step, { type, atMs }: CallEvent): Step {
  const { tones, playout } = step.call;
  if (tones === undefined || playout.parts.some((part) => part.session === NO_SESSION && part.itemId === tones)) return step;
  const output = type === "caller.markReturned" ? "Sent." : "Not sent to the end: the caller pressed a key, or the line was interrupted.";
  return onToolReturned(change(step, { tones: undefined }), { type: "tool.returned", atMs, callId: tones, output });
}
