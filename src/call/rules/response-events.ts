// What a call does when its model hears or speaks: speech begins and ends, audio, words, the end of a response. The connection is model-events.ts's.

import { payloadBytes } from "../../protocol/media-streams/media-streams.ts";
import type { ModelEvent } from "../events.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { addUtterance, isToldInWords, setText } from "../machines/history.ts";
import { settle } from "../machines/intake.ts";
import { provenLeg } from "../machines/model-leg.ts";
import { aheadMs, audioComplete, audioSent, type PlayoutStep, partsComplete, slicePayload } from "../machines/playout.ts";
import {
  countFailure,
  discard,
  forgetWaiting,
  isDiscarded,
  isFirstAudio,
  isSilent,
  responseDone,
  responseHasAudio,
  responseStarted,
} from "../machines/responses.ts";
import { answerTurn, beginTurn, heardText, saidText } from "../machines/turns.ts";
import { change, order, type Step } from "../state.ts";
import { awaitReply, oweAnswer, retryResponse, sendResponse } from "./asking.ts";
import { speakOver } from "./barge-in.ts";
import { awaitFrame } from "./gap.ts";
import { awaitStop, stopListening } from "./hearing.ts";
import { rollOver } from "./roll-over.ts";
import { endWait } from "./waiting.ts";

/** Below Twilio's ten minutes by the longest that one message of the model may be. */
const AHEAD_MAX_MS = 540_000;

/** The caller speaks: whatever the model was saying is taken back. */
export function takeSpeech(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStarted" }>): Step {
  const { deadlines, history, responses } = step.call;
  const speaking = change(step, {
    callerSpeaks: true,
    responses: forgetWaiting(responses),
    phase: "talking",
    deadlines: clearDeadlines(deadlines, "reply", "stall", "retry"),
    history: addUtterance(history, "user", itemId),
  });
  return awaitFrame(awaitStop(endWait(speakOver(speaking), atMs), atMs), atMs);
}

/** The caller has stopped: the server answers by itself (`create_response`), and the wait for it begins. */
export function takeSilence(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStopped" }>): Step {
  const { deadlines, turns } = step.call;
  const quiet = change(step, {
    callerSpeaks: false,
    deadlines: clearDeadlines(deadlines, "gap"),
    turns: beginTurn(turns, "speech", atMs, itemId),
  });
  return awaitReply(stopListening(quiet), atMs);
}

/** The server has begun a response. */
export function takeResponse(step: Step, { responseId }: Extract<ModelEvent, { type: "model.responseStarted" }>): Step {
  return change(step, { responses: responseStarted(step.call.responses, responseId) });
}

/** Audio for the caller: cut into slices, with marks among them. Late audio of a response that was talked over is not played. */
export function takeModelAudio(step: Step, event: Extract<ModelEvent, { type: "model.audio" }>): Step {
  const { call } = step;
  const { responseId, itemId, contentIndex } = event;
  if (event.payload === "" || isDiscarded(call.responses, responseId)) return step;
  if (call.caller.state !== "live") return sayToNobody(step, responseId);
  if (aheadMs(call.playout) > AHEAD_MAX_MS) return stopAhead(step, responseId);
  const first = isFirstAudio(call.responses, responseId);
  const answered = endWait(step, event.atMs);
  const spoken = change(answered, {
    responses: responseHasAudio(call.responses, responseId),
    deadlines: setDeadline(clearDeadlines(answered.call.deadlines, "reply"), "stall", event.atMs + call.settings.stallMs),
    turns: first ? answerTurn(call.turns, responseId, event.atMs) : call.turns,
    // What begins while the caller still speaks answers something else.
    intake: first && !call.callerSpeaks ? settle(call.intake) : call.intake,
    history: addUtterance(call.history, "assistant", itemId),
  });
  return slicePayload(event.payload).reduce((played, payload) => {
    const sent = { session: event.epoch, responseId, itemId, contentIndex, bytes: payloadBytes(payload) };
    return withMark(order(played, { type: "caller.play", payload }), audioSent(played.call.playout, sent));
  }, spoken);
}

