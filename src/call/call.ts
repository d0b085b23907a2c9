// A phone call with an AI agent, as one pure function: `step(call, event)` returns the call after the event and the
// effects it orders. Read this file first. There is no clock, socket or randomness here: time comes in with each event,
// effects go out, and server/calls/call-driver.ts performs them in order.
//
// LEGS. A call joins two legs. The caller leg is a Twilio Media Stream; the model leg is a connection to the Realtime
// API. Either may be lost and connected again while the call goes on. Events (events.ts) are facts about a leg:
// caller.*, model.*, or of another kind: clock.rang, tool.returned, budget.spent, operator.drained, server.threw.
// Effects (effects.ts) are orders: caller.play, model.dial, log. Audio passes from leg to leg as base64 PCMU,
// undecoded.
//
// EPOCHS. Each event of a leg carries the epoch of the stream or connection it came from: the StreamSid, or the
// number of the dial. Events of an older epoch are dropped in one place, `isStale`. A call may hold a second model
// connection, the successor, which replaces the first before its session expires (rules/roll-over.ts).
//
// SENT IS NOT HEARD. The model generates speech faster than real time, so Twilio holds seconds of audio that the
// caller has not heard. Only the marks between the slices show what was heard (machines/playout.ts). On a barge-in
// the rest is flushed at Twilio and truncated at the model, so that the model believes only what the caller heard
// (rules/barge-in.ts). The other way round, caller audio is held until the model is ready and kept until it is
// answered, so that a new connection can get it again (machines/intake.ts).
//
// DEADLINES. Whatever a call waits for has a named deadline (machines/deadlines.ts). The driver arms one timer for the
// earliest, and clock.rang handles every deadline that has passed. So no call is kept forever, and no caller waits in
// unexplained silence: a filler sound is due while voice recovers.
//
// PHASES. `enterPhase` (state.ts) is the only writer. A stream that is lost does not change the phase: the caller leg
// says whether one is open. The exception is a caller who has heard nothing of the greeting: they are greeted again.
//   expected   The webhook was answered with a stream, and none has started. The model may be dialled meanwhile.
//   greeting   The agent speaks first.
//   talking    The caller has been greeted, has spoken or pressed a key, or is to speak first.
//   away       The caller is transferred: voice has closed the stream, and Twilio dials. The call may come back.
//   leaving    voice ends the call and has closed the stream: `end` says why, `next` what Twilio gets when it asks.
//   ended      Recorded. Only caller.nextRequested is still answered.
//
//   phase      next phase  on
//   expected   greeting    caller.started
//              talking     caller.started
//              away        caller.started model.ready model.errorReported model.lost operator.drained server.threw
//              leaving     caller.started model.ready model.errorReported model.lost operator.hungUp operator.drained
//                          server.threw
//              ended       caller.nextRequested caller.statusReported clock.rang
//   greeting   talking     caller.keyPressed model.speechStarted model.responseDone
//              leaving     caller.started caller.markReturned caller.keyPressed caller.disconnected model.ready
//                          model.speechTranscribed model.responseDone model.errorReported model.lost tool.returned
//                          budget.spent clock.rang operator.hungUp operator.drained server.threw
//              away        caller.started caller.keyPressed model.ready model.responseDone model.errorReported
//                          model.lost clock.rang operator.drained server.threw
//              ended       caller.stopped caller.nextRequested caller.statusReported clock.rang
//   talking    greeting    caller.disconnected caller.nextRequested caller.started
//              leaving     caller.started caller.markReturned caller.keyPressed caller.disconnected model.ready
//                          model.speechTranscribed model.responseDone model.errorReported model.lost tool.returned
//                          budget.spent clock.rang operator.hungUp operator.drained server.threw
//              away        caller.started caller.keyPressed model.ready model.responseDone model.errorReported
//                          model.lost clock.rang operator.drained server.threw caller.markReturned caller.disconnected
//                          caller.nextRequested
//              ended       caller.stopped caller.nextRequested caller.statusReported clock.rang
//   away       talking     caller.nextRequested
//              leaving     operator.hungUp server.threw
//              ended       caller.stopped caller.nextRequested clock.rang operator.drained
//   leaving    ended       caller.stopped caller.disconnected caller.nextRequested caller.statusReported clock.rang
//
//   phase      deadlines that may be set
//   expected   start prewarm configure redial rollOver
//   greeting   start after modelReady configure redial rollOver reply stall tool goodbye retry filler
//              lateReply digits idle limit speechDetection
//   talking    start after modelReady configure redial rollOver reply stall tool goodbye retry filler
//              lateReply digits idle limit speechDetection gap
//   away       after dial
//   leaving    after
//
// HOW A CALL ENDS. The caller hangs up: caller.stopped, or a status callback. Or the agent does, once its goodbye has
// been heard (rules/goodbye.ts): because the model says so, or because of a limit (rules/limits.ts). Or voice gives up,
// after recovery has failed: `giveUp` (rules/fallback.ts) leaves the call, Twilio asks what comes next, and the caller
// is transferred or hears a sentence. Or the stream is lost: Twilio asks too, and the call is resumed with another
// stream, at most twice. Either way `finish` (rules/ending.ts) orders one record, one log line and one call.ended.
//
// WHERE TO LOOK. rules/ says what an event does: functions are named on<Event>. machines/ hold the state of one thing
// each and know nothing of the call. state.ts has the call's state and its writers.

