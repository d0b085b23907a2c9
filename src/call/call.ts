// A call: the one total function that every event of both legs enters. Read this first; then the file named after what you look for.
//
//   webhook ─▶ expected ─▶ greeting ─▶ talking ─▶ leaving ─▶ ended       caller leg: caller-leg, intake, gap, playout, barge-in, after
//                                                                        model leg: model-leg, responses, asking, history; both: turns, ladder
//
// No clock, no socket, no randomness: time comes in with each event, orders go out. server/calls/call-driver.ts performs them.

import type { CallEvent, CallerEvent, ModelEvent } from "./events.ts";
import { clearDeadlines, type DeadlineName, dueDeadlines, isDue, setDeadline } from "./machines/deadlines.ts";
import { isConnected } from "./machines/model-leg.ts";
import { answerAfter, takeReport } from "./rules/after.ts";
import { askForWaiting } from "./rules/asking.ts";
import { startStream, takeAudio, takeBad, takeKey, takeLeave, takeMark, takeStop } from "./rules/caller-events.ts";
import { finish } from "./rules/ending.ts";
import { fillGap } from "./rules/gap.ts";
import { proveThere } from "./rules/hearing.ts";
import { giveUp } from "./rules/ladder.ts";
import {
  configureModel,
  dialAhead,
  dialModel,
  letGo,
  loseModel,
  missReady,
  missReply,
  missRest,
  missSpeech,
  readyModel,
  takeBadEvent,
  takeError,
} from "./rules/model-events.ts";
import {
  takeAudioDone,
  takeHeard,
  takeModelAudio,
  takeResponse,
  takeResponseDone,
  takeSaid,
  takeSilence,
  takeSpeech,
} from "./rules/response-events.ts";
import { dialSuccessor, takeSuccessor } from "./rules/roll-over.ts";
import { fill } from "./rules/waiting.ts";
import { type Call, change, type Step } from "./state.ts";

/** What a call becomes by an event, and what it orders, in order. Total: no event in any state throws. */
export function step(call: Call, event: CallEvent): Step {
  const before: Step = { call, effects: [] };
  if (event.type === "caller.nextRequested") return answerAfter(before, event);
  const { successor } = call;
  if (isModelEvent(event) && event.epoch === successor?.epoch) return takeSuccessor(before, successor, event);
  if (call.phase === "ended" || isStale(call, event)) return before;
  // Leaving: what was planned stands, and only what ends it counts.
  if (call.phase === "leaving" && !ENDS_LEAVING.has(event.type)) return before;
  return isModelEvent(event) ? stepModel(before, event) : stepCaller(before, event);
}

const ENDS_LEAVING: ReadonlySet<CallEvent["type"]> = new Set([
  "caller.started",
  "caller.stopped",
  "caller.disconnected",
  "caller.statusReported",
  "clock.rang",
]);

/** What comes from an older stream, or an older connection to the model, is dropped: here, and nowhere else. */
function isStale(call: Call, event: CallEvent): boolean {
  if (event.type === "caller.started" || !("epoch" in event)) return false;
  if (typeof event.epoch === "number") return event.epoch !== call.model.epoch || !isConnected(call.model);
  return call.caller.state === "absent" || call.caller.state === "lost" || event.epoch !== call.caller.epoch;
}

function isModelEvent(event: CallEvent): event is ModelEvent {
  return event.type.startsWith("model.");
}

type AskedEvent = Extract<CallerEvent, { type: "caller.nextRequested" }>;

function stepCaller(before: Step, event: Exclude<CallEvent, ModelEvent | AskedEvent>): Step {
  switch (event.type) {
    case "caller.streamRequested":
      return awaitStart(before, event);
    case "caller.started":
      return startStream(before, event);
    case "caller.audio":
      return takeAudio(before, event);
    case "caller.markReturned":
      return takeMark(before, event);
    case "caller.keyPressed":
      return takeKey(before, event);
    case "caller.frameRejected":
      return takeBad(before, event);
    case "caller.stopped":
      return takeStop(before, event);
    case "caller.disconnected":
      return takeLeave(before, event);
    case "caller.statusReported":
      return takeReport(before, event.atMs, event.callStatus);
    case "clock.rang":
      return dueDeadlines(before.call.deadlines, event.atMs).reduce((after, name) => ring(after, event.atMs, name), before);
    case "operator.drained":
      return giveUp(before, event.atMs, { by: "operator", cause: "drained" }, "the drain time is over");
    case "server.threw":
      return giveUp(before, event.atMs, { by: "server", cause: "bug" }, "see the error above");
    default:
      return unreachable(event, before);
  }
}

