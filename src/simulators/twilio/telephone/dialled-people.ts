// The people whom a `<Dial>` calls: each lets it ring, is busy, or answers, hears the document of `<Number url>` and
// may press a key. Whose document ends without `<Hangup>` is connected with the caller; the others are hung up. The
// document is run by a telephone call of its own, as every other one.
// Follows https://www.twilio.com/docs/voice/twiml/dial and .../twiml/number#attributes-url

import type { TwimlElement } from "../../../protocol/twiml/reader.ts";
import { sid } from "../seeded-ids.ts";
import type { FormParams } from "../webhook-request.ts";
import type { Person, TelephoneInput, TelephoneOptions, TelephoneOutput } from "./inputs-outputs.ts";
import type { ActionTarget, DialledPerson, TelephoneCall, TelephonePhase, TelephoneStep } from "./telephone-state.ts";
import { change, emit, note } from "./telephone-state.ts";

/** Twilio adds it to `timeout`: https://www.twilio.com/docs/voice/twiml/dial#timeout */
const MORE_RING_MS = 5_000;
/** Twilio's default of `timeout`, seconds. */
const RING_S = 30;
/** Requests of the first person's call have ids from here on, of the second from twice this, and so on. */
const IDS_PER_PERSON = 100_000;
/** One who has no script: it rings. */
const AWAY: Person = {};

type Dialling = Extract<TelephonePhase, { type: "dialling" }>;
type StepCall = (call: TelephoneCall, input: TelephoneInput) => TelephoneStep;
type CreateCall = (options: TelephoneOptions) => TelephoneCall;

/** Dials the nouns of a `<Dial>`. `resolve` makes a URL of the document absolute. */
export function dialPeople(
  step: TelephoneStep,
  atMs: number,
  { text, children, attributes }: TwimlElement,
  action: ActionTarget | undefined,
  resolve: (url: string) => string,
): TelephoneStep {
  const { dialled, options } = step.call;
  const nouns = text === "" ? children : [{ text, attributes: {} as TwimlElement["attributes"] }];
  const people = nouns.map((noun, index): DialledPerson => {
    const number = dialled.length + index + 1;
    const person = options.people?.[noun.text] ?? AWAY;
    const { url } = noun.attributes;
    return {
      target: noun.text,
      callSid: sid("CA", options.seed, `person ${number}`),
      person,
      screenUrl: url === undefined ? undefined : resolve(url),
      callerId: attributes["callerId"],
      answerMs: person.refuses === undefined && person.answerMs === undefined ? undefined : atMs + (person.answerMs ?? 0),
      state: "ringing",
    };
  });
  const ringS = /^\d{1,3}$/.test(attributes["timeout"] ?? "") ? Number(attributes["timeout"]) : RING_S;
  const phase = {
    type: "dialling",
    action,
    sinceMs: atMs,
    ringUntilMs: atMs + ringS * 1_000 + MORE_RING_MS,
    from: dialled.length,
  } as const;
  return change(step, { phase, dialled: [...dialled, ...people] });
}

/** What happens to the people who are dialled: by the time, or by the answer to a request of one of them. */
export function stepPeople(before: TelephoneStep, input: TelephoneInput, create: CreateCall, stepCall: StepCall): TelephoneStep {
  const { phase } = before.call;
  if (phase.type !== "dialling") return before;
  let step = before;
  for (let index = phase.from; index < step.call.dialled.length; index++) step = stepPerson(step, index, phase, input, create, stepCall);
  return endDial(step, phase, input.atMs);
}

function stepPerson(
  step: TelephoneStep,
  index: number,
  phase: Dialling,
  input: TelephoneInput,
  create: CreateCall,
  stepCall: StepCall,
): TelephoneStep {
  const { atMs } = input;
  const dialled = step.call.dialled[index];
  if (dialled === undefined || dialled.state === "over") return step;
  if (dialled.state === "ringing") {
    if (dialled.answerMs !== undefined && dialled.answerMs <= atMs) return answer(step, index, dialled, atMs, create, stepCall);
    return phase.ringUntilMs <= atMs ? update(step, index, { state: "over", outcome: "no-answer" }) : step;
  }
  const { call } = dialled;
  if (dialled.state !== "screened" || call === undefined) return step;
  const isMine = "id" in input && Math.floor(input.id / IDS_PER_PERSON) === index + 1;
  if (isMine) return takeStep(step, index, stepCall(call, input), atMs);
  return call.wakeAtMs !== undefined && call.wakeAtMs <= atMs ? takeStep(step, index, stepCall(call, { type: "woke", atMs }), atMs) : step;
}

