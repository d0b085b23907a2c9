// Runs the verbs of TwiML one after another, as Twilio does. Verbs that take time pause the call, verbs that speak are
// noted as heard, verbs with an action fetch the next document. Verbs that voice never answers with are noted and
// skipped. The stream is in stream.ts.
// Follows https://www.twilio.com/docs/voice/twiml and its pages on each verb

import type { TwimlElement } from "../../../protocol/twiml/reader.ts";
import type { FormParams } from "../webhook-request.ts";
import { dialPeople } from "./dialled-people.ts";
import { endCall, fetchDocument } from "./fetch-document.ts";
import { dialStream } from "./stream.ts";
import type { ActionTarget, Gather, TelephoneStep } from "./telephone-state.ts";
import { change, note, report } from "./telephone-state.ts";

/**
 * Verbs that are noted and skipped. Any other name, or another case, is warning 12200.
 * https://www.twilio.com/docs/voice/twiml#twiml-elements
 */
const otherVerbs = ["Enqueue", "Leave", "Pay", "Prompt", "Record", "Refer", "Siprec", "Sms", "Start", "Stop"];
/** Defaults of `<Pause length>` and `<Gather timeout>`, seconds. */
const defaultPauseS = 1;
const defaultGatherS = 5;
/** The longest wait that a document can request. Our limit. */
const maxWaitS = 3_600;

/** The most verbs of one call. Our limit: a document of 64 kB holds 9,000, and may redirect to itself. */
export const MAX_VERBS = 10_000;

/** The most streams of one call. Our limit. */
export const MAX_STREAMS = 50;

/** Runs verbs until one waits, fetches, connects or ends the call. */
export function runVerbs(before: TelephoneStep, atMs: number): TelephoneStep {
  let step = before;
  // Bounded: each turn runs one of MAX_VERBS verbs, or leaves these phases.
  for (;;) {
    const { phase, program } = step.call;
    if (phase.type === "dialEnded") step = requestAction(step, atMs, phase.action, phase.params);
    else if (phase.type === "connectEnded") step = requestAction(step, atMs, phase.action, {});
    else if (phase.type !== "running") return step;
    else if (program[0] === undefined) return endCall(step, { atMs, by: "server", cause: "endOfDocument" });
    else if (step.call.verbs >= MAX_VERBS) return endCall(step, { atMs, by: "twilio", cause: "tooLong" });
    else {
      const rest = { program: program.slice(1), verbs: step.call.verbs + 1 };
      step = runVerb(change(answer(step, atMs, program[0]), rest), atMs, program[0]);
    }
  }
}

/** The first verb answers the call, unless it is `<Reject>`. */
function answer(step: TelephoneStep, atMs: number, verb: TwimlElement): TelephoneStep {
  if (step.call.answeredAtMs !== undefined || verb.name === "Reject") return step;
  return change(step, { answeredAtMs: atMs, status: "in-progress" });
}

function runVerb(step: TelephoneStep, atMs: number, verb: TwimlElement): TelephoneStep {
  const { attributes, name, text } = verb;
  switch (name) {
    case "Say":
    case "Play":
    case "Pause":
      return playPrompt(step, atMs, verb);
    case "Gather":
      return gather(step, atMs, verb);
    case "Redirect": {
      const { url, method } = targetOf(step, text, attributes["method"]);
      return fetchDocument(step, atMs, { purpose: "redirect", url, method, params: {} });
    }
    case "Connect":
      return connect(step, atMs, verb);
    case "Dial":
      return dial(step, atMs, verb);
    case "Hangup":
      return endCall(step, { atMs, by: "server", cause: "hangup" });
    case "Reject":
      return endCall(step, { atMs, by: "server", cause: "reject" });
    default:
      if (otherVerbs.includes(name)) return note(step, { kind: "verb", atMs, name: nameWithNoun(verb) });
      return report(step, atMs, "warning", {
        twilioCode: 12200,
        what: `<${name}> is not a verb, line ${verb.line}, column ${verb.column}`,
      });
  }
}

/** `<Say>`, `<Play>` and `<Pause>`, in a document or in a `<Gather>`. */
function playPrompt(step: TelephoneStep, atMs: number, { name, text, wholeText, attributes }: TwimlElement): TelephoneStep {
  if (name === "Pause") return pause(step, atMs + seconds(attributes["length"], defaultPauseS));
  if (name === "Play") {
    const what = text === "" ? `digits ${attributes["digits"] ?? ""}` : resolve(step, text);
    return note(step, { kind: "play", atMs, what });
  }
  // loop="0" repeats without end on Twilio, once here.
  const times = Math.min(10, Math.max(1, Number.parseInt(attributes["loop"] ?? "1", 10) || 1));
  let spoken = step;
  for (let i = 0; i < times; i++) spoken = note(spoken, { kind: "say", atMs, text: wholeText, language: attributes["language"] });
  const speakMs = (step.call.options.sayMsPerCharacter ?? 0) * wholeText.length * times;
  return speakMs > 0 ? pause(spoken, atMs + speakMs) : spoken;
}

