// The way to every webhook: body, door, CallSid. Who does not get through is answered here. Not what is answered to those who do (webhook.ts, fallback.ts).

import type { Alert } from "../../adapters/alert.ts";
import type { Clock, Log } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { readForm, type SignedParams } from "../../protocol/signature.ts";
import { sayTwiml } from "../../protocol/twiml/twiml.ts";
import type { Calls } from "../calls/call-registry.ts";
import { plainAnswer, twimlAnswer } from "../http/answers.ts";
import { readBody } from "../http/body.ts";
import { readFacts } from "../http/request-facts.ts";
import type { Door, WebhookVerdict } from "./authenticator.ts";

/** What the webhooks need. */
export interface WebhookDeps {
  readonly config: Pick<Config, "publicUrl" | "sentences" | "language" | "transferTo" | "busy">;
  readonly door: Door;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
  readonly alert: Alert;
}

/** Which of the five it is. A caller hears the answer to the first three. */
export type WebhookRoute = "/twilio/voice" | "/twilio/after" | "/twilio/fallback" | "/twilio/status" | "/twilio/stream";

/** A request that has passed the door. */
export interface Admitted {
  /** A field of the form; "" when it is missing, the first of several. */
  readonly form: (name: string) => string;
  readonly callSid: string;
  readonly verdict: Extract<WebhookVerdict, { type: "in" }>;
}

/** Fields in a form at most; Twilio sends about forty, and a signature's check sorts them once for each URL tried. */
export const MAX_FORM_FIELDS = 500;
/** What the caller hears when Twilio asks a server that cannot tell Twilio from others. In English: whoever hears it is setting the server up. */
const LACKS_AUTH_TOKEN =
  "This server has no Twilio auth token, so it can not take this call. Please set TWILIO_AUTH_TOKEN, and call again.";
/** A CallSid is CA and 32 hex digits (https://www.twilio.com/docs/glossary/what-is-a-sid); other servers that speak as Twilio does have ids of their own. */
const callSidPattern = /^[A-Za-z0-9]{1,64}$/;

/** Whether the caller hears what is answered on this path. */
export function isHeard(path: string): boolean {
  return path === "/twilio/voice" || path === "/twilio/after" || path === "/twilio/fallback";
}

/** Reads a webhook and judges it; a Response when it ends here. */
export async function admit(
  route: WebhookRoute,
  request: Request,
  connection: Connection,
  deps: WebhookDeps,
): Promise<Admitted | Response> {
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
    const fix = `set PUBLIC_URL=${verdict.baseUrl}, or change the address of the number in Twilio's console`;
    deps.log("warning", "webhook.otherUrl", { route, publicUrl: deps.config.publicUrl, fits: verdict.baseUrl, fix });
  }
  const form = (name: string): string => [params[name] ?? ""].flat()[0] ?? "";
  const callSid = form("CallSid");
  if (!callSidPattern.test(callSid)) return refuse(400, "CallSid is missing: this is for Twilio's webhooks");
  return { form, callSid, verdict };
}

/** It may be Twilio, but nothing proves it: no stream, no token, no model, no transfer; words for the caller, the reason for the operator. */
function answerUnproven(
  route: WebhookRoute,
  verdict: Extract<WebhookVerdict, { type: "misfit" | "noAuthToken" }>,
  { log, config, alert }: WebhookDeps,
  peer: string,
): Response {
  if (verdict.type === "noAuthToken") {
    log("error", "webhook.refused", { route, peer, why: "it is signed, and TWILIO_AUTH_TOKEN is not set", fix: "set TWILIO_AUTH_TOKEN" });
    return isHeard(route) ? twimlAnswer(sayTwiml(LACKS_AUTH_TOKEN, "en-US")) : plainAnswer(403, LACKS_AUTH_TOKEN);
  }
  const why = "the signature fits none of the URLs tried";
  const fix = "set PUBLIC_URL to the address in Twilio's console, and TWILIO_AUTH_TOKEN to that account's primary token";
  log("error", "webhook.refused", { route, peer, why, triedUrls: verdict.triedUrls.map(withoutQuery).join(" "), fix });
  if (!isHeard(route)) return plainAnswer(403, why);
  alert("misconfigured", why, undefined);
  return twimlAnswer(sayTwiml(config.sentences.misconfigured, config.language));
}

/** A GET webhook has the caller's number in its query, percent-encoded, past the log's mask of numbers. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "?…");
}