function answer(
  step: TelephoneStep,
  index: number,
  dialled: DialledPerson,
  atMs: number,
  create: CreateCall,
  stepCall: StepCall,
): TelephoneStep {
  const { person, screenUrl } = dialled;
  if (person.refuses !== undefined) return update(step, index, { state: "over", outcome: person.refuses });
  if (screenUrl === undefined) return bridge(step, index, atMs);
  const call = { ...create(screenOptions(step.call, dialled, screenUrl)), lastId: (index + 1) * IDS_PER_PERSON };
  return takeStep(update(step, index, { state: "screened" }), index, stepCall(call, { type: "placed", atMs }), atMs);
}

function screenOptions(
  { options, facts }: TelephoneCall,
  { target, callSid, callerId, person }: DialledPerson,
  url: string,
): TelephoneOptions {
  const to = { ...facts.to, number: target };
  return {
    webhook: { url },
    authToken: options.authToken,
    seed: `${options.seed} ${callSid}`,
    accountSid: facts.accountSid,
    callSid,
    direction: "outbound-dial",
    from: callerId === undefined ? facts.from : { ...facts.from, number: callerId },
    to,
    params: { ParentCallSid: facts.callSid },
    ...(options.userAgent === undefined ? {} : { userAgent: options.userAgent }),
    ...(person.digits === undefined ? {} : { digits: person.digits }),
  };
}

/** Takes over a person's call. When it has ended, they are connected, or gone. */
function takeStep(step: TelephoneStep, index: number, { call, outputs }: TelephoneStep, atMs: number): TelephoneStep {
  const taken = emit(update(step, index, { call }), ...outputs.filter(isRequest));
  if (call.end === undefined) return taken;
  // An error of the document is like a hang-up: Twilio says it to the person.
  return call.end.cause === "endOfDocument" ? bridge(taken, index, atMs) : update(taken, index, { state: "over", outcome: "completed" });
}

function isRequest({ type }: TelephoneOutput): boolean {
  return type === "http.request";
}

function bridge(step: TelephoneStep, index: number, atMs: number): TelephoneStep {
  const { dialled, phase } = step.call;
  const from = phase.type === "dialling" ? phase.from : 0;
  if (dialled.slice(from).some(({ state }) => state === "connected")) return update(step, index, { state: "over", outcome: "canceled" });
  const { target = "", person } = dialled[index] ?? {};
  const alone = dialled.reduce(
    (before, { state }, at) =>
      at < from || at === index || state === "over" ? before : update(before, at, { state: "over", outcome: "canceled" }),
    step,
  );
  const connected = update(alone, index, { state: "connected", connectedAtMs: atMs, hangUpMs: atMs + (person?.talkMs ?? 0) });
  return note(connected, { kind: "connected", atMs, target });
}

/** Ends the `<Dial>` once the person who was connected has hung up, or no one is left. */
function endDial(step: TelephoneStep, phase: Dialling, atMs: number): TelephoneStep {
  const people = step.call.dialled.slice(phase.from);
  const connected = people.find(({ state }) => state === "connected");
  if (connected === undefined ? people.some(({ state }) => state !== "over") : (connected.hangUpMs ?? 0) > atMs) return step;
  return change(step, { phase: { type: "dialEnded", action: phase.action, params: dialParams(step.call, phase, atMs) } });
}

/**
 * What the action of a `<Dial>` gets. A person who has answered makes the status "completed", also one who was not
 * connected.
 */
export function dialParams({ dialled }: TelephoneCall, { from, sinceMs }: Dialling, atMs: number): FormParams {
  const people = dialled.slice(from);
  const connected = people.find(({ state }) => state === "connected");
  const answered = connected ?? people.find(({ call }) => call !== undefined);
  const outcomes = people.map(({ outcome }) => outcome);
  const refused = outcomes.find((outcome) => outcome === "busy" || outcome === "failed") ?? "no-answer";
  const isRinging = people.some(({ state }) => state === "ringing");
  const status = answered !== undefined ? "completed" : isRinging ? "canceled" : refused;
  return {
    DialCallStatus: status,
    DialBridged: String(connected !== undefined),
    DialCallSid: (answered ?? people[0])?.callSid ?? "",
    ...(answered === undefined ? {} : { DialCallDuration: String(Math.ceil((atMs - (connected?.connectedAtMs ?? sinceMs)) / 1_000)) }),
  };
}

/** When something happens to the people who are dialled, by itself. */
export function peopleDueMs({ phase, dialled }: TelephoneCall): readonly number[] {
  if (phase.type !== "dialling") return [];
  return dialled.slice(phase.from).flatMap(({ state, answerMs, call, hangUpMs }) => {
    if (state === "ringing") return [Math.min(answerMs ?? Number.POSITIVE_INFINITY, phase.ringUntilMs)];
    if (state === "screened") return call?.wakeAtMs ?? [];
    return state === "connected" ? (hangUpMs ?? []) : [];
  });
}

function update(step: TelephoneStep, index: number, fields: Partial<DialledPerson>): TelephoneStep {
  return change(step, { dialled: step.call.dialled.map((one, at) => (at === index ? { ...one, ...fields } : one)) });
}
