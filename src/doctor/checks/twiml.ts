// What a webhook's TwiML must be: XML that Twilio accepts, verbs that exist, and a stream in both directions. The
// stream's URL is in url.ts.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/voice/twiml/stream

import { utf8Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import { decodeTwiml } from "../../protocol/twiml/decode-twiml.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { TwilioFault } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";
import { findBodyFault } from "../evidence/answer-body.ts";
import { obstacleBeforeStream } from "../evidence/before-stream.ts";
import { documentsOf, elementsOf, firstDocuments, streamElement } from "../evidence/documents.ts";
import type { DoctorCheck, DoctorJudgement, Evidence } from "../evidence/evidence.ts";
import { bodyStart, documentExchanges, foreignAnswer, judgedExchange } from "../evidence/exchanges.ts";
import { failed, passed, remarked, untested } from "./judgement.ts";

/** Judges a 2xx answer of the webhook; untested without one. */
function onAnswer(judge: (exchange: HttpExchange) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return ({ target, calls: [first] }) => {
    if (target.kind === "stream" || first === undefined) return untested("there is no webhook");
    const exchange = judgedExchange(first.call);
    const status = exchange?.answer?.status ?? 0;
    if (exchange === undefined || status < 200 || status > 299) return untested("there was no 2xx answer");
    return foreignAnswer(first.call) === undefined ? judge(exchange) : untested("see webhook.answered-by");
  };
}

/** Judges the roots of the first call's documents; untested when it had none. */
function onDocuments(
  judge: (roots: readonly TwimlElement[], evidence: Evidence) => DoctorJudgement,
): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    const roots = firstDocuments(evidence).map(({ root }) => root);
    return roots.length === 0 ? untested("there is no TwiML") : judge(roots, evidence);
  };
}

/** Fails when Twilio rejects the answer with one of these error codes. */
function rejectionCheck(
  { id, stage, requirement, expected }: Pick<DoctorCheck, "id" | "stage" | "requirement" | "expected">,
  causes: Readonly<Record<number, CauseCode>>,
): DoctorCheck {
  return {
    id,
    stage,
    level: "error",
    requirement,
    expected,
    source: twilioErrorUrl(Object.keys(causes)[0] ?? ""),
    judge: onAnswer((exchange) => {
      const { fault, plan } = exchange;
      const cause = fault === undefined ? undefined : causes[fault.twilioCode];
      if (fault !== undefined && cause !== undefined) return rejection(cause, exchange, fault);
      return plan === undefined ? untested(fault?.what ?? "the answer was not read") : passed(expected);
    }),
  };
}

/** What the body is explains more than where the XML parser stopped. */
function rejection(cause: CauseCode, exchange: HttpExchange, { twilioCode, what }: TwilioFault): DoctorJudgement {
  const found = exchange.answer === undefined ? undefined : findBodyFault(exchange.answer);
  const details = { twilioCode, evidence: placeOfFault(exchange) };
  if (found === undefined) return failed(cause, what, details);
  return failed(found.cause, `${found.actual} (${what})`, { ...details, ...(found.fix === undefined ? {} : { fix: { text: found.fix } }) });
}

function placeOfFault({ answer, fault }: HttpExchange): readonly string[] {
  const at = / line (\d+), column (\d+)/.exec(fault?.what ?? "");
  const line = at === null || answer === undefined ? undefined : utf8Text(answer.body)?.split("\n")[Number(at[1]) - 1];
  return [
    ...(line === undefined || at === null ? [] : [`line ${at[1]}: ${line.slice(0, 200)}`]),
    ...["Content-Type", "Content-Encoding", "Content-Length"].flatMap((name) => {
      const value = fieldValue(answer?.headers ?? [], name);
      return value === undefined ? [] : [`${name}: ${value}`];
    }),
    `body: ${bodyStart(answer?.body ?? "")}`,
  ];
}

const body = rejectionCheck(
  { id: "webhook.body", stage: "webhook", requirement: "The answer has a body.", expected: "a body" },
  { 11770: "webhook-empty" },
);
const contentType = rejectionCheck(
  {
    id: "webhook.content-type",
    stage: "webhook",
    requirement: "The answer's Content-Type is text/xml or application/xml.",
    expected: "text/xml or application/xml",
  },
  { 12300: "webhook-content-type" },
);
const size = rejectionCheck(
  { id: "webhook.size", stage: "webhook", requirement: "The answer is at most 64 kB long.", expected: "at most 65536 bytes" },
  { 11750: "webhook-too-big" },
);
const wellFormed = rejectionCheck(
  { id: "twiml.well-formed", stage: "twiml", requirement: "The TwiML is well-formed XML 1.0.", expected: "well-formed XML" },
  { 12100: "twiml-malformed", 12101: "twiml-malformed" },
);
const root = rejectionCheck(
  { id: "twiml.root", stage: "twiml", requirement: "The TwiML's root element is <Response>.", expected: "<Response>" },
  { 12102: "twiml-root" },
);