function stepModel(stepped: Step, event: ModelEvent): Step {
  const before = proveThere(stepped);
  switch (event.type) {
    case "model.opened":
      return configureModel(before, event.atMs);
    case "model.ready":
      return readyModel(before, event);
    case "model.errorReported":
      return takeError(before, event);
    case "model.eventRejected":
      return takeBadEvent(before, event);
    case "model.lost":
      return loseModel(before, event);
    default:
      // Before it has taken our settings, what it says is not for the caller: its audio would be PCM16. Nor before there is a caller.
      return before.call.model.state === "ready" && before.call.phase !== "expected" ? stepConversation(before, event) : before;
  }
}

/** Events of a model that is ready: what it hears, and what it says. */
type ConversationEvent = Exclude<
  ModelEvent,
  { type: "model.opened" | "model.ready" | "model.errorReported" | "model.eventRejected" | "model.lost" }
>;

function stepConversation(before: Step, event: ConversationEvent): Step {
  switch (event.type) {
    case "model.speechStarted":
      return takeSpeech(before, event);
    case "model.speechStopped":
      return takeSilence(before, event);
    case "model.responseStarted":
      return takeResponse(before, event);
    case "model.audio":
      return takeModelAudio(before, event);
    case "model.audioDone":
      return takeAudioDone(before, event);
    case "model.responseTranscribed":
      return takeSaid(before, event);
    case "model.speechTranscribed":
      return takeHeard(before, event);
    case "model.responseDone":
      return takeResponseDone(before, event);
    default:
      return unreachable(event, before);
  }
}

/** One deadline has passed. One that an earlier one in the same ring has called off, or moved, has not. */
function ring(before: Step, atMs: number, name: DeadlineName): Step {
  const { call } = before;
  if (call.phase === "ended" || !isDue(call.deadlines, name, atMs)) return before;
  const ringing = change(before, { deadlines: clearDeadlines(call.deadlines, name) });
  switch (name) {
    case "start":
      return finish(ringing, atMs, { by: "network", cause: call.startedAtMs === undefined ? "streamNeverStarted" : "streamLost" });
    case "modelReady":
      return giveUp(ringing, atMs, { by: "model", cause: "modelUnreachable" }, `not ready within ${call.settings.modelReadyMs} ms`);
    case "redial":
      return dialModel(ringing, atMs);
    case "reply":
      return missReply(ringing, atMs);
    case "configure":
      return missReady(ringing, atMs);
    case "speech":
      return missSpeech(ringing, atMs);
    case "stall":
      return missRest(ringing, atMs);
    case "retry":
      return askForWaiting(ringing, atMs);
    case "late":
    case "fill":
      return fill(ringing, atMs);
    case "prewarm":
      return letGo(ringing, atMs);
    case "rollOver":
      return dialSuccessor(ringing, atMs);
    case "gap":
      return fillGap(ringing);
    case "after":
      return finish(ringing, atMs, call.end ?? { by: "network", cause: "streamLost" });
    default:
      return unreachable(name, ringing);
  }
}

/** The webhook was answered with a stream: the model is dialled meanwhile. A retry of the webhook moves the wait, nothing else. */
function awaitStart(before: Step, { atMs, prewarm }: Extract<CallerEvent, { type: "caller.streamRequested" }>): Step {
  const { caller, deadlines, settings, phase } = before.call;
  if (caller.state !== "absent") return before;
  const awaited = change(before, { deadlines: setDeadline(deadlines, "start", atMs + settings.startMs) });
  return prewarm && phase === "expected" ? dialAhead(awaited, atMs) : awaited;
}

function unreachable(_event: never, before: Step): Step {
  return before;
}
