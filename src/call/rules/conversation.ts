// The conversation with a model that is ready: it detects the caller's speech, sends audio, and sends transcripts.

import { payloadBytes } from "../../protocol/media-streams/media-streams.ts";
import type { ModelEvent } from "../events.ts";
import { addUtterance, setText } from "../machines/history.ts";
import { markAnswered, speechDetected, speechTranscribed } from "../machines/intake.ts";
import { audioComplete, audioSent, slicePayload, unheardMs } from "../machines/playout.ts";
import { discard, dropQueued, isDiscarded, isFirstAudio, responseHasAudio } from "../machines/responses.ts";
import { addModelText, answerTurn, beginTurn, setCallerText } from "../machines/turns.ts";
import { applyPlayout, change, clearDeadlines, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { interruptBySpeech } from "./barge-in.ts";
import { awaitFrame } from "./caller-input.ts";
import { endWait } from "./caller-wait.ts";
import { awaitReply, markReplyDue } from "./responses.ts";
import { stopWatching, watchForStop } from "./speech-watch.ts";

/** Twilio's limit of ten minutes, less the longest audio that one message may hold. */
const UNHEARD_MAX_MS = 540_000;

/** The caller speaks: the model is interrupted. */
export function onSpeechStarted(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStarted" }>): Step {
  const { history, responses, intake } = step.call;
  const speaking = change(clearDeadlines(enterPhase(step, "talking"), "reply", "stall", "retry"), {
    callerSpeaks: true,
    intake: speechDetected(intake, itemId),
    responses: dropQueued(responses),
    history: addUtterance(history, "user", itemId),
  });
  return awaitFrame(watchForStop(endWait(interruptBySpeech(speaking), atMs), atMs), atMs);
}

/** The caller has stopped speaking: the server answers by itself (`create_response`), and its reply is due. */
export function onSpeechStopped(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStopped" }>): Step {
  const quiet = change(clearDeadlines(step, "gap"), { callerSpeaks: false, turns: beginTurn(step.call.turns, "speech", atMs, itemId) });
  return awaitReply(stopWatching(quiet), atMs);
}

/**
 * Audio for the caller: cut into slices, with marks between them. Late audio of an interrupted response is not
 * played.
 */
export function onModelAudio(step: Step, event: Extract<ModelEvent, { type: "model.audio" }>): Step {
  const { call } = step;
  const { atMs, responseId, itemId, contentIndex } = event;
  if (event.payload === "" || isDiscarded(call.responses, responseId)) return step;
  if (call.caller.state !== "live") return missAudio(step, responseId);
  if (unheardMs(call.playout) > UNHEARD_MAX_MS) return stopFarAhead(step, responseId);
  const isFirst = isFirstAudio(call.responses, responseId);
  const heard = setDeadline(clearDeadlines(endWait(step, atMs), "reply"), "stall", atMs + call.settings.stallMs);
  const answering = change(heard, {
    responses: responseHasAudio(call.responses, responseId),
    turns: isFirst ? answerTurn(call.turns, responseId, atMs) : call.turns,
    // A response that starts while the caller still speaks answers something earlier.
    intake: isFirst && !call.callerSpeaks ? markAnswered(call.intake) : call.intake,
    history: addUtterance(call.history, "assistant", itemId),
  });
  return slicePayload(event.payload).reduce((played, payload) => {
    const sent = { session: event.epoch, responseId, itemId, contentIndex, bytes: payloadBytes(payload) };
    return applyPlayout(order(played, { type: "caller.play", payload }), audioSent(played.call.playout, sent));
  }, answering);
}

/**
 * No stream is open. Played later, the audio would be out of place: a reply is requested for the next stream instead.
 */
function missAudio(step: Step, responseId: string): Step {
  const { responses } = step.call;
  return markReplyDue(change(clearDeadlines(step, "reply"), { responses: discard(responses, responseId) }));
}

/**
 * Twilio discards audio beyond ten minutes with its marks (error 31931): a model that talks so long is stopped
 * before.
 */
function stopFarAhead(step: Step, responseId: string): Step {
  const { responses, identity } = step.call;
  return order(
    change(clearDeadlines(step, "stall"), { responses: discard(responses, responseId) }),
    { type: "model.cancel" },
    { type: "log", level: "warning", event: "playout.full", fields: { callSid: identity.callSid } },
  );
}

/** The model has sent all audio of a part. The rest of the response contains no audio. */
export function onAudioDone(step: Step, event: Extract<ModelEvent, { type: "model.audioDone" }>): Step {
  const { responseId, itemId, contentIndex } = event;
  const part = { session: event.epoch, responseId, itemId, contentIndex };
  return applyPlayout(clearDeadlines(step, "stall"), audioComplete(step.call.playout, part));
}

/** What the model said, as text. An item that was never played has no place in the history. */
export function onResponseTranscribed(step: Step, event: Extract<ModelEvent, { type: "model.responseTranscribed" }>): Step {
  const { responseId, itemId, text } = event;
  const { turns, history } = step.call;
  return change(step, { turns: addModelText(turns, responseId, text), history: setText(history, itemId, text) });
}

/** What the caller said, as text; it may arrive much later. */
export function onSpeechTranscribed(step: Step, { itemId, text }: Extract<ModelEvent, { type: "model.speechTranscribed" }>): Step {
  const { turns, intake, history } = step.call;
  return change(step, {
    turns: setCallerText(turns, itemId, text),
    history: setText(addUtterance(history, "user", itemId), itemId, text),
    // An empty transcript does not replace the audio.
    intake: text.trim() === "" ? intake : speechTranscribed(intake, itemId),
  });
}