/** Twilio also accepts text and audio. */
const parsed: DoctorCheck = {
  id: "twiml.parsed",
  stage: "twiml",
  level: "error",
  requirement: "Twilio parses the answer as TwiML, and does not read it aloud or play it.",
  expected: "TwiML",
  source: "https://www.twilio.com/docs/voice/twiml#twilio-understands-mime-types",
  judge: onAnswer(({ plan, answer }) => {
    const type = fieldValue(answer?.headers ?? [], "content-type") ?? "";
    const evidence = [`Content-Type: ${type}`, `body: ${bodyStart(answer?.body ?? "")}`];
    if (plan?.type === "text") {
      const found = answer === undefined ? undefined : findBodyFault(answer);
      if (found === undefined) return failed("twiml-plain-text", "text/plain that is not TwiML", { evidence });
      const { cause, actual, fix } = found;
      return failed(cause, `text/plain: ${actual}`, { evidence, ...(fix === undefined ? {} : { fix: { text: fix } }) });
    }
    if (plan?.type === "audio") return failed("twiml-audio-file", plan.contentType, { evidence });
    if (plan === undefined) return untested("the answer was not read");
    return /^\s*text\/plain\b/i.test(type) ? failed("twiml-as-plain-text", type, { evidence, level: "warning" }) : passed("TwiML");
  }),
};

const encoding: DoctorCheck = {
  id: "twiml.encoding",
  stage: "twiml",
  level: "warning",
  requirement: "The TwiML is UTF-8, and says nothing else about its encoding.",
  expected: "UTF-8",
  source: "https://www.rfc-editor.org/rfc/rfc7303#section-3",
  judge: onAnswer(({ plan, answer }) => {
    if (plan?.type !== "twiml" || answer === undefined) return untested("there is no TwiML");
    const decoded = decodeTwiml(answer.body, fieldValue(answer.headers, "content-type"));
    if ("bad" in decoded) return untested(decoded.bad);
    const { encoding: used, wronglyDeclared } = decoded;
    if (wronglyDeclared !== undefined) return failed("twiml-encoding", `declared ${wronglyDeclared}, sent ${used}`);
    return used === "utf-8" || used === "us-ascii" ? passed(used) : remarked("twiml-declared-encoding", used);
  }),
};

/** Every verb and noun (https://www.twilio.com/docs/voice/twiml#twiml-elements) but SSML's, which are lower case. */
const knownElements = (
  "Response Connect Stream Parameter Say Play Pause Gather Redirect Dial Hangup Reject Enqueue Leave Pay Prompt Record Refer ReferSip Siprec Sms " +
  "Message Body Media Start Stop Number Client Identity Conference Queue Sip Sim Application ApplicationSid Task Room Conversation Echo Autopilot VirtualAgent " +
  "AiSession Assistant ConversationRelay ConversationRelaySession Language Config Transcription Recording WhatsApp TaskAttributes Custom"
).split(" ");
/** Attributes of `<Stream>`. */
const streamAttributes = ["url", "name", "track", "statusCallback", "statusCallbackMethod", "connectorName", "audioFormat", "sampleRate"];
/** SSML in `<Say>`. */
const ssml = /^(?:amazon:\w+|break|emphasis|lang|mark|p|phoneme|prosody|s|say-as|sub|w|voice|speak|express-as|google:\w+)$/;

const verbs: DoctorCheck = {
  id: "twiml.verbs",
  stage: "twiml",
  level: "error",
  requirement: "Verbs, nouns and attributes are TwiML's, in TwiML's upper and lower case.",
  expected: "known names, in the right case",
  source: twilioErrorUrl(12200),
  judge: onDocuments((roots, evidence) => {
    const unknown = roots.flatMap(unknownNames);
    const worst = unknown.find(({ isWrongCase }) => isWrongCase) ?? unknown[0];
    if (worst === undefined) return passed("all names are known");
    const hasNoStream = evidence.calls[0]?.call.streams.length === 0;
    return failed("twiml-unknown-verb", worst.problem, {
      evidence: unknown.map(({ element, problem }) => `line ${element.line}, column ${element.column}: ${problem}`),
      level: worst.isWrongCase && hasNoStream ? "error" : "warning",
    });
  }),
};

interface UnknownName {
  readonly element: TwimlElement;
  readonly problem: string;
  readonly isWrongCase: boolean;
}

