// The first step of every webhook: read the body, authenticate the request, find the CallSid. Rejected requests are
// answered here; authenticated ones are answered by http/webhook.ts and http/fallback.ts.

import type { Alert } from "../../adapters/webhooks/alert.ts";
import type { CallIdentity } from "../../call/events.ts";
import type { Clock, Log } from "../../call/ports.ts";
import type { AgentBook } from "../../config/agents/agent.ts";
import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import { readForm, type SignedParams } from "../../protocol/signature.ts";
import { sayTwiml } from "../../protocol/twiml/twiml.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import { plainAnswer, twimlAnswer } from "../http/answers.ts";
import { readBody } from "../http/body.ts";
import { readFacts } from "../http/request-facts.ts";
import type { Authenticator, WebhookAuth } from "./authenticator.ts";
import { MAX_TARGET_CHARS } from "./signed-url-finder.ts";
import { findFormFault } from "./webhook-form.ts";

/** The agents of new calls. They are replaced when voice.toml is read again. */
export interface CurrentAgents {
  book: AgentBook;
  /** Why the file that was read last could not be used; undefined: it is used. */
  problem?: string | undefined;
}

export interface WebhookDeps {
  readonly config: Pick<Config, "publicUrl" | "sentences" | "language" | "transferTo" | "busy">;
  readonly auth: Authenticator;
  readonly calls: CallRegistry;
  readonly agents: CurrentAgents;
  readonly clock: Clock;
  readonly log: Log;
  readonly alert: Alert;
}

/** The caller hears the answer to the first three, a person who was dialled that to the fourth. */
export type WebhookRoute = "/twilio/voice" | "/twilio/after" | "/twilio/fallback" | "/twilio/screen" | "/twilio/status" | "/twilio/stream";

export interface AuthenticatedWebhook {
  /** A field of the form: "" when it is missing, the first one when it is repeated. */
  readonly form: (name: string) => string;
  readonly callSid: string;
  /** What precedes our routes in the URL that the sender used. */
  readonly baseUrl: string;
  /** The same for the stream: ws or wss. */
  readonly streamBaseUrl: string;
}

/** Twilio sends about 40 fields, and the headers of a SIP call add some. */
export const MAX_FORM_FIELDS = 100;
/** In English, because the person who hears it is setting up the server. */
const AUTH_TOKEN_MISSING =
  "This server has no Twilio auth token, so it can not take this call. Please set TWILIO_AUTH_TOKEN, and call again.";
/** Whether Twilio executes the answer on this path, so that the caller hears it. */
export function callerHearsAnswer(path: string): boolean {
  return path === "/twilio/voice" || path === "/twilio/after" || path === "/twilio/fallback";
}

/** Reads and authenticates a webhook. Returns a Response when the request is rejected. */
export async function authenticateWebhook(
  route: WebhookRoute,
  request: Request,
  connection: Connection,
  deps: WebhookDeps,
): Promise<AuthenticatedWebhook | Response> {
  const facts = readFacts(request, connection, deps.config.publicUrl, false);
  const reject = (status: number, reason: string): Response => {
    deps.log("warning", "webhook.rejected", { route, status, reason, peer: connection.peerAddress });
    return plainAnswer(status, reason);
  };
  const { target } = facts.address;
  if (target.length > MAX_TARGET_CHARS) return reject(414, `the URL is over ${MAX_TARGET_CHARS} characters`);
  const early = deps.auth.checkHeaders(facts);
  if (early !== undefined && early.type !== "authenticated") return rejectRequest(route, early, deps, connection.peerAddress);
  const isPost = request.method === "POST";
  const query = target.split("?").slice(1).join("?");
  if (hasTooManyFields(query)) return reject(413, `the query has over ${MAX_FORM_FIELDS} fields`);
  const text = isPost ? await readBody(request, deps.clock) : query;
  if (typeof text !== "string") return reject(text.status, text.reason);
  if (hasTooManyFields(text)) return reject(413, `the form has over ${MAX_FORM_FIELDS} fields`);
  const signed: SignedParams = isPost ? readForm(text) : {};
  const result = deps.auth.checkWebhook(facts, signed);
  if (result.type !== "authenticated") return rejectRequest(route, result, deps, connection.peerAddress);
  const { baseUrl, streamBaseUrl, differsFromPublicUrl } = result;
  if (differsFromPublicUrl) {
    const fix = `set PUBLIC_URL=${baseUrl}, or change the number's webhook URL in Twilio's console`;
    deps.log("warning", "webhook.urlMismatched", { route, publicUrl: deps.config.publicUrl, signedUrl: baseUrl, fix });
  }
  if (callerHearsAnswer(route) && deps.config.publicUrl === undefined) warnOfPort(facts.address.host, baseUrl, deps);
  const params = isPost ? signed : readForm(text);
  const form = (name: string): string => [params[name] ?? ""].flat()[0] ?? "";
  const fault = findFormFault(params, isPost);
  if (fault !== undefined) return reject(400, fault);
  return { form, callSid: form("CallSid"), baseUrl, streamBaseUrl };
}