function pause(step: TelephoneStep, untilMs: number): TelephoneStep {
  return change(step, { phase: { type: "paused", untilMs } });
}

function connect(step: TelephoneStep, atMs: number, verb: TwimlElement): TelephoneStep {
  const { action, method } = verb.attributes;
  const target = action === undefined ? undefined : targetOf(step, action, method);
  const noun = verb.children[0];
  if (noun?.name === "Stream" && step.call.streams.length >= MAX_STREAMS) return endCall(step, { atMs, by: "twilio", cause: "tooLong" });
  if (noun?.name === "Stream") return dialStream(step, atMs, noun, target);
  const named = note(step, { kind: "verb", atMs, name: nameWithNoun(verb) });
  return requestAction(named, atMs, target, {});
}

/** Without people to call `<Dial>` is only noted: the other party counts as having answered and hung up at once. */
function dial(step: TelephoneStep, atMs: number, verb: TwimlElement): TelephoneStep {
  const { text, children, attributes } = verb;
  const targets = text === "" ? children.map((noun) => `${noun.name} ${noun.text}`) : [text];
  const noted = note(step, { kind: "dial", atMs, target: targets.join(", ") });
  const { action, method } = attributes;
  if (step.call.options.people !== undefined) {
    const target = action === undefined ? undefined : targetOf(step, action, method);
    return dialPeople(noted, atMs, verb, target, (url) => resolve(step, url));
  }
  if (attributes["action"] === undefined) return noted;
  return requestAction(noted, atMs, targetOf(step, attributes["action"], attributes["method"]), {
    DialCallStatus: "completed",
    DialCallDuration: "0",
  });
}

function gather(step: TelephoneStep, atMs: number, verb: TwimlElement): TelephoneStep {
  const { attributes, children } = verb;
  const { numDigits, finishOnKey, timeout, action = "", method } = attributes;
  let prompted = step;
  // Prompts take no time here: a caller can press a key during a prompt.
  for (const prompt of children.filter(({ name }) => name === "Say" || name === "Play")) prompted = playPrompt(prompted, atMs, prompt);
  const settings: Gather = {
    action: targetOf(step, action, method),
    numDigits: numDigits === undefined ? undefined : Number.parseInt(numDigits, 10),
    finishOnKey: finishOnKey ?? "#",
    timeoutMs: seconds(timeout, defaultGatherS),
  };
  const phase = { type: "gathering", gather: settings, digits: "", untilMs: atMs + settings.timeoutMs } as const;
  const listening = change(prompted, { phase });
  const { digits = "" } = step.call.options;
  const pressed = [...digits].reduce((state, digit) => pressInGather(state, atMs, digit), listening);
  // The digits are pressed at once, so the timeout need not pass.
  return digits !== "" && pressed.call.phase.type === "gathering" ? endGather(pressed, atMs) : pressed;
}

/** A key press. Ignored unless a `<Gather>` is in progress. */
export function pressInGather(step: TelephoneStep, atMs: number, digit: string): TelephoneStep {
  const { phase } = step.call;
  if (phase.type !== "gathering") return step;
  const { gather } = phase;
  if (gather.finishOnKey.includes(digit)) return endGather(step, atMs);
  const digits = phase.digits + digit;
  const pressed = change(step, { phase: { ...phase, digits, untilMs: atMs + gather.timeoutMs } });
  return digits.length === gather.numDigits ? endGather(pressed, atMs) : pressed;
}

/** Ends the `<Gather>`: requests its action with the digits. Without digits, the next verb follows. */
export function endGather(step: TelephoneStep, atMs: number): TelephoneStep {
  const { phase } = step.call;
  if (phase.type !== "gathering") return step;
  if (phase.digits === "") return change(step, { phase: { type: "running" } });
  return requestAction(step, atMs, phase.gather.action, { Digits: phase.digits });
}

/** Requests an action. Without one, the next verb follows. */
function requestAction(step: TelephoneStep, atMs: number, action: ActionTarget | undefined, params: FormParams): TelephoneStep {
  if (action === undefined) return change(step, { phase: { type: "running" } });
  return fetchDocument(step, atMs, { purpose: "action", ...action, params });
}

/** An empty URL means the document's own. */
function targetOf(step: TelephoneStep, url: string, method: string | undefined): ActionTarget {
  return { url: resolve(step, url), method: method?.toUpperCase() === "GET" ? "GET" : "POST" };
}

/** A URL that cannot be resolved stays as it is. The request for it then fails. */
function resolve({ call }: TelephoneStep, url: string): string {
  return URL.canParse(url, call.documentUrl) ? new URL(url, call.documentUrl).href : url;
}

function nameWithNoun({ name, children }: TwimlElement): string {
  return [name, ...children.map((child) => child.name)].join(" ");
}

function seconds(text: string | undefined, byDefault: number): number {
  const value = /^\d{1,6}$/.test(text ?? "") ? Number(text) : byDefault;
  return Math.min(maxWaitS, value) * 1000;
}
