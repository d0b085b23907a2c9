// The HTTP exchanges of a telephone call: which of them the webhook is judged by, and what their answers show.

import { latin1Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { HttpExchange, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";

/** Requests that expect TwiML, in order: all but the status callbacks. */
export function documentExchanges({ exchanges }: TelephoneCall): readonly HttpExchange[] {
  return exchanges.filter(({ purpose }) => purpose !== "status" && purpose !== "streamStatus");
}

/** Requests that expect TwiML, up to the first stream. */
export function leadingExchanges(call: TelephoneCall): readonly HttpExchange[] {
  const streamAtMs = call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
  return documentExchanges(call).filter(({ atMs }, at) => at === 0 || atMs < streamAtMs);
}

/**
 * The exchange that the webhook is judged by: the first failure before a stream was dialled, otherwise the last one
 * before it.
 */
export function judgedExchange(call: TelephoneCall): HttpExchange | undefined {
  const leading = leadingExchanges(call);
  return leading.find(({ fault }) => fault !== undefined) ?? leading.at(-1);
}

/** One line: "POST https://... : HTTP 200 after 12 ms". */
export function describeExchange({ request, answer, failure, atMs, answeredAtMs }: HttpExchange): string {
  const result =
    answer !== undefined ? `HTTP ${answer.status}` : failure !== undefined ? `${failure.kind}: ${failure.detail}` : "no answer yet";
  return `${request.method} ${request.url}: ${result}${answeredAtMs === undefined ? "" : ` after ${answeredAtMs - atMs} ms`}`;
}

/** The beginning of an answer's body, on one line. */
export function bodyStart(body: Uint8Array | string, chars = 300): string {
  const text = typeof body === "string" ? body : latin1Text(body.subarray(0, chars * 4));
  return text.replace(/\s+/g, " ").trim().slice(0, chars);
}

/** Whether an answer looks like that of a server that rejects a missing or wrong X-Twilio-Signature. */
export function rejectsSignature(exchange: HttpExchange): boolean {
  const { answer } = exchange;
  if (answer === undefined || answer.status < 400) return false;
  if (/x-twilio-signature|twilio request validation|signature/i.test(bodyStart(answer.body, 2_000))) return true;
  return (answer.status === 401 || answer.status === 403) && !asksForLogin(exchange) && !rejectsForm(exchange);
}

/** HTTP authentication, or a challenge for bots. */
export function asksForLogin({ answer }: HttpExchange): boolean {
  if (answer === undefined || answer.status < 400) return false;
  const { headers, body } = answer;
  const isChallenge = fieldValue(headers, "www-authenticate") !== undefined || fieldValue(headers, "cf-mitigated") !== undefined;
  return isChallenge || /captcha|challenge-platform/i.test(bodyStart(body, 2_000));
}

/** A body that is not JSON, or that lacks a CSRF token. 419 is Laravel's status for the latter. */
export function rejectsForm({ answer }: HttpExchange): boolean {
  if (answer === undefined || answer.status < 400) return false;
  return [400, 415, 419, 422].includes(answer.status) || /csrf|cross-site/i.test(bodyStart(answer.body, 2_000));
}