import type { CallEvent, ModelEvent } from "./events.ts";
import { type DeadlineName, dueDeadlines, isDue } from "./machines/deadlines.ts";
import { isConnected } from "./machines/model-leg.ts";
import { PHASE_CHANGES } from "./phases.ts";
import { onNextRequested, onStatusReported } from "./rules/after.ts";
import { countCost, onDayBudgetSpent } from "./rules/budget.ts";
import { onCallerAudio, onFrameRejected, onGapTimeout, onKeyPressed, onMarkReturned } from "./rules/caller-input.ts";
import { onFillerDue } from "./rules/caller-wait.ts";
import { keepCollecting, onDigitsTimeout } from "./rules/collect-digits.ts";
import {
  onAudioDone,
  onModelAudio,
  onResponseTranscribed,
  onSpeechStarted,
  onSpeechStopped,
  onSpeechTranscribed,
} from "./rules/conversation.ts";
import { leave, onAfterTimeout } from "./rules/ending.ts";
import { giveUp } from "./rules/fallback.ts";
import { isOver, onGoodbyeTimeout, refuseResponse } from "./rules/goodbye.ts";
import { keepLimits, onIdleDue, onLimitDue } from "./rules/limits.ts";
import {
  onConfigureTimeout,
  onEventRejected,
  onModelError,
  onModelLost,
  onModelOpened,
  onModelReady,
  onModelReadyTimeout,
  onPrewarmTimeout,
  onReplyTimeout,
  onStallTimeout,
} from "./rules/model-connection.ts";
import { dialModel } from "./rules/model-dial.ts";
import { onFunctionCalled, onResponseDone } from "./rules/response-done.ts";
import { onResponseStarted, requestQueued } from "./rules/responses.ts";
import { onRollOverDue, onSuccessorEvent } from "./rules/roll-over.ts";
import { keepTones } from "./rules/send-digits.ts";
import { onModelAlive, onSpeechDetectionTimeout } from "./rules/speech-watch.ts";
import { onDisconnected, onStartTimeout, onStreamRequested, onStreamStarted, onStreamStopped } from "./rules/stream.ts";
import { onToolReturned, onToolTimeout } from "./rules/tool-results.ts";
import { noteOutcome } from "./rules/transfer.ts";
import { onAwayTimeout, onDialTimeout, onDrainedInTransfer, onScreenRequested } from "./rules/transfer-dial.ts";
import { type Call, clearDeadlines, nothingOrdered, type Step } from "./state.ts";