/** Nobody is there: played to the stream that comes next it would be out of place. It is owed to that one instead. */
function sayToNobody(step: Step, responseId: string): Step {
  const { responses, deadlines } = step.call;
  return oweAnswer(change(step, { responses: discard(responses, responseId), deadlines: clearDeadlines(deadlines, "reply") }));
}

/** Twilio discards what lies more than ten minutes ahead (31931), marks and all; a model that talks so long is stopped before. */
function stopAhead(step: Step, responseId: string): Step {
  const { responses, deadlines, identity } = step.call;
  const stopped = change(step, { responses: discard(responses, responseId), deadlines: clearDeadlines(deadlines, "stall") });
  return order(
    stopped,
    { type: "model.cancel" },
    { type: "log", level: "warning", event: "playout.full", fields: { callSid: identity.callSid } },
  );
}

/** The model has sent all of a part; what is still missing of the response is no sound. */
export function takeAudioDone(before: Step, event: Extract<ModelEvent, { type: "model.audioDone" }>): Step {
  const { responseId, itemId, contentIndex } = event;
  const step = change(before, { deadlines: clearDeadlines(before.call.deadlines, "stall") });
  return withMark(step, audioComplete(step.call.playout, { session: event.epoch, responseId, itemId, contentIndex }));
}

/** What the model said, in words. Of an item that was not played at all, nothing was heard. */
export function takeSaid(step: Step, { responseId, itemId, text }: Extract<ModelEvent, { type: "model.responseTranscribed" }>): Step {
  const { turns, history } = step.call;
  return change(step, { turns: saidText(turns, responseId, text), history: setText(history, itemId, text) });
}

/** What the caller said, in words; it may come long after. */
export function takeHeard(step: Step, { itemId, text }: Extract<ModelEvent, { type: "model.speechTranscribed" }>): Step {
  const { turns, intake, callerSpeaks } = step.call;
  const history = setText(addUtterance(step.call.history, "user", itemId), itemId, text);
  return change(step, {
    turns: heardText(turns, itemId, text),
    history,
    // In words it is told to a next session, which then need not hear it. Words of an older utterance, or none, are not the words of this one.
    intake: !callerSpeaks && isToldInWords(history) ? settle(intake) : intake,
  });
}

/**
 * A response has ended. One that failed, or was cut short before its first audio, is asked for once more; unread, a wrong model name or an
 * empty account would be silence.
 */
export function takeResponseDone(step: Step, event: Extract<ModelEvent, { type: "model.responseDone" }>): Step {
  const { atMs, responseId, status, error } = event;
  const marked = withMark(step, partsComplete(step.call.playout, event.epoch, responseId));
  const { call } = marked;
  // Completed or cut short, without a sound it is silence to the caller.
  const silent = (status === "completed" || status === "incomplete") && isSilent(call.responses, responseId);
  const failed = status === "failed" || silent;
  const done = responseDone(call.responses, responseId, failed && !isDiscarded(call.responses, responseId));
  // The end of one that was talked over: what comes of the caller's words is awaited already.
  if (isDiscarded(call.responses, responseId)) return sendResponse(marked, atMs, done);
  // Another one runs, or ours is still to begin: this is the end of neither.
  if (done.responses === call.responses) return marked;
  const settled = change(marked, {
    phase: call.phase === "greeting" && !failed ? "talking" : call.phase,
    // An answer that is due still is: its own first audio would have ended that wait.
    deadlines: clearDeadlines(call.deadlines, "stall"),
    model: status === "completed" ? provenLeg(call.model) : call.model,
  });
  const counted = { ...done, responses: countFailure(done.responses, failed) };
  return failed ? retryResponse(settled, atMs, counted, error) : rollOver(sendResponse(settled, atMs, counted), atMs);
}

/** The playout changed, and its mark to send, if any. */
export function withMark(step: Step, { playout, mark }: PlayoutStep): Step {
  const placed = change(step, { playout });
  return mark === undefined ? placed : order(placed, { type: "caller.mark", name: mark });
}
