// The redirects of a webhook request, up to the answer that was used.
// Follows RFC 9110 section 15.4: a client keeps method and body only for 307 and 308.

import { fieldValue } from "../../protocol/http/message.ts";
import type { HttpExchange, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import { leadingExchanges } from "./exchanges.ts";

/** A redirect that was followed. */
export interface Redirect {
  readonly status: number;
  readonly from: URL;
  readonly to: URL;
  /** Twilio's POST became a GET, without its form. */
  readonly losesForm: boolean;
}

/** In order, those of the first document and of any that follows it. */
export function redirectsOf(call: TelephoneCall): readonly Redirect[] {
  const leading = leadingExchanges(call);
  return leading.flatMap((exchange, at) => redirectTo(exchange, leading[at + 1]) ?? []);
}

function redirectTo({ answer, request }: HttpExchange, next: HttpExchange | undefined): Redirect | undefined {
  const location = fieldValue(answer?.headers ?? [], "location");
  if (answer === undefined || next === undefined || location === undefined || answer.status < 300 || answer.status > 399) return undefined;
  const [from, to] = [URL.parse(request.url), URL.parse(next.request.url)];
  if (from === null || to === null) return undefined;
  return { status: answer.status, from, to, losesForm: request.method === "POST" && next.request.method === "GET" };
}

/** "301 adds a trailing slash: http://a/voice -> http://a/voice/" */
export function describeRedirect({ status, from, to }: Redirect): string {
  return `${status} ${whatChanges(from, to)}: ${from.href} -> ${to.href}`;
}

function whatChanges(from: URL, to: URL): string {
  if (from.protocol !== to.protocol) return `from ${from.protocol.slice(0, -1)} to ${to.protocol.slice(0, -1)}`;
  if (from.host !== to.host) return "to another host";
  if (to.pathname === `${from.pathname}/`) return "adds a trailing slash";
  return from.pathname === `${to.pathname}/` ? "removes the trailing slash" : "to another path";
}