/** The call after an event, and what it orders, in order. Total: no event in any state throws. */
export function step(call: Call, event: CallEvent): Step {
  const before: Step = { call, effects: nothingOrdered };
  if (event.type === "caller.nextRequested") return onNextRequested(before, event);
  if (event.type === "transfer.screenRequested") return onScreenRequested(before, event);
  const { successor } = call;
  if (isModelEvent(event) && event.epoch === successor?.epoch) return onSuccessorEvent(before, successor, event);
  if (call.phase === "ended" || isStale(call, event)) return before;
  // Leaving: the end is decided, and only events that bring it about count.
  if (call.phase === "leaving" && !HANDLED_WHILE_LEAVING.has(event.type)) return before;
  if (call.phase === "away" && !HANDLED_WHILE_AWAY.has(event.type)) return before;
  const after = isModelEvent(event) ? stepModel(before, event) : stepCaller(before, event);
  // What depends on the whole call rather than on one event. Audio is too frequent, and changes none of it.
  if (event.type === "caller.audio" || event.type === "model.audio") return after;
  return keepLimits(keepCollecting(keepTones(after, event), event), event);
}

/** The events that end the call, and a stream that starts too late, which must be closed. */
const HANDLED_WHILE_LEAVING: ReadonlySet<CallEvent["type"]> = new Set([...PHASE_CHANGES.leaving.ended, "caller.started"]);

/** The same while the caller is transferred; tools may still return. */
const HANDLED_WHILE_AWAY: ReadonlySet<CallEvent["type"]> = new Set([
  ...HANDLED_WHILE_LEAVING,
  "operator.hungUp",
  "operator.drained",
  "server.threw",
  "tool.returned",
] as const);

/** Whether an event comes from an earlier stream or model connection. Such events are dropped here and nowhere else. */
function isStale(call: Call, event: CallEvent): boolean {
  if (event.type === "caller.started" || !("epoch" in event)) return false;
  if (typeof event.epoch === "number") return event.epoch !== call.model.epoch || !isConnected(call.model);
  return call.caller.state === "absent" || call.caller.state === "lost" || event.epoch !== call.caller.epoch;
}

function isModelEvent(event: CallEvent): event is ModelEvent {
  return "epoch" in event && typeof event.epoch === "number";
}

type Asked = Extract<CallEvent, { type: "caller.nextRequested" | "transfer.screenRequested" }>;

function stepCaller(before: Step, event: Exclude<CallEvent, ModelEvent | Asked>): Step {
  switch (event.type) {
    case "caller.streamRequested":
      return onStreamRequested(before, event);
    case "caller.started":
      return onStreamStarted(before, event);
    case "caller.audio":
      return onCallerAudio(before, event);
    case "caller.markReturned":
      return onMarkReturned(before, event);
    case "caller.keyPressed":
      return onKeyPressed(before, event);
    case "caller.frameRejected":
      return onFrameRejected(before, event);
    case "caller.stopped":
      return onStreamStopped(before, event);
    case "caller.disconnected":
      return onDisconnected(before, event);
    case "caller.statusReported":
      return onStatusReported(before, event);
    case "tool.returned":
      return onToolReturned(before, event);
    case "budget.spent":
      return onDayBudgetSpent(before, event);
    case "clock.rang":
      return dueDeadlines(before.call.deadlines, event.atMs).reduce((after, name) => onDeadline(after, event.atMs, name), before);
    case "operator.hungUp":
      // What Twilio dials goes on; whoever answers is not connected any more, unless they have accepted.
      return leave(noteOutcome(before, "unknown"), event.atMs, before.call.end ?? { by: "operator", cause: "hungUp" }, { type: "nothing" });
    case "operator.drained":
      if (before.call.phase === "away") return onDrainedInTransfer(before, event.atMs);
      return giveUp(before, event.atMs, { by: "operator", cause: "drained" }, "the drain time is over");
    case "server.threw":
      return giveUp(before, event.atMs, { by: "server", cause: "bug" }, "see the error above");
    default:
      return unreachable(event, before);
  }
}

