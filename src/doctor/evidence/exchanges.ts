// The HTTP exchanges of a telephone call: which of them the webhook is judged by, and what their answers show.

import { latin1Text } from "../../protocol/bytes.ts";
import type { HttpExchange, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import { type FrontAnswer, whoAnswered } from "./who-answered.ts";

/** The part of a page that is read for its text. */
const MAX_PAGE_BYTES = 8_192;

/** Requests that expect TwiML, in order: all but the status callbacks. */
export function documentExchanges({ exchanges }: TelephoneCall): readonly HttpExchange[] {
  return exchanges.filter(({ purpose }) => purpose !== "status" && purpose !== "streamStatus");
}

/** Requests that expect TwiML, up to the first stream. */
export function leadingExchanges(call: TelephoneCall): readonly HttpExchange[] {
  const streamAtMs = call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
  // On loopback, a document may be requested, answered and its stream dialled in one millisecond.
  return documentExchanges(call).filter(({ atMs }, at) => at === 0 || atMs <= streamAtMs);
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

/** The same of what a reader sees: a page's text, without its markup. */
export function visibleStart(body: Uint8Array | string, chars: number): string {
  const text = typeof body === "string" ? body : latin1Text(body.subarray(0, MAX_PAGE_BYTES));
  if (!/^\s*<(?:!doctype|html|head|title|body|h1|pre)\b/i.test(text)) return bodyStart(text, chars);
  return bodyStart(text.replace(/<(style|script)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " "), chars);
}

/** Response headers that show who answered, or why. */
const revealingHeaders =
  /^(?:server|via|x-powered-by|location|allow|www-authenticate|content-(?:type|encoding|length)|retry-after|cf-|x-amz|x-cache|x-vercel|x-served|x-render|x-railway|x-voice|fly-|ngrok)/i;

/** One line per exchange up to the stream, then the last answer's revealing headers. */
export function exchangeTrail(call: TelephoneCall | undefined): readonly string[] {
  const exchanges = call === undefined ? [] : leadingExchanges(call);
  const headers = (exchanges.at(-1)?.answer?.headers ?? []).filter(([name]) => revealingHeaders.test(name));
  return [...exchanges.slice(0, 12).map(describeExchange), ...headers.slice(0, 12).map(([name, value]) => `${name}: ${value}`)];
}

/** The answer of a call that was not the app's own, and who gave it. */
export interface ForeignAnswer {
  readonly exchange: HttpExchange;
  readonly front: FrontAnswer;
}

/** Looks at every answer up to the one that the webhook is judged by: a redirect to a login is one, too. */
export function foreignAnswer(call: TelephoneCall): ForeignAnswer | undefined {
  const judged = judgedExchange(call);
  if (judged === undefined || judged.plan?.type === "twiml") return undefined;
  for (const exchange of leadingExchanges(call)) {
    const { answer } = exchange;
    const front = answer === undefined || exchange.plan?.type === "twiml" ? undefined : whoAnswered(answer);
    if (front !== undefined) return { exchange, front };
    if (exchange === judged) break;
  }
  return undefined;
}

/** Whether an answer looks like that of a server that rejects a missing or wrong X-Twilio-Signature. */
export function rejectsSignature({ answer }: HttpExchange): boolean {
  if (answer === undefined || answer.status < 400) return false;
  // A stack trace may have the word, too.
  const words = answer.status < 500 ? /signature|twilio request validation/i : /twilio.{0,20}signature/i;
  if (words.test(bodyStart(answer.body, 2_000))) return true;
  return (answer.status === 401 || answer.status === 403) && whoAnswered(answer) === undefined;
}
