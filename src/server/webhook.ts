// What Twilio is answered over HTTP: a call's first webhook, what comes after a stream, and the two callbacks. Who may ask is the door's to say.
// Follows https://www.twilio.com/docs/voice/twiml, .../twiml/connect#action, .../twiml/stream#statuscallback

import type { Next } from "../call/effects.ts";
import type { Clock, Log } from "../call/ports.ts";
import type { Config } from "../config.ts";
import type { Connection } from "../platform/seam.ts";
import { readForm, type SignedParams } from "../protocol/signature.ts";
import { connectStreamTwiml, emptyTwiml, sayTwiml } from "../protocol/twiml.ts";
import { emptyAnswer, plainAnswer, twimlAnswer } from "./answers.ts";
import { readBody } from "./body.ts";
import type { Calls } from "./calls.ts";
import type { Door, WebhookVerdict } from "./door.ts";
import { readFacts } from "./request-facts.ts";
import { adviseStreamError } from "./stream-errors.ts";

/** What the webhooks need. */
export interface WebhookDeps {
  readonly config: Pick<Config, "publicUrl" | "sentences" | "language">;
  readonly door: Door;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which of the four it is. A caller hears the answer to the first two. */
export type WebhookRoute = "/twilio/voice" | "/twilio/after" | "/twilio/status" | "/twilio/stream";

/** Fields in a form at most; Twilio sends about forty, and a signature's check sorts them once for each URL tried. */
export const MAX_FORM_FIELDS = 500;
/** What the caller hears when Twilio asks a server that cannot tell Twilio from others. In English: whoever hears it is setting the server up. */
const LACKS_AUTH_TOKEN =
  "This server has no Twilio auth token, so it can not take this call. Please set TWILIO_AUTH_TOKEN, and call again.";
/** https://www.twilio.com/docs/voice/api/call-resource#call-status-values: letters and hyphens; a CallSid is CA and 32 hex digits. */
const callSidPattern = /^[A-Za-z0-9]{1,64}$/;

/** A request that has passed the door. */
interface Passed {
  readonly form: (name: string) => string;
  readonly callSid: string;
  readonly verdict: Extract<WebhookVerdict, { type: "in" }>;
}

/** Whether the caller hears what is answered on this path. */
export function isHeard(path: string): boolean {
  return path === "/twilio/voice" || path === "/twilio/after";
}

/** A call has come: answers with a stream, or with words. */
export async function answerVoice(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const passed = await pass("/twilio/voice", request, connection, deps);
  if (passed instanceof Response) return passed;
  const { callSid, form } = passed;
  const call = deps.calls.offer({ callSid, accountSid: form("AccountSid"), from: form("From"), to: form("To") });
  if (typeof call === "string") {
    deps.log(call === "draining" ? "info" : "warning", "webhook.answered", { callSid, answer: "say", why: call });
    return say(call === "draining" ? "draining" : "apology", deps);
  }
  const { accountSid } = call.identity;
  deps.log("info", "webhook.answered", { callSid, answer: "stream", streamUrl: streamUrl(passed), peer: connection.peerAddress });
  return connect(passed, accountSid, deps);
}

/** A stream is over, or never was: answers with what comes next. */
export async function answerAfter(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const passed = await pass("/twilio/after", request, connection, deps);
  if (passed instanceof Response) return passed;
  const { callSid, form } = passed;
  const callStatus = form("CallStatus");
  const call = deps.calls.find(callSid);
  const next = call === undefined ? afterUnknown(callStatus) : deps.calls.ask(call, callStatus);
  deps.log(call === undefined ? "warning" : "info", "after.answered", { callSid, callStatus, next: next.type, known: call !== undefined });
  if (next.type === "nothing") return twimlAnswer(emptyTwiml());
  if (next.type === "say") return say(next.sentence, deps);
  return connect(passed, call?.identity.accountSid ?? form("AccountSid"), deps);
}

/** The call's status callback. */
export async function takeStatus(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const passed = await pass("/twilio/status", request, connection, deps);
  if (passed instanceof Response) return passed;
  const { callSid, form } = passed;
  const call = deps.calls.find(callSid);
  deps.log("debug", "status.reported", { callSid, callStatus: form("CallStatus"), known: call !== undefined });
  call?.reported(form("CallStatus"));
  return emptyAnswer();
}

/** The Stream's status callback: the one place where Twilio tells us why a stream failed. */
export async function takeStreamEvent(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const passed = await pass("/twilio/stream", request, connection, deps);
  if (passed instanceof Response) return passed;
  const { callSid, form } = passed;
  const streamSid = form("StreamSid");
  const event = form("StreamEvent");
  if (event !== "stream-error") {
    deps.log("debug", "stream.reported", { callSid, streamSid, event });
    return emptyAnswer();
  }
  const error = form("StreamError").slice(0, 200);
  const advice = adviseStreamError(error);
  deps.log("error", "stream.failed", { callSid, streamSid, error, code: advice.code, cause: advice.cause, mend: advice.mend });
  return emptyAnswer();
}

/** The sentence that the caller hears when we threw. */
export function apologise(config: WebhookDeps["config"]): Response {
  return twimlAnswer(sayTwiml(config.sentences.apology, config.language));
}

/** The way to every webhook: body, door, CallSid. A Response when it ends there. */
async function pass(route: WebhookRoute, request: Request, connection: Connection, deps: WebhookDeps): Promise<Passed | Response> {
  const facts = readFacts(request, connection, deps.config.publicUrl, false);
  const refuse = (status: number, why: string): Response => {
    deps.log("warning", "webhook.refused", { route, status, why, peer: connection.peerAddress });
    return plainAnswer(status, why);
  };
  const isPost = request.method === "POST";
  const query = facts.address.target.split("?").slice(1).join("?");
  const text = isPost ? await readBody(request, deps.clock) : query;
  if (typeof text !== "string") return refuse(text.status, text.why);
  if (text.split("&", MAX_FORM_FIELDS + 1).length > MAX_FORM_FIELDS) return refuse(413, `the form has over ${MAX_FORM_FIELDS} fields`);
  const params: SignedParams = readForm(text);
  const verdict = deps.door.judgeWebhook(facts, isPost ? params : {});
  if (verdict.type === "forbidden") return refuse(403, verdict.why);
  if (verdict.type !== "in") return answerUnproven(route, verdict, deps, connection.peerAddress);
  if (verdict.insteadOfPublicUrl) {
    const mend = `set PUBLIC_URL=${verdict.baseUrl}, or change the address of the number in Twilio's console`;
    deps.log("warning", "webhook.otherUrl", { route, publicUrl: deps.config.publicUrl, fits: verdict.baseUrl, mend });
  }
  const form = (name: string): string => [params[name] ?? ""].flat()[0] ?? "";
  const callSid = form("CallSid");
  if (!callSidPattern.test(callSid)) return refuse(400, "CallSid is missing: this is for Twilio's webhooks");
  return { form, callSid, verdict };
}

/** It may be Twilio, but nothing proves it: no stream, no token, no model; words for the caller, the reason for the operator. */
function answerUnproven(
  route: WebhookRoute,
  verdict: Extract<WebhookVerdict, { type: "misfit" | "noAuthToken" }>,
  { log, config }: WebhookDeps,
  peer: string,
): Response {
  if (verdict.type === "noAuthToken") {
    log("error", "webhook.refused", { route, peer, why: "it is signed, and TWILIO_AUTH_TOKEN is not set", mend: "set TWILIO_AUTH_TOKEN" });
    return isHeard(route) ? twimlAnswer(sayTwiml(LACKS_AUTH_TOKEN, "en-US")) : plainAnswer(403, LACKS_AUTH_TOKEN);
  }
  const why = "the signature fits none of the URLs tried";
  const mend = "set PUBLIC_URL to the address in Twilio's console, and TWILIO_AUTH_TOKEN to that account's primary token";
  log("error", "webhook.refused", { route, peer, why, triedUrls: verdict.triedUrls.map(withoutQuery).join(" "), mend });
  return isHeard(route) ? twimlAnswer(sayTwiml(config.sentences.misconfigured, config.language)) : plainAnswer(403, why);
}

/** A call that this process does not know: it was started anew, or the call ended long ago. */
function afterUnknown(callStatus: string): Next {
  return callStatus === "in-progress" ? { type: "say", sentence: "apology" } : { type: "nothing" };
}

function say(sentence: keyof Config["sentences"], { config }: WebhookDeps): Response {
  return twimlAnswer(sayTwiml(config.sentences[sentence], config.language));
}

function streamUrl({ verdict }: Passed): string {
  return `${verdict.streamBaseUrl}/twilio/realtime`;
}

function connect(passed: Passed, accountSid: string, { door }: WebhookDeps): Response {
  const { baseUrl } = passed.verdict;
  const twiml = connectStreamTwiml({
    streamUrl: streamUrl(passed),
    token: door.giveToken({ callSid: passed.callSid, accountSid }),
    parameters: {},
    actionUrl: `${baseUrl}/twilio/after`,
    statusCallbackUrl: `${baseUrl}/twilio/stream`,
  });
  if (typeof twiml !== "string") throw new Error(`BUG: our own TwiML: ${twiml.bad}`);
  return twimlAnswer(twiml);
}

/** A GET webhook has the caller's number in its query, percent-encoded, past the log's mask of numbers. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "?…");
}
