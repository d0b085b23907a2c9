// What a server owes in its TwiML: XML that Twilio takes, verbs that there are, and a stream in both directions. Where the stream's URL leads:
// doctor-url.ts.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/voice/twiml/stream

import { utf8Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { CauseCode } from "../causes/causes.ts";
import { documentExchanges, elementsOf, firstDocuments, judgedExchange, streamElement } from "../evidence/documents.ts";
import type { DoctorCheck, Evidence, Judged } from "../evidence/evidence.ts";
import { faulty, fine, untried } from "./verdicts.ts";
import { bodyStart } from "./webhook.ts";

const errorsPage = "https://www.twilio.com/docs/api/errors";

/** Every verb and noun (https://www.twilio.com/docs/voice/twiml#twiml-elements), but SSML's, which are written small. */
const knownElements = (
  "Response Connect Stream Parameter Say Play Pause Gather Redirect Dial Hangup Reject Enqueue Leave Pay Prompt Record Refer ReferSip Siprec Sms " +
  "Message Body Media Start Stop Number Client Identity Conference Queue Sip Sim Application ApplicationSid Task Room Conversation Echo Autopilot VirtualAgent " +
  "AiSession Assistant ConversationRelay ConversationRelaySession Language Config Transcription Recording WhatsApp TaskAttributes Custom"
).split(" ");
/** Attributes of `<Stream>` as they are written. */
const streamAttributes = ["url", "name", "track", "statusCallback", "statusCallbackMethod", "connectorName", "audioFormat", "sampleRate"];
/** SSML in `<Say>`. */
const ssml = /^(?:amazon:\w+|break|emphasis|lang|mark|p|phoneme|prosody|s|say-as|sub|w|voice|speak|express-as|google:\w+)$/;

/** What is judged of an answer before it is carried out. */
function ofAnswer(expected: string, judge: (exchange: HttpExchange, isTaken: boolean) => Judged): (evidence: Evidence) => Judged {
  return ({ target, calls: [first] }) => {
    if (target.kind === "stream" || first === undefined) return untried(expected, "there is no webhook");
    const exchange = judgedExchange(first.call);
    const status = exchange?.answer?.status ?? 0;
    if (exchange === undefined || status < 200 || status > 299) return untried(expected, "there was no answer to look at");
    return judge(exchange, exchange.plan !== undefined);
  };
}

function place(exchange: HttpExchange): readonly string[] {
  const { answer, fault } = exchange;
  const at = / line (\d+), column (\d+)/.exec(fault?.what ?? "");
  const line = at === null || answer === undefined ? undefined : utf8Text(answer.body)?.split("\n")[Number(at[1]) - 1];
  const marked = line === undefined || at === null ? [] : [`line ${at[1]}: ${line.slice(0, 200)}`];
  return [
    ...marked,
    `Content-Type: ${fieldValue(answer?.headers ?? [], "content-type") ?? "none"}`,
    `body: ${bodyStart(answer?.body ?? "")}`,
  ];
}

const answerFaults: Readonly<Record<number, CauseCode>> = {
  11750: "webhook-too-big",
  11770: "webhook-empty",
  12300: "webhook-content-type",
  12100: "twiml-malformed",
  12101: "twiml-malformed",
  12102: "twiml-root",
};

function answerCheck(id: string, stage: "webhook" | "twiml", codes: readonly number[], requirement: string, expected: string): DoctorCheck {
  const [first = 0] = codes;
  return {
    id,
    stage,
    level: "error",
    requirement,
    source: `${errorsPage}/${first}`,
    judge: ofAnswer(expected, (exchange, isTaken) => {
      const { fault } = exchange;
      if (fault !== undefined && codes.includes(fault.twilioCode)) {
        const cause = answerFaults[fault.twilioCode] ?? "twiml-malformed";
        return faulty(cause, expected, fault.what, { twilioCode: fault.twilioCode, evidence: place(exchange) });
      }
      return isTaken ? fine(expected, "so it is") : untried(expected, fault?.what ?? "not read");
    }),
  };
}

const answered: readonly DoctorCheck[] = [
  answerCheck("webhook.empty", "webhook", [11770], "The answer has a body.", "a body"),
  answerCheck("webhook.content-type", "webhook", [12300], "The answer's Content-Type is text/xml or application/xml.", "text/xml"),
  answerCheck("webhook.size", "webhook", [11750], "The answer has at most 64 kB.", "at most 65536 bytes"),
  answerCheck("twiml.well-formed", "twiml", [12100, 12101], "The TwiML is well-formed XML 1.0.", "well-formed XML"),
  answerCheck("twiml.root", "twiml", [12102], "The TwiML's root is <Response>.", "<Response>"),
];

/** Content types that Twilio takes, though not as what was meant. */
const meant: DoctorCheck = {
  id: "twiml.taken-as-twiml",
  stage: "twiml",
  level: "error",
  requirement: "The answer is taken as TwiML, and not read aloud or played.",
  source: "https://www.twilio.com/docs/voice/twiml#twilio-understands-mime-types",
  judge: ofAnswer("TwiML", ({ plan, answer }) => {
    const evidence = [`body: ${bodyStart(answer?.body ?? "")}`];
    if (plan?.type === "text") return faulty("twiml-plain-text", "TwiML", "text/plain that is no TwiML", { evidence });
    if (plan?.type === "audio") return faulty("twiml-audio-file", "TwiML", plan.contentType, { evidence });
    return plan === undefined ? untried("TwiML", "not read") : fine("TwiML", "TwiML");
  }),
};

interface Strange {
  readonly element: TwimlElement;
  readonly told: string;
  readonly isCase: boolean;
}

function strangeIn(root: TwimlElement): readonly Strange[] {
  return elementsOf(root).flatMap((element) => {
    const { name, attributes } = element;
    if (!knownElements.includes(name) && !ssml.test(name)) {
      const right = knownElements.find((known) => known.toLowerCase() === name.toLowerCase());
      return [
        { element, isCase: right !== undefined, told: `<${name}>${right === undefined ? " is not known" : ` is written <${right}>`}` },
      ];
    }
    if (name !== "Stream") return [];
    return Object.keys(attributes).flatMap((attribute) => {
      const right = streamAttributes.find((known) => known.toLowerCase() === attribute.toLowerCase());
      if (right === attribute) return [];
      return [
        {
          element,
          isCase: right !== undefined,
          told: `${attribute}= of <Stream>${right === undefined ? " is not known" : ` is written ${right}=`}`,
        },
      ];
    });
  });
}

/** What is written so that the call cannot reach its stream. */
function isDeadly(evidence: Evidence): boolean {
  const [first] = evidence.calls;
  return first !== undefined && first.call.streams.length === 0;
}

const verbs: DoctorCheck = {
  id: "twiml.verbs",
  stage: "twiml",
  level: "error",
  requirement: "Verbs, nouns and attributes are those of TwiML, in its upper and lower case.",
  source: `${errorsPage}/12200`,
  judge: (evidence) => {
    const expected = "known verbs, in their case";
    const documents = firstDocuments(evidence);
    if (documents.length === 0) return untried(expected, "there is no TwiML");
    const strange = documents.flatMap(({ root }) => strangeIn(root));
    const [worst] = [...strange].sort((a, b) => Number(b.isCase) - Number(a.isCase));
    if (worst === undefined) return fine(expected, "so they are");
    const lines = strange.map(({ element, told }) => `line ${element.line}, column ${element.column}: ${told}`);
    const level = worst.isCase && isDeadly(evidence) ? "error" : "warning";
    return faulty("twiml-unknown-verb", expected, worst.told, { evidence: lines, level });
  },
};

function withoutStream(evidence: Evidence, roots: readonly TwimlElement[]): CauseCode {
  const all = roots.flatMap(elementsOf).map(({ name }) => name);
  const call = evidence.calls[0]?.call;
  if (all.includes("ConversationRelay")) return "twiml-conversation-relay";
  if (roots.some(isOneWay)) return "twiml-one-way";
  if (call?.end?.cause === "tooManyDocuments") return "twiml-redirect-loop";
  if (all.includes("Reject")) return "twiml-rejects";
  return all.length === roots.length ? "twiml-empty" : "twiml-no-stream";
}

function isOneWay(root: TwimlElement): boolean {
  return elementsOf(root).some(({ name, children }) => name === "Start" && children.some((noun) => noun.name === "Stream"));
}

const stream: DoctorCheck = {
  id: "twiml.stream",
  stage: "twiml",
  level: "error",
  requirement: "The TwiML connects the call to a stream in both directions: <Connect><Stream>.",
  source: "https://www.twilio.com/docs/voice/twiml/stream",
  judge: (evidence) => {
    const expected = "<Connect><Stream>";
    const documents = firstDocuments(evidence);
    if (documents.length === 0) return untried(expected, "there is no TwiML");
    const roots = documents.map(({ root }) => root);
    const found = roots.some((root) => streamElement(root) !== undefined);
    if (found) return fine(expected, "it does");
    const names = roots.flatMap(elementsOf).map(({ name }) => `<${name}>`);
    const said = roots
      .flatMap(elementsOf)
      .flatMap(({ name, text }) => (name === "Say" && text !== "" ? [`the caller is told: ${text.slice(0, 200)}`] : []));
    return faulty(withoutStream(evidence, roots), expected, [...new Set(names)].join(" "), { evidence: said });
  },
};

const track: DoctorCheck = {
  id: "twiml.track",
  stage: "twiml",
  level: "error",
  requirement: "A <Stream> of <Connect> takes the inbound track only.",
  source: `${errorsPage}/31941`,
  judge: (evidence) => {
    const streams = firstDocuments(evidence).flatMap(({ root }) => streamElement(root) ?? []);
    const [one] = streams;
    if (one === undefined) return untried("inbound_track, or nothing", "there is no stream");
    const told = one.attributes["track"];
    const isRight = told === undefined || told === "inbound_track";
    return isRight ? fine("inbound_track, or nothing", told ?? "nothing") : faulty("twiml-track", "inbound_track, or nothing", told);
  },
};

const after: DoctorCheck = {
  id: "twiml.after-connect",
  stage: "twiml",
  level: "info",
  requirement: "Something follows <Connect>, or its action does: without, a stream that fails drops the line without a word.",
  source: "https://www.twilio.com/docs/voice/twiml/connect",
  judge: (evidence) => {
    const expected = "a verb behind <Connect>, or an action";
    const documents = evidence.target.kind === "stream" ? [] : firstDocuments(evidence);
    const root = documents.find((document) => streamElement(document.root) !== undefined)?.root;
    if (root === undefined) return untried(expected, "there is no stream");
    const at = root.children.findIndex(({ name }) => name === "Connect");
    const isSafe = root.children[at]?.attributes["action"] !== undefined || at < root.children.length - 1;
    if (isSafe) return fine(expected, "so it does");
    const fix = {
      text: "put <Say>, <Dial> or <Redirect> behind </Connect>, or give it an action: it is what callers get when the stream fails",
    };
    return { ok: false, expected, actual: "nothing", fix };
  },
};

const plays: DoctorCheck = {
  id: "twiml.plays",
  stage: "twiml",
  level: "warning",
  requirement: "What <Play> names can be had, and is audio.",
  source: "https://www.twilio.com/docs/voice/twiml/play",
  judge: ({ plays: tried = [] }) => {
    const expected = "HTTP 200, audio/*";
    if (tried.length === 0) return untried(expected, "there is no <Play>");
    const evidence = tried.map(({ url, status, contentType, failure }) =>
      `${url}: ${status ?? failure?.detail} ${contentType ?? ""}`.trim(),
    );
    const bad = tried.find(({ status, contentType }) => status !== 200 || !/^audio\//i.test(contentType ?? ""));
    if (bad === undefined) return fine(expected, `${tried.length} recordings`, { evidence });
    const fix = { text: "let Twilio fetch the recording without a login, as audio/mpeg or audio/wav" };
    return {
      ok: false,
      expected,
      actual: `HTTP ${bad.status ?? "none"}, ${bad.contentType ?? "no Content-Type"}`,
      evidence,
      fix,
      twilioCode: 11200,
    };
  },
};

const action: DoctorCheck = {
  id: "twiml.action",
  stage: "hangup",
  level: "warning",
  requirement: "What is requested after the stream, as <Connect action> is, is answered too: else the caller hears an application error.",
  source: "https://www.twilio.com/docs/voice/twiml/connect",
  judge: ({ calls: [first] }) => {
    const streamAtMs = first?.call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
    const later = first === undefined ? [] : documentExchanges(first.call).filter(({ atMs }) => atMs >= streamAtMs);
    if (later.length === 0) return untried("TwiML, or 2xx", "nothing was requested after the stream");
    const bad = later.find(({ fault }) => fault !== undefined);
    if (bad?.fault === undefined) return fine("TwiML, or 2xx", `${later.length} requests answered`);
    const evidence = [`${bad.request.method} ${bad.request.url}`];
    return {
      ok: false,
      expected: "TwiML, or 2xx",
      actual: bad.fault.what,
      twilioCode: bad.fault.twilioCode,
      evidence,
      fix: { text: "look at the server's log for this request" },
    };
  },
};

/** In the order in which an answer passes them. */
export const TWIML_CHECKS: readonly DoctorCheck[] = [...answered, meant, verbs, stream, track, after, plays, action];
