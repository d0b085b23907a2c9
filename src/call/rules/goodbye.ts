// The agent ends the call: by the function hang_up, or because voice has it say goodbye. Either way the caller hears
// the goodbye to its end, within a bound. When the model says none, Twilio reads a sentence out.

import type { Effect } from "../effects.ts";
import type { EndReason } from "../end-reason.ts";
import type { CallEvent, ModelEvent } from "../events.ts";
import { type Goodbye, isFinal } from "../machines/goodbye.ts";
import { isPlaying, unheardMs } from "../machines/playout.ts";
import { discard, responseStarted, stopResponses } from "../machines/responses.ts";
import { noTools } from "../machines/tools.ts";
import type { Transfer } from "../machines/transfer.ts";
import { type Call, change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { leave } from "./ending.ts";
import { requestWords } from "./responses.ts";
import { handOver } from "./transfer.ts";

/** From the request for a goodbye until all of it was sent: a reply's time, and a repeated request's. */
const SAY_GOODBYE_MS = 12_000;
/** For the marks of a goodbye to return, beyond the time that it takes to play. */
const GOODBYE_MARGIN_MS = 2_000;
/** The name under which the model hangs up. */
export const HANG_UP = "hang_up";

/** The agent's result of hang_up when the caller speaks over its goodbye. */
export const BUSY = "Not done: the caller is speaking, or waits for an answer. Answer, and hang up later.";

/** The same of a transfer. */
export const BUSY_TO_TRANSFER = "Not done: the caller is speaking, or waits for an answer. Answer, and transfer the call later.";

/** The model has hung up, and its goodbye is on its way to the caller. */
export function hangUpAfterGoodbye(step: Step, atMs: number, callId: string): Step {
  const { playout, model } = step.call;
  const by = { callId, session: model.epoch };
  const goodbye: Goodbye = { end: { by: "agent", cause: "hungUp" }, state: "said", by, sentBytes: playout.sentBytes };
  return awaitHeard(change(clearDeadlines(step, "reply"), { tools: noTools }), atMs, goodbye);
}

/** The model transfers the caller, and its words are on their way to them. */
export function transferAfterWords(step: Step, atMs: number, callId: string, transfer: Transfer): Step {
  const { playout, model } = step.call;
  const by = { callId, session: model.epoch };
  const announced = { ...transfer, isAnnounced: isPlaying(playout) };
  const end = { by: "agent", cause: "transferred" } as const;
  return awaitHeard(clearDeadlines(step, "reply"), atMs, { end, state: "said", by, sentBytes: playout.sentBytes, transfer: announced });
}

/** Has the model say goodbye, and ends the call. */
export function sayGoodbye(step: Step, atMs: number, cause: EndReason["cause"], instructions: string): Step {
  const { playout } = step.call;
  const goodbye: Goodbye = { end: { by: "agent", cause }, state: "requested", by: undefined, sentBytes: playout.sentBytes };
  return setDeadline(requestWords(change(step, { goodbye }), atMs, instructions), "goodbye", atMs + SAY_GOODBYE_MS);
}

/** Ends the call when what plays has been heard, with Twilio's goodbye: the model is asked for nothing more. */
export function endWithoutWords(step: Step, atMs: number, cause: EndReason["cause"]): Step {
  const { playout, responses } = step.call;
  const goodbye: Goodbye = { end: { by: "agent", cause }, state: "said", by: undefined, sentBytes: playout.sentBytes };
  const quiet = change(clearDeadlines(step, "reply", "retry", "filler", "lateReply"), { responses: stopResponses(responses) });
  return awaitHeard(responses.current.type === "active" ? order(quiet, { type: "model.cancel" }) : quiet, atMs, goodbye);
}

/**
 * After any event but audio: a goodbye that was requested has been said once nothing more of it is due. When the stream
 * is lost, Twilio reads one out.
 */
export function noteGoodbyeSaid(step: Step, { type, atMs }: CallEvent): Step {
  const { goodbye, caller } = step.call;
  if (goodbye === undefined) return step;
  if (type === "caller.disconnected" && goodbye.transfer !== undefined) return handOver(step, atMs, goodbye.transfer);
  if (type === "caller.disconnected") return leave(step, atMs, goodbye.end, { type: "say", sentence: "goodbye" });
  if (goodbye.state === "said" || caller.state !== "live" || isDue(step.call)) return step;
  return awaitHeard(step, atMs, { ...goodbye, state: "said" });
}

function isDue({ responses, deadlines, model }: Call): boolean {
  if (model.state !== "ready" || responses.current.type !== "idle" || responses.queued !== undefined) return true;
  return deadlines.retry !== undefined;
}

function awaitHeard(step: Step, atMs: number, goodbye: Goodbye): Step {
  const { playout } = step.call;
  const said = change(step, { goodbye });
  return isPlaying(playout) ? setDeadline(said, "goodbye", atMs + unheardMs(playout) + GOODBYE_MARGIN_MS) : leaveAfter(said, atMs, goodbye);
}

/** A mark came back: this may have been the end of the goodbye. */
export function leaveIfHeard(step: Step, atMs: number): Step {
  const { goodbye, playout } = step.call;
  return goodbye?.state !== "said" || isPlaying(playout) ? step : leaveAfter(step, atMs, goodbye);
}

/** The time for the goodbye is over. */
export function onGoodbyeTimeout(step: Step, atMs: number): Step {
  const { goodbye } = step.call;
  return goodbye === undefined ? step : leaveAfter(step, atMs, goodbye);
}

/** Leaves the call, or transfers it. A caller for whom the model found no words hears a sentence of Twilio's. */
function leaveAfter(step: Step, atMs: number, { end, by, sentBytes, transfer }: Goodbye): Step {
  if (transfer !== undefined) return handOver(step, atMs, transfer);
  const wasSaid = by !== undefined || step.call.playout.sentBytes > sentBytes;
  return leave(step, atMs, end, wasSaid ? { type: "nothing" } : { type: "say", sentence: "goodbye" });
}

/** Whether the caller can no longer change that the call ends. */
export function isEnding({ goodbye }: Call): boolean {
  return isFinal(goodbye);
}

/** The caller speaks or presses a key over the goodbye: the call goes on. */
export function keepTalking(step: Step): Step {
  const { goodbye, model } = step.call;
  if (goodbye === undefined) return step;
  const kept = change(clearDeadlines(step, "goodbye"), { goodbye: undefined });
  const { by, transfer } = goodbye;
  if (by === undefined || model.state !== "ready" || by.session !== model.epoch) return kept;
  return order(kept, refuseHangUp(model.epoch, by.callId, transfer === undefined ? BUSY : BUSY_TO_TRANSFER));
}

function refuseHangUp(epoch: number, callId: string, output: string): Effect {
  return { type: "model.addToolResult", epoch, callId, output };
}

/** Whether a final goodbye has been said: nothing that the model says after it is played. */
export function isOver({ goodbye }: Call): boolean {
  return isFinal(goodbye) && goodbye?.state === "said";
}

/** A final goodbye has been said, and the server answers what the caller said over it: that is not played. */
export function refuseResponse(step: Step, { responseId }: Extract<ModelEvent, { type: "model.responseStarted" }>): Step {
  const { responses } = step.call;
  const refused = discard(responseStarted(responses, responseId), responseId);
  const quiet = clearDeadlines(step, "reply", "filler", "lateReply");
  return order(change(quiet, { responses: refused }), { type: "model.cancel" });
}
