// One whole telephone call, simulated as Twilio carries it: webhook, TwiML, media stream, hang-up, callbacks. READ
// FIRST in simulators/twilio.
//
// A pure state machine. `stepTelephoneCall` takes the state and one input, and returns the new state and the outputs to
// perform. Inputs are events of the sockets and commands of the caller; outputs are requests to send and sockets to
// dial (inputs-outputs.ts). Time comes in with every input, and the output `wake` asks for the next input at a time.
// simulators/sockets/place-telephone-call.ts runs it on real sockets, tests/simulators/twilio/virtual-line.ts without.
//
// fetch-document.ts makes the requests (../webhook-request.ts) and reads the answers (../webhook-answer.ts),
// run-verbs.ts runs the documents, and stream.ts connects <Stream> to the caller (../stream-caller.ts), who hears
// through ../playback.ts.
//
// The state also keeps what a test wants to know afterwards: requests, streams, what was heard on the line, and the
// entries of Twilio's debugger (telephone-state.ts). It passes no judgement on the server: selftest and doctor do.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/voice/media-streams

import type { BadTwiml, TwimlElement } from "../../../protocol/twiml/reader.ts";
import { readTwiml } from "../../../protocol/twiml/reader.ts";
import { sid } from "../seeded-ids.ts";
import { callerDueMs } from "../stream-caller.ts";
import { FICTIONAL_CALLER, FICTIONAL_LINE } from "../webhook-request.ts";
import { dialParams, peopleDueMs, stepPeople } from "./dialled-people.ts";
import { endCall, fetchDocument, onHttpResult, sendRequest } from "./fetch-document.ts";
import type { TelephoneCommand, TelephoneInput, TelephoneOptions } from "./inputs-outputs.ts";
import { endGather, pressInGather, runVerbs } from "./run-verbs.ts";
import { closeAfterLinger, dropStream, hangUpStream, onSocketInput, stepCaller } from "./stream.ts";
import type { TelephoneCall, TelephoneStep } from "./telephone-state.ts";
import { change, emit, report } from "./telephone-state.ts";

/** A call that starts to ring with the input `placed`. */
export function createTelephoneCall(options: TelephoneOptions): TelephoneCall {
  const facts = {
    accountSid: options.accountSid ?? sid("AC", options.seed),
    callSid: options.callSid ?? sid("CA", options.seed),
    direction: options.direction ?? "inbound",
    from: options.from ?? FICTIONAL_CALLER,
    to: options.to ?? FICTIONAL_LINE,
    more: options.params ?? {},
  } as const;
  return {
    options,
    facts,
    phase: { type: "idle" },
    // An outgoing call's webhook is requested after the callee has answered.
    status: facts.direction === "inbound" ? "ringing" : "in-progress",
    placedAtMs: 0,
    answeredAtMs: undefined,
    lastId: 0,
    documentUrl: options.webhook.url,
    documents: 0,
    verbs: 0,
    program: [],
    pending: [],
    stream: undefined,
    dialled: [],
    exchanges: [],
    streams: [],
    line: [],
    problems: [],
    end: undefined,
    wakeAtMs: undefined,
    done: false,
  };
}

/**
 * Takes one input and returns the new state with the outputs to perform. Never throws, whatever the order of inputs.
 */
export function stepTelephoneCall(call: TelephoneCall, input: TelephoneInput): TelephoneStep {
  if (call.done) return { call, outputs: [] };
  const { atMs } = input;
  // The timer has fired. A new one is requested even for the same time, in case it fired early.
  const withoutTimer = input.type === "woke" ? { ...call, wakeAtMs: undefined } : call;
  const due = runDue({ call: withoutTimer, outputs: [] }, atMs);
  const taken = runVerbs(takeInput(runVerbs(due, atMs), input), atMs);
  const dialled = runVerbs(stepPeople(taken, input, createTelephoneCall, stepTelephoneCall), atMs);
  return finish(armTimer(dialled));
}

function takeInput(step: TelephoneStep, input: TelephoneInput): TelephoneStep {
  switch (input.type) {
    case "placed":
      return place(step, input.atMs);
    case "woke":
      return step;
    case "command":
      return performCommand(step, input.atMs, input.command);
    case "http.answered":
    case "http.failed":
      return onHttpResult(step, input);
    default:
      return onSocketInput(step, input);
  }
}

