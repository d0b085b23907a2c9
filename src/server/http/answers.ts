// The few shapes of HTTP answer that the server gives. Not what they say (webhook.ts) and not when (door.ts).

import { Buffer } from "node:buffer";
import { TWIML_CONTENT_TYPE } from "../../protocol/twiml/twiml.ts";

/** Answers 200 with TwiML; with Content-Length, since Twilio was once documented not to take chunks (older text of error 12100). */
export function twimlAnswer(twiml: string): Response {
  return sized(200, TWIML_CONTENT_TYPE, twiml);
}

/** Answers with a line for people. */
export function plainAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return sized(status, "text/plain; charset=utf-8", `${text}\n`, headers);
}

/** Answers with JSON that nobody is to cache. */
export function jsonAnswer(status: number, value: object): Response {
  return sized(status, "application/json", `${JSON.stringify(value)}\n`, { "Cache-Control": "no-store" });
}

/** Answers 204: a callback was heard; Twilio wants no more (https://www.twilio.com/docs/voice/api/call-resource#statuscallback). */
export function emptyAnswer(): Response {
  return new Response(null, { status: 204 });
}

function sized(status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  const length = String(Buffer.byteLength(body));
  return new Response(body, { status, headers: { ...headers, "Content-Type": contentType, "Content-Length": length } });
}