function stepModel(received: Step, event: ModelEvent): Step {
  const before = countCost(onModelAlive(received, event), event);
  switch (event.type) {
    case "model.opened":
      return onModelOpened(before, event);
    case "model.ready":
      return onModelReady(before, event);
    case "model.errorReported":
      return onModelError(before, event);
    case "model.eventRejected":
      return onEventRejected(before, event);
    case "model.lost":
      return onModelLost(before, event);
    case "model.speechStarted":
    case "model.speechStopped":
    case "model.responseStarted":
    case "model.audio":
    case "model.audioDone":
    case "model.responseTranscribed":
    case "model.speechTranscribed":
    case "model.functionCalled":
    case "model.responseDone":
      // Before the model has our settings its audio would be PCM16, and before a stream has started no one would hear
      // it.
      return before.call.model.state === "ready" && before.call.phase !== "expected" ? stepConversation(before, event) : before;
    default:
      return unreachable(event, before);
  }
}

/** Events of a model that is ready. */
type ConversationEvent = Exclude<
  ModelEvent,
  { type: "model.opened" | "model.ready" | "model.errorReported" | "model.eventRejected" | "model.lost" }
>;

function stepConversation(before: Step, event: ConversationEvent): Step {
  switch (event.type) {
    case "model.speechStarted":
      return onSpeechStarted(before, event);
    case "model.speechStopped":
      return onSpeechStopped(before, event);
    case "model.responseStarted":
      return isOver(before.call) ? refuseResponse(before, event) : onResponseStarted(before, event);
    case "model.audio":
      return onModelAudio(before, event);
    case "model.audioDone":
      return onAudioDone(before, event);
    case "model.responseTranscribed":
      return onResponseTranscribed(before, event);
    case "model.speechTranscribed":
      return onSpeechTranscribed(before, event);
    case "model.functionCalled":
      return onFunctionCalled(before, event);
    case "model.responseDone":
      return onResponseDone(before, event);
    default:
      return unreachable(event, before);
  }
}

/** A deadline has passed, unless an earlier one of the same ring has cleared or moved it. */
function onDeadline(before: Step, atMs: number, name: DeadlineName): Step {
  const { call } = before;
  if (call.phase === "ended" || !isDue(call.deadlines, name, atMs)) return before;
  const passed = clearDeadlines(before, name);
  switch (name) {
    case "start":
      return onStartTimeout(passed, atMs);
    case "prewarm":
      return onPrewarmTimeout(passed, atMs);
    case "modelReady":
      return onModelReadyTimeout(passed, atMs);
    case "configure":
      return onConfigureTimeout(passed, atMs);
    case "redial":
      return dialModel(passed, atMs);
    case "reply":
      return onReplyTimeout(passed, atMs);
    case "stall":
      return onStallTimeout(passed, atMs);
    case "retry":
      return requestQueued(passed, atMs);
    case "tool":
      return onToolTimeout(passed, atMs);
    case "goodbye":
      return onGoodbyeTimeout(passed, atMs);
    case "digits":
      return onDigitsTimeout(passed, atMs);
    case "idle":
      return onIdleDue(passed, atMs);
    case "limit":
      return onLimitDue(passed, atMs);
    case "filler":
    case "lateReply":
      return onFillerDue(passed, atMs);
    case "rollOver":
      return onRollOverDue(passed, atMs);
    case "speechDetection":
      return onSpeechDetectionTimeout(passed, atMs);
    case "gap":
      return onGapTimeout(passed);
    case "dial":
      return onDialTimeout(passed, atMs);
    case "after":
      return call.phase === "away" ? onAwayTimeout(passed, atMs) : onAfterTimeout(passed, atMs);
    default:
      return unreachable(name, passed);
  }
}

/** Makes a switch that misses a case a compile error. */
function unreachable(_missed: never, before: Step): Step {
  return before;
}