function place(step: TelephoneStep, atMs: number): TelephoneStep {
  if (step.call.phase.type !== "idle") return step;
  const { webhook, twiml } = step.call.options;
  const { url, method = "POST" } = webhook;
  if (twiml !== undefined) return startWithTwiml(change(step, { placedAtMs: atMs }), atMs, readTwiml(twiml));
  return fetchDocument(change(step, { placedAtMs: atMs }), atMs, { purpose: "voice", url, method, params: {} });
}

/** Starts with a document that came with the call itself. */
function startWithTwiml(step: TelephoneStep, atMs: number, root: TwimlElement | BadTwiml): TelephoneStep {
  if (!("bad" in root)) return change(step, { phase: { type: "running" }, documents: 1, program: root.children });
  const reported = report(step, atMs, "error", { twilioCode: root.twilioCode, what: root.bad });
  return endCall(reported, { atMs, by: "twilio", cause: "applicationError" });
}

/**
 * Does what is due by `atMs`: the stream's frames and marks, the end of a pause, of a `<Gather>`, of the wait for a
 * close.
 */
function runDue(before: TelephoneStep, atMs: number): TelephoneStep {
  const step = closeAfterLinger(stepCaller(before, { type: "woke", atMs }), atMs);
  const { phase, stream } = step.call;
  if (stream?.phase === "closing" && stream.closeDueMs <= atMs) return dropStream(step, atMs, "caller");
  if (phase.type === "paused" && phase.untilMs <= atMs) return change(step, { phase: { type: "running" } });
  return phase.type === "gathering" && phase.untilMs <= atMs ? endGather(step, atMs) : step;
}

function performCommand(step: TelephoneStep, atMs: number, command: TelephoneCommand): TelephoneStep {
  const id = step.call.stream?.id;
  switch (command.type) {
    case "say":
      return stepCaller(step, { type: "said", atMs, speech: command.speech });
    case "press":
      return stepCaller(pressInGather(step, atMs, command.digit), { type: "pressed", atMs, digit: command.digit });
    case "mute":
      return stepCaller(step, { type: "muted", atMs, ms: command.ms });
    case "hangUp":
      return hangUp(step, atMs, command.requestsAction);
    case "ping":
      return id === undefined ? step : emit(step, { type: "socket.ping", id });
    case "dropSocket":
      return dropStream(step, atMs, "network");
    case "sendText":
      return id === undefined ? step : emit(step, { type: "socket.text", id, text: command.text });
    case "sendBinary":
      return id === undefined ? step : emit(step, { type: "socket.binary", id, bytes: command.bytes });
  }
}

/**
 * The caller hangs up. Twilio may then request the `action` of the interrupted `<Connect>` or `<Dial>`, before the
 * socket has closed.
 */
function hangUp(step: TelephoneStep, atMs: number, requestsAction: boolean): TelephoneStep {
  const { phase, end } = step.call;
  if (end !== undefined) return step;
  const ended = endCall(hangUpStream(step, atMs), { atMs, by: "caller", cause: "hungUp" });
  const action = phase.type === "streaming" || phase.type === "dialling" ? phase.action : undefined;
  const params = phase.type === "dialling" ? dialParams(step.call, phase, atMs) : {};
  return requestsAction && action !== undefined
    ? sendRequest(ended, atMs, { purpose: "action", ...action, params, isDocument: false })
    : ended;
}

function armTimer(step: TelephoneStep): TelephoneStep {
  const { phase, stream, wakeAtMs } = step.call;
  const times = [
    stream === undefined ? undefined : callerDueMs(stream.caller),
    stream?.phase === "closing" ? (stream.lingerUntilMs ?? stream.closeDueMs) : undefined,
    phase.type === "paused" || phase.type === "gathering" ? phase.untilMs : undefined,
    ...peopleDueMs(step.call),
  ].filter((time) => time !== undefined);
  const nextMs = times.length === 0 ? undefined : Math.min(...times);
  return nextMs === wakeAtMs ? step : emit(change(step, { wakeAtMs: nextMs }), { type: "wake", atMs: nextMs });
}

function finish(step: TelephoneStep): TelephoneStep {
  const { end, stream, pending } = step.call;
  const isDone = end !== undefined && stream === undefined && pending.length === 0;
  return isDone ? emit(change(step, { done: true }), { type: "done" }) : step;
}