function unknownNames(root: TwimlElement): readonly UnknownName[] {
  return elementsOf(root).flatMap((element) => {
    const { name, attributes } = element;
    const right = spelling(name, knownElements);
    if (right !== name && !ssml.test(name))
      return [
        { element, isWrongCase: right !== undefined, problem: `<${name}> is ${right === undefined ? "unknown" : `spelled <${right}>`}` },
      ];
    if (name !== "Stream") return [];
    return Object.keys(attributes).flatMap((attribute) => {
      const right = spelling(attribute, streamAttributes);
      if (right === attribute) return [];
      const problem = `${attribute}= of <Stream> is ${right === undefined ? "unknown" : `spelled ${right}=`}`;
      return [{ element, isWrongCase: right !== undefined, problem }];
    });
  });
}

/** The known name that differs at most in case. */
function spelling(name: string, known: readonly string[]): string | undefined {
  return known.find((one) => one === name) ?? known.find((one) => one.toLowerCase() === name.toLowerCase());
}

const stream: DoctorCheck = {
  id: "twiml.stream",
  stage: "twiml",
  level: "error",
  requirement: "The TwiML connects the call to a stream in both directions: <Connect><Stream>.",
  expected: "<Connect><Stream>",
  source: "https://www.twilio.com/docs/voice/twiml/stream",
  judge: onDocuments((roots, evidence) => {
    if (roots.some((one) => streamElement(one) !== undefined)) return passed("<Connect><Stream>");
    const elements = roots.flatMap(elementsOf);
    const said = elements.filter(({ name, text }) => name === "Say" && text !== "").map(({ text }) => `<Say>: ${text.slice(0, 200)}`);
    const names = new Set(elements.map(({ name }) => `<${name}>`));
    const escaped = elements.find(({ text }) => /<(?:Connect|Stream)\b/.test(text));
    if (escaped !== undefined)
      return failed("twiml-encoded-again", `text in <${escaped.name}>: ${bodyStart(escaped.text, 80)}`, { fix: VERBS_FIX });
    return failed(causeOfNoStream(roots, evidence), [...names].join(" "), { evidence: said });
  }),
};

/** For verbs that a template or a serializer escaped into text. */
const VERBS_FIX = { text: "the verbs are escaped (&lt;Connect&gt;), so they are text: put them into the document unescaped" };

function causeOfNoStream(roots: readonly TwimlElement[], { calls: [first] }: Evidence): CauseCode {
  const elements = roots.flatMap(elementsOf);
  const has = (wanted: string): boolean => elements.some(({ name }) => name === wanted);
  if (has("ConversationRelay")) return "twiml-conversation-relay";
  if (elements.some(({ name, children }) => name === "Start" && children.some((noun) => noun.name === "Stream"))) return "twiml-one-way";
  if (first?.call.end?.cause === "tooLong") return "twiml-redirect-loop";
  if (has("Reject")) return "twiml-rejects";
  return elements.length === roots.length ? "twiml-empty" : "twiml-no-stream";
}

const order: DoctorCheck = {
  id: "twiml.before-stream",
  stage: "twiml",
  level: "error",
  requirement: "Nothing before <Connect><Stream> ends the call, leads it elsewhere or holds it.",
  expected: "no <Hangup>, <Reject>, <Redirect>, <Enqueue>, <Dial>, <Record> or long <Pause> before <Connect>",
  source: "https://www.twilio.com/docs/voice/twiml#how-twiml-works",
  judge: onDocuments((_roots, { calls: [first] }) => {
    const documents = (first === undefined ? [] : documentsOf(first.call))
      .map(({ root }) => root)
      .filter((one) => streamElement(one) !== undefined);
    if (first === undefined || documents.length === 0) return untested("there is no stream");
    const obstacles = documents.map(obstacleBeforeStream);
    // A document whose stream can be reached is enough: the call may have left the others.
    const [obstacle] = obstacles.some((one) => one === undefined) ? [] : obstacles;
    if (obstacle === undefined) return passed("nothing");
    const { cause, element, effect, mayPass } = obstacle;
    const isOpen = first.call.streams.some(({ openedAtMs }) => openedAtMs !== undefined);
    return failed(cause, `<${element.name}> on line ${element.line} ${effect}`, mayPass && isOpen ? { level: "warning" } : {});
  }),
};

/** The longest name and value together (https://www.twilio.com/docs/voice/twiml/stream#custom-parameters). */
const MAX_PARAMETER_CHARS = 500;