/** Who calls whom. https://www.twilio.com/docs/voice/twiml#request-parameters (Direction) */
export function identityOf({ callSid, form }: Pick<AuthenticatedWebhook, "callSid" | "form">): CallIdentity {
  const stated = /^(inbound|outbound)/.exec(form("Direction"))?.[1] as CallIdentity["direction"];
  return { callSid, accountSid: form("AccountSid"), from: form("From"), to: form("To"), direction: stated };
}

/** Twilio's signature shows which port its URL has, except on https, where it signs without one. */
function warnOfPort(host: string | undefined, baseUrl: string, { log }: WebhookDeps): void {
  const url = URL.parse(baseUrl);
  const own = URL.parse(`${url?.protocol}//${host}`);
  if (url === null || own === null || url.hostname !== own.hostname || url.port === own.port) return;
  const fix = `none if Twilio calls ${baseUrl}; otherwise set PUBLIC_URL, with the port that Twilio calls`;
  log("warning", "webhook.portMismatched", { host, signedUrl: baseUrl, fix });
}

/** Without splitting it: this runs before the signature is checked. */
function hasTooManyFields(form: string): boolean {
  let fields = 1;
  for (let at = form.indexOf("&"); at >= 0 && fields <= MAX_FORM_FIELDS; at = form.indexOf("&", at + 1)) fields += 1;
  return fields > MAX_FORM_FIELDS;
}

/**
 * A request that is perhaps from Twilio, but not proven to be: the caller hears a sentence and the operator gets the
 * reason. Nothing else happens.
 */
function rejectRequest(
  route: WebhookRoute,
  result: Exclude<WebhookAuth, { type: "authenticated" }>,
  { log, config, alert }: WebhookDeps,
  peer: string,
): Response {
  if (result.type === "forbidden") {
    log("warning", "webhook.rejected", { route, status: 403, reason: result.reason, peer });
    return plainAnswer(403, result.reason);
  }
  if (result.type === "noAuthToken") {
    const reason = "the request is signed, but TWILIO_AUTH_TOKEN is not set";
    log("error", "webhook.rejected", { route, peer, reason, fix: "set TWILIO_AUTH_TOKEN" });
    return callerHearsAnswer(route) ? twimlAnswer(sayTwiml(AUTH_TOKEN_MISSING, "en-US")) : plainAnswer(403, AUTH_TOKEN_MISSING);
  }
  const reason = "the signature matches none of the URLs tried";
  const fix = "set PUBLIC_URL to the webhook URL in Twilio's console, and TWILIO_AUTH_TOKEN to that account's primary token";
  const limited = result.isOverBudget
    ? { limited: "rare spellings of the URL were not tried: too many invalid signatures this second" }
    : {};
  log("error", "webhook.rejected", { route, peer, reason, triedUrls: result.triedUrls.map(withoutQuery).join(" "), ...limited, fix });
  if (!callerHearsAnswer(route)) return plainAnswer(403, reason);
  alert("misconfigured", reason, undefined);
  return twimlAnswer(sayTwiml(config.sentences.misconfigured, config.language));
}

/** The query of a GET webhook holds the caller's number percent-encoded, which the log's mask may not recognise. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "?…");
}
