// What a voice webhook must do with X-Twilio-Signature: accept a request that Twilio signed, and reject any other.
// Follows https://www.twilio.com/docs/usage/security#validating-requests

import { latin1Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import { elementsOf, firstDocuments, streamElement } from "../evidence/documents.ts";
import type { DoctorCheck, DoctorJudgement, Evidence, WebhookTry } from "../evidence/evidence.ts";
import { bodyStart, exchangeTrail, foreignAnswer, rejectsSignature } from "../evidence/exchanges.ts";
import { failed, NO_ANSWER, NO_WEBHOOK, onWebhook, passed, untested } from "./judgement.ts";

const securityPage = "https://www.twilio.com/docs/usage/security#validating-requests";
/** The header with which voice names itself (server/http/app.ts), and what it says to a caller when it refuses. */
const VOICE_HEADER = "X-Voice-Instance";
const voiceWords = /this line is not set up correctly|this server has no Twilio auth token/i;
/** What servers say when they refuse a call that they could have rejected with 403. */
const refusalWords =
  /signature|unauthori[sz]ed|not authori[sz]ed|forbidden|access denied|permission|not (?:been )?(?:set ?up|configured)|misconfigured|could not be verified|cannot verify|invalid request/i;
const voiceFix =
  "this is voice: give --auth-token the value of TWILIO_AUTH_TOKEN that it runs with; if that is the same, run voice check on its machine, which tests token and PUBLIC_URL";

export const SIGNATURE_CHECK: DoctorCheck = {
  id: "webhook.signature",
  stage: "webhook",
  level: "error",
  requirement: "The webhook accepts a request that Twilio signed.",
  expected: "the signed request is accepted",
  source: securityPage,
  judge: onWebhook((exchange, evidence) => {
    const { answer } = exchange;
    const [first] = evidence.calls;
    if (answer === undefined) return untested(NO_ANSWER);
    if (first !== undefined && foreignAnswer(first.call) !== undefined) return untested("see webhook.answered-by");
    const accepted = acceptedTry(evidence, answer.status);
    const words = refusalInWords(exchange, evidence);
    if (!rejectsSignature(exchange) && accepted === undefined && words === undefined) {
      if (answer.status >= 300) return untested(`HTTP ${answer.status}`);
      return passed(`${evidence.hasToken ? "the signed request" : "an unsigned request"} was accepted`);
    }
    return rejected(exchange, evidence, { accepted, words });
  }),
};

function rejected(
  { answer }: HttpExchange,
  evidence: Evidence,
  { accepted, words }: { readonly accepted: WebhookTry | undefined; readonly words: string | undefined },
): DoctorJudgement {
  const { webhookTries, hasToken } = evidence;
  const status = `HTTP ${answer?.status}${words === undefined ? "" : ` with the words "${words}"`}`;
  const lines = [...exchangeTrail(evidence.calls[0]?.call), `body: ${bodyStart(answer?.body ?? "")}`];
  if (!hasToken) return failed("needs-token", `${status} to an unsigned request`, { evidence: lines });
  const tries = webhookTries.map(
    (tried) => `${tried.variant === "unsigned" ? tried.variant : `signed ${tried.variant}`}: HTTP ${tried.status ?? "none"}`,
  );
  const details = { evidence: [...lines, ...tries] };
  // A server may answer a signed request to a wrong path in words, because it may be Twilio's.
  const isNoPath = words !== undefined && webhookTries.some(({ variant, status }) => variant === "unsigned" && status === 404);
  if (isNoPath) return failed("webhook-not-found", `${status}; HTTP 404 to the same request without a signature`, details);
  if (accepted !== undefined) {
    const actual = `${status}; accepted when signed ${accepted.variant}: it checks ${accepted.signedUrl}`;
    return failed("webhook-signature-rejected", actual, details);
  }
  const isVoice = answer !== undefined && (fieldValue(answer.headers, VOICE_HEADER) !== undefined || voiceWords.test(words ?? ""));
  const actual = `${status} for every signature: the server has another token, or checks another URL`;
  return failed("webhook-signature-mismatch", actual, { ...details, ...(isVoice ? { fix: { text: voiceFix } } : {}) });
}

/** Some servers reject with TwiML that has no stream: then another signature must get one. */
function acceptedTry(evidence: Evidence, status: number): WebhookTry | undefined {
  if (hasStream(evidence)) return undefined;
  return evidence.webhookTries.find(
    (tried) => tried.variant !== "unsigned" && tried.isTwiml && (status >= 400 || tried.hasStream === true),
  );
}

/** What a 2xx answer without a stream says, if it is a refusal. Undefined for any other answer. */
function refusalInWords({ answer, plan }: HttpExchange, evidence: Evidence): string | undefined {
  if (answer === undefined || answer.status < 200 || answer.status > 299 || hasStream(evidence)) return undefined;
  const text = latin1Text(answer.body.subarray(0, 2_000));
  const said = plan?.type === "twiml" ? spokenText(plan.root) : text;
  if (fieldValue(answer.headers, VOICE_HEADER) !== undefined) return bodyStart(said, 160);
  // Without a token, or where it is not read to the caller, only the word itself counts.
  const words = evidence.hasToken && plan !== undefined ? refusalWords : /signature/i;
  return words.test(text) ? bodyStart(said, 160) : undefined;
}

function spokenText(root: TwimlElement): string {
  return elementsOf(root)
    .filter(({ name }) => name === "Say")
    .map(({ text }) => text)
    .join(" ");
}

function hasStream(evidence: Evidence): boolean {
  return firstDocuments(evidence).some(({ root }) => streamElement(root) !== undefined);
}

export const UNSIGNED_CHECK: DoctorCheck = {
  id: "webhook.unsigned",
  stage: "webhook",
  level: "info",
  requirement: "The webhook rejects a request that Twilio did not sign; otherwise anyone can talk to the model at the owner's cost.",
  expected: "HTTP 401 or 403",
  source: securityPage,
  judge: (evidence) => {
    const { target, webhookTries, hasToken } = evidence;
    if (target.kind === "stream") return untested(NO_WEBHOOK);
    const unsignedTry = webhookTries.find(({ variant }) => variant === "unsigned");
    const isAccepted = hasToken ? getsWhatSignedGets(unsignedTry, evidence) : hasStream(evidence);
    if (isAccepted) return failed("webhook-accepts-unsigned", "an unsigned request got TwiML", { level: hasToken ? "warning" : "info" });
    if (!hasToken) return untested("without a token there is no signed request to compare with");
    return unsignedTry?.status === undefined ? untested(NO_ANSWER) : passed(`HTTP ${unsignedTry.status}`);
  },
};

/** A refusal may be TwiML, too: the unsigned request must get a stream where the signed one got one. */
function getsWhatSignedGets(unsigned: WebhookTry | undefined, evidence: Evidence): boolean {
  if (unsigned?.isTwiml !== true) return false;
  const [first] = firstDocuments(evidence);
  const isStreamInFirst = first !== undefined && streamElement(first.root) !== undefined;
  return unsigned.hasStream !== false || (!isStreamInFirst && hasStream(evidence));
}
