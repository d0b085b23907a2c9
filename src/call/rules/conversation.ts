// The conversation with a model that is ready: it detects the caller's speech, sends audio, and sends transcripts.

import { payloadBytes } from "../../protocol/media-streams/media-streams.ts";
import type { Effect } from "../effects.ts";
import type { ModelEvent } from "../events.ts";
import { addUtterance, setText } from "../machines/history.ts";
import { isTranscribed, speechDetected, speechTranscribed } from "../machines/intake.ts";
import { audioComplete, audioSent, continuesLast, type PartKey, type Playout, slicePayload, unheardMs } from "../machines/playout.ts";
import { discard, dropQueued, hasEnded, isDiscarded, isFirstAudio, isStray, ownerOf, responseHasAudio } from "../machines/responses.ts";
import { allowTools } from "../machines/tools.ts";
import { addModelText, answerTurn, beginTurn, setCallerText } from "../machines/turns.ts";
import { answerKept, applyPlayout, change, clearDeadlines, enterPhase, order, orderAll, playoutGrown, type Step } from "../state.ts";
import { interruptBySpeech } from "./barge-in.ts";
import { awaitFrame } from "./caller-input.ts";
import { endWait } from "./caller-wait.ts";
import { isEnding, keepTalking } from "./goodbye.ts";
import { awaitReply, markReplyDue } from "./responses.ts";
import { stopWatching, watchForStop } from "./speech-watch.ts";

type ModelAudio = Extract<ModelEvent, { type: "model.audio" }>;

/** Twilio's limit of ten minutes, less the longest audio that one message may hold. */
const UNHEARD_MAX_MS = 540_000;

/** The caller speaks: the model is interrupted. */
export function onSpeechStarted(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStarted" }>): Step {
  const { history, responses, intake, tools } = step.call;
  if (isEnding(step.call)) return speakOverTheEnd(step, atMs, itemId);
  const speaking = change(clearDeadlines(enterPhase(step, "talking"), "reply", "stall", "retry"), {
    callerSpeaks: true,
    intake: speechDetected(intake, itemId),
    responses: dropQueued(responses),
    tools: allowTools(tools),
    history: addUtterance(history, "user", itemId),
  });
  return awaitFrame(watchForStop(endWait(keepTalking(interruptBySpeech(speaking)), atMs), atMs), atMs);
}

/** The call ends whatever the caller says now: the goodbye goes on. */
function speakOverTheEnd(step: Step, atMs: number, itemId: string): Step {
  const { history, intake } = step.call;
  const speaking = change(enterPhase(step, "talking"), {
    callerSpeaks: true,
    intake: speechDetected(intake, itemId),
    history: addUtterance(history, "user", itemId),
  });
  return awaitFrame(watchForStop(speaking, atMs), atMs);
}

/** The caller has stopped speaking: the server answers by itself (`create_response`), and its reply is due. */
export function onSpeechStopped(step: Step, { atMs, itemId }: Extract<ModelEvent, { type: "model.speechStopped" }>): Step {
  const quiet = change(clearDeadlines(step, "gap"), { callerSpeaks: false, turns: beginTurn(step.call.turns, "speech", atMs, itemId) });
  const stopped = stopWatching(quiet);
  return isEnding(step.call) ? stopped : awaitReply(stopped, atMs);
}

/**
 * Audio for the caller: cut into slices, with marks between them. Late audio of an interrupted response is not
 * played.
 */
export function onModelAudio(step: Step, received: ModelAudio): Step {
  const { call } = step;
  const { atMs } = received;
  const responseId = ownerOf(call.responses, received.responseId);
  const event = responseId === received.responseId ? received : { ...received, responseId };
  if (event.payload === "" || isDiscarded(call.responses, responseId)) return step;
  const part = partOf(event);
  const continues = continuesLast(call.playout, part);
  if (hasEnded(call.responses, responseId)) return continues ? playStray(step, event) : step;
  if (isStray(call.responses, responseId, call.deadlines.reply !== undefined)) return playStray(step, event);
  if (call.caller.state !== "live") return missAudio(step, responseId);
  if (unheardMs(call.playout) > UNHEARD_MAX_MS) return stopFarAhead(step, responseId);
  const isFirst = isFirstAudio(call.responses, responseId);
  const heard = clearDeadlines(endWait(step, atMs), "reply");
  const answering = isFirst || !continues ? answer(heard, event, isFirst) : heard;
  const { playout, effects } = play(call.playout, part, event.payload);
  return orderAll(playoutGrown(answering, playout, atMs + call.settings.stallMs), effects);
}

/** The first audio of a response, or of another item of it. */
function answer(step: Step, { responseId, itemId, atMs }: ModelAudio, isFirst: boolean): Step {
  const { responses, turns, history, callerSpeaks } = step.call;
  const answering = change(step, {
    responses: responseHasAudio(responses, responseId),
    turns: isFirst ? answerTurn(turns, responseId, atMs) : turns,
    history: addUtterance(history, "assistant", itemId),
  });
  // A response that starts while the caller still speaks answers something earlier.
  return isFirst && !callerSpeaks ? answerKept(answering) : answering;
}

function play(from: Playout, part: PartKey, audio: string): { readonly playout: Playout; readonly effects: readonly Effect[] } {
  const effects: Effect[] = [];
  let playout = from;
  for (const payload of slicePayload(audio)) {
    const sent = audioSent(playout, part, payloadBytes(payload));
    playout = sent.playout;
    effects.push({ type: "caller.play", payload });
    if (sent.mark !== undefined) effects.push({ type: "caller.mark", name: sent.mark });
  }
  return { playout, effects };
}

/**
 * Audio that nothing waits for: of a response that voice does not know, or late audio of one that is done, while the
 * rest of that still plays. Nothing more is expected of it. It neither starts a response nor answers what the caller
 * has said since.
 */
function playStray(step: Step, event: ModelAudio): Step {
  const { caller, playout, history } = step.call;
  if (caller.state !== "live") return step;
  if (unheardMs(playout) > UNHEARD_MAX_MS) return stopFarAhead(step, event.responseId);
  const part = partOf(event);
  const played = play(playout, part, event.payload);
  const noted = orderAll(change(step, { history: addUtterance(history, "assistant", event.itemId) }), played.effects);
  return applyPlayout(noted, audioComplete(played.playout, part));
}

function partOf({ epoch, responseId, itemId, contentIndex }: ModelAudio | Extract<ModelEvent, { type: "model.audioDone" }>): PartKey {
  return { session: epoch, responseId, itemId, contentIndex };
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

/** The model has sent all audio of a part: nothing more is due of its response. Another one may be speaking. */
export function onAudioDone(step: Step, event: Extract<ModelEvent, { type: "model.audioDone" }>): Step {
  const { responses, playout } = step.call;
  const part = { ...partOf(event), responseId: ownerOf(responses, event.responseId) };
  const isOther = responses.current.type === "active" && responses.current.responseId !== part.responseId;
  return applyPlayout(isOther ? step : clearDeadlines(step, "stall"), audioComplete(playout, part));
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
  // An empty transcript does not replace the audio.
  const transcribed = text.trim() === "" ? intake : speechTranscribed(intake, itemId);
  const noted = change(step, {
    turns: setCallerText(turns, itemId, text),
    history: setText(addUtterance(history, "user", itemId), itemId, text),
    intake: transcribed,
  });
  return transcribed !== intake && isTranscribed(transcribed) ? answerKept(noted) : noted;
}