const parameters: DoctorCheck = {
  id: "twiml.parameters",
  stage: "twiml",
  level: "warning",
  requirement: "Name and value of each <Parameter> have less than 500 characters together.",
  expected: `less than ${MAX_PARAMETER_CHARS} characters`,
  source: "https://www.twilio.com/docs/voice/twiml/stream#custom-parameters",
  judge: onDocuments((roots) => {
    const elements = roots.flatMap((one) => streamElement(one)?.children ?? []).filter(({ name }) => name === "Parameter");
    if (elements.length === 0) return untested("there is no <Parameter>");
    const lengths = elements.map(({ attributes: { name = "", value = "" } }) => ({ name, length: name.length + value.length }));
    const long = lengths.find(({ length }) => length >= MAX_PARAMETER_CHARS);
    if (long !== undefined) return failed("twiml-parameter-too-long", `${long.name}: ${long.length} characters`);
    return passed(`at most ${Math.max(...lengths.map(({ length }) => length))} characters`);
  }),
};

const track: DoctorCheck = {
  id: "twiml.track",
  stage: "twiml",
  level: "error",
  requirement: "A <Stream> under <Connect> has the inbound track only.",
  expected: "inbound_track, or no track attribute",
  source: twilioErrorUrl(31941),
  judge: onDocuments((roots) => {
    const element = roots.flatMap((one) => streamElement(one) ?? [])[0];
    if (element === undefined) return untested("there is no stream");
    const value = element.attributes["track"];
    return value === undefined || value === "inbound_track" ? passed(value ?? "no track attribute") : failed("twiml-track", value);
  }),
};

const afterConnect: DoctorCheck = {
  id: "twiml.after-connect",
  stage: "twiml",
  level: "info",
  requirement: "<Connect> has an action or is followed by a verb; otherwise the line drops silently when the stream fails.",
  expected: "an action, or a verb after <Connect>",
  source: "https://www.twilio.com/docs/voice/twiml/connect",
  judge: (evidence) => {
    const roots = evidence.target.kind === "stream" ? [] : firstDocuments(evidence).map((document) => document.root);
    const children = roots.find((one) => streamElement(one) !== undefined)?.children;
    if (children === undefined) return untested("there is no stream");
    const at = children.findIndex(({ name }) => name === "Connect");
    if (children[at]?.attributes["action"] !== undefined) return passed("an action");
    return at < children.length - 1 ? passed("a verb") : remarked("twiml-nothing-after-connect", "nothing");
  },
};

const plays: DoctorCheck = {
  id: "twiml.plays",
  stage: "twiml",
  level: "warning",
  requirement: "The URLs under <Play> can be fetched, and are audio.",
  expected: "HTTP 200, audio/*",
  source: "https://www.twilio.com/docs/voice/twiml/play",
  judge: ({ plays: tried = [] }) => {
    if (tried.length === 0) return untested("there is no <Play>");
    const evidence = tried.map(({ url, status, contentType, failure }) =>
      `${url}: ${status ?? failure?.detail} ${contentType ?? ""}`.trim(),
    );
    const bad = tried.find(({ status, contentType }) => status !== 200 || !/^audio\//i.test(contentType ?? ""));
    if (bad === undefined) return passed(`${tried.length} recordings`, { evidence });
    const actual = `HTTP ${bad.status ?? "none"}, ${bad.contentType ?? "no Content-Type"}`;
    return failed("twiml-play-unavailable", actual, { evidence });
  },
};

const action: DoctorCheck = {
  id: "twiml.action",
  stage: "hangup",
  level: "warning",
  requirement: "Requests after the stream, such as <Connect action>, are answered; otherwise the caller hears an application error.",
  expected: "TwiML, or 2xx",
  source: "https://www.twilio.com/docs/voice/twiml/connect",
  judge: ({ calls: [first] }) => {
    const streamAtMs = first?.call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
    const later = first === undefined ? [] : documentExchanges(first.call).filter(({ atMs }) => atMs > streamAtMs);
    if (later.length === 0) return untested("Twilio made no request after the stream");
    for (const { fault, request } of later) {
      const evidence = [`${request.method} ${request.url}`];
      if (fault !== undefined) return failed("twiml-action-failed", fault.what, { twilioCode: fault.twilioCode, evidence });
    }
    const open = later.find(({ answer }) => answer === undefined);
    if (open !== undefined) return untested(`${open.request.url} had not answered when the call ended`);
    return passed(`${later.length} requests were answered`);
  },
};

/** In the order in which an answer meets them. */
export const TWIML_CHECKS: readonly DoctorCheck[] = [
  ...[body, contentType, size, wellFormed, root, parsed, encoding],
  ...[verbs, stream, order, parameters, track, afterConnect, plays, action],
];
