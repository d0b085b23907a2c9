// The webhook asked beside the call: once without a signature, and, when the signed request was refused, signed for the URLs that a server behind a
// proxy may take for its own. None is redirected. What the answers mean: doctor/checks/webhook.ts.
// Follows https://www.twilio.com/docs/usage/security#validating-requests

import { latin1Text } from "../../protocol/bytes.ts";
import { exchange } from "../../simulators/sockets/http-exchange.ts";
import { uuid } from "../../simulators/twilio/ids.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/state.ts";
import { callParams, signedUrl, webhookRequest } from "../../simulators/twilio/webhook.ts";
import { readAnswer } from "../../simulators/twilio/webhook-answer.ts";
import { streamElement } from "../evidence/documents.ts";
import type { WebhookTry } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** As Twilio's client has them. */
const CONNECT_MS = 5_000;
const TOTAL_MS = 15_000;
const MAX_BODY_BYTES = 65_536;
/** Characters of an answer's body that are kept. */
const BODY_CHARS = 2_000;

interface Variant {
  readonly name: string;
  readonly url: string;
}

/** What a proxy may make of a URL, the likeliest first, each different from what was signed. */
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
    { name: `${other.slice(0, -1)} in place of ${protocol.slice(0, -1)}`, url: `${other}//${parsed.host}${rest}` },
    { name: `${other.slice(0, -1)}, without port`, url: `${other}//${hostname}${rest}` },
    { name: "without port", url: `${protocol}//${hostname}${rest}` },
    { name: "with its port", url: `${protocol}//${hostname}:${port === "" ? (isSecure ? 443 : 80) : port}${rest}` },
    { name: pathname.endsWith("/") ? "without the trailing slash" : "with a trailing slash", url: `${parsed.origin}${slashed}${search}` },
    { name: "without its query", url: `${parsed.origin}${pathname}` },
    ...hosts.flatMap((host) => [
      { name: `host ${host}`, url: `${protocol}//${host}${rest}` },
      {
        name: `host ${host}, by ${other.slice(0, -1)}`,
        url: `${other}//${host}${port === "" || host.includes(":") ? "" : `:${port}`}${rest}`,
      },
    ]),
  ];
  const seen = new Set([signed]);
  return variants.filter((variant) => !seen.has(variant.url) && seen.add(variant.url));
}

/** A request of its own for the call's webhook. */
export interface WebhookAsker {
  /** `signs`: the URL that is signed; undefined: the one that is asked; null: none. */
  ask(variant: string, signs: string | null | undefined): Promise<WebhookTry>;
}

/** Makes one; the requests bear the same parameters as the call's. */
export function webhookAsker(
  call: TelephoneCall,
  { target, method, authToken, userAgent }: DoctorOptions,
  world: DoctorWorld,
): WebhookAsker {
  return {
    ask(variant, signs) {
      const params = { ...callParams(call.facts, "ringing") };
      const request = webhookRequest({
        url: target,
        method,
        params,
        authToken: signs === null ? undefined : authToken,
        idempotencyToken: uuid(call.options.seed, variant),
        userAgent,
        signs: signs ?? undefined,
      });
      const limits = { connectTimeoutMs: CONNECT_MS, readTimeoutMs: TOTAL_MS, totalTimeoutMs: TOTAL_MS, maxBodyBytes: MAX_BODY_BYTES };
      world.trace({ type: "http.request", variant, atMs: world.clock.nowMs(), ...request });
      return new Promise((resolve) => {
        exchange({ type: "http.request", id: 0, ...request, ...limits }, world.trust, world.clock, (result) => {
          const tried = { variant, signedUrl: signs === null ? undefined : (signs ?? target) };
          if ("failure" in result) {
            const { failure: kind, detail } = result;
            world.trace({ type: "http.failed", variant, atMs: world.clock.nowMs(), kind, detail });
            return resolve({ ...tried, status: undefined, failure: { kind, detail }, isTwiml: false, body: "" });
          }
          const plan = readAnswer(result, target);
          const root = "type" in plan && plan.type === "twiml" ? plan.root : undefined;
          const body = latin1Text(result.body).slice(0, BODY_CHARS);
          world.trace({ type: "http.answered", variant, atMs: world.clock.nowMs(), status: result.status, headers: result.headers, body });
          resolve({
            ...tried,
            status: result.status,
            isTwiml: root !== undefined,
            hasStream: root !== undefined && streamElement(root) !== undefined,
            body,
          });
        });
      });
    },
  };
}
