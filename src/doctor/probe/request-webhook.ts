// Requests the webhook besides the call's own request: unsigned, and, when the signed request was rejected, signed for
// the URLs that a server behind a proxy may take for its own. Redirects are not followed. Judged in
// doctor/checks/webhook.ts.
// Follows https://www.twilio.com/docs/usage/security#validating-requests

import { latin1Text } from "../../protocol/bytes.ts";
import { sendHttpRequest } from "../../simulators/sockets/send-http-request.ts";
import { uuid } from "../../simulators/twilio/seeded-ids.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import { readWebhookAnswer } from "../../simulators/twilio/webhook-answer.ts";
import { callParams, signedUrl, webhookRequest } from "../../simulators/twilio/webhook-request.ts";
import { documentsOf, streamElement } from "../evidence/documents.ts";
import type { WebhookTry } from "../evidence/evidence.ts";
import { rejectsSignature } from "../evidence/exchanges.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** The limits of Twilio's client: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides */
const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 15_000, totalTimeoutMs: 15_000, maxBodyBytes: 65_536 } as const;
/** Characters kept of an answer's body. */
const BODY_CHARS = 2_000;

interface Variant {
  readonly name: string;
  readonly url: string;
}

/** What a proxy may make of a URL, the likeliest first. None equals the URL that Twilio signs. */
export function signatureVariants(url: string, alsoHosts: readonly string[]): readonly Variant[] {
  const signed = signedUrl(url);
  const parsed = new URL(url);
  const { protocol, hostname, port, pathname, search } = parsed;
  const rest = `${pathname}${search}`;
  const isSecure = protocol === "https:";
  const other = isSecure ? "http:" : "https:";
  const slashed = pathname.endsWith("/") ? pathname.replace(/\/+$/, "") : `${pathname}/`;
  const hosts = [hostname.startsWith("www.") ? hostname.slice(4) : `www.${hostname}`, "localhost", "127.0.0.1", ...alsoHosts];
  const variants: readonly Variant[] = [
    { name: `${other.slice(0, -1)} instead of ${protocol.slice(0, -1)}`, url: `${other}//${parsed.host}${rest}` },
    { name: `${other.slice(0, -1)}, without port`, url: `${other}//${hostname}${rest}` },
    { name: "without port", url: `${protocol}//${hostname}${rest}` },
    { name: "with its port", url: `${protocol}//${hostname}:${port === "" ? (isSecure ? 443 : 80) : port}${rest}` },
    { name: pathname.endsWith("/") ? "without the trailing slash" : "with a trailing slash", url: `${parsed.origin}${slashed}${search}` },
    { name: "without its query", url: `${parsed.origin}${pathname}` },
    ...hosts.flatMap((host) => [
      { name: `host ${host}`, url: `${protocol}//${host}${rest}` },
      {
        name: `host ${host}, ${other.slice(0, -1)}`,
        url: `${other}//${host}${port === "" || host.includes(":") ? "" : `:${port}`}${rest}`,
      },
    ]),
  ];
  const seen = new Set([signed]);
  return variants.filter((variant) => !seen.has(variant.url) && seen.add(variant.url));
}

/** The unsigned request, if the call's own was signed; then the signature variants, if that was rejected. */
export async function tryWebhook(call: TelephoneCall, options: DoctorOptions, world: DoctorWorld): Promise<readonly WebhookTry[]> {
  const [first] = call.exchanges;
  const status = first?.answer?.status;
  if (options.authToken === undefined || first === undefined || status === undefined) return [];
  const unsigned = await requestWebhook(call, { variant: "unsigned", signs: null }, options, world);
  // Some servers reject with 200 and TwiML that connects to nothing.
  const hasStream = documentsOf(call).some(({ root }) => streamElement(root) !== undefined);
  if (status >= 400 && !rejectsSignature(first)) return [unsigned];
  if (status < 400 && (hasStream || unsigned.hasStream === true || call.end?.cause === "applicationError")) return [unsigned];
  const tries = [unsigned];
  // One after the other, the likeliest first: a server that counts failures may block the rest.
  for (const { name, url } of signatureVariants(options.target, options.also)) {
    const tried = await requestWebhook(call, { variant: name, signs: url }, options, world);
    tries.push(tried);
    if (status < 400 ? tried.hasStream : tried.isTwiml) break;
  }
  return tries;
}

/**
 * Sends the call's parameters again. `signs`: the URL to sign; undefined: the requested one; null: none. Never rejects.
 */
export function requestWebhook(
  call: TelephoneCall,
  { variant, signs }: { readonly variant: string; readonly signs?: string | null },
  { target, method, authToken, userAgent }: DoctorOptions,
  { clock, trust, trace }: DoctorWorld,
): Promise<WebhookTry> {
  const request = webhookRequest({
    url: target,
    method,
    params: { ...callParams(call.facts, "ringing") },
    authToken: signs === null ? undefined : authToken,
    idempotencyToken: uuid(call.options.seed, variant),
    userAgent,
    signs: signs ?? undefined,
  });
  const tried = { variant, signedUrl: signs === null ? undefined : (signs ?? target) };
  trace({ type: "http.request", variant, atMs: clock.nowMs(), ...request });
  return new Promise((resolve) => {
    sendHttpRequest({ type: "http.request", id: 0, ...request, ...limits }, trust, clock, (result) => {
      if ("failure" in result) {
        const failure = { kind: result.failure, detail: result.detail };
        trace({ type: "http.failed", variant, atMs: clock.nowMs(), ...failure });
        return resolve({ ...tried, status: undefined, failure, isTwiml: false, body: "" });
      }
      const plan = readWebhookAnswer(result, target);
      const root = "type" in plan && plan.type === "twiml" ? plan.root : undefined;
      const body = latin1Text(result.body).slice(0, BODY_CHARS);
      trace({ type: "http.answered", variant, atMs: clock.nowMs(), status: result.status, headers: result.headers, body });
      const hasStream = root !== undefined && streamElement(root) !== undefined;
      resolve({ ...tried, status: result.status, isTwiml: root !== undefined, hasStream, body });
    });
  });
}
