// The shapes of HTTP response that the server sends. What they say: twiml-answers.ts, webhook.ts, health.ts.

import { Buffer } from "node:buffer";
import { TWIML_CONTENT_TYPE } from "../../protocol/twiml/twiml.ts";

/** 200 with TwiML. It has a Content-Length because an older text of Twilio's error 12100 rejects chunked responses. */
export function twimlAnswer(twiml: string): Response {
  return sized(200, TWIML_CONTENT_TYPE, twiml);
}

/** One line of text. */
export function plainAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return sized(status, "text/plain; charset=utf-8", `${text}\n`, headers);
}

/** JSON that must not be cached. */
export function jsonAnswer(status: number, value: object): Response {
  return sized(status, "application/json", `${JSON.stringify(value)}\n`, { "Cache-Control": "no-store" });
}

/**
 * 204, the answer to a callback: Twilio expects no content
 * (https://www.twilio.com/docs/voice/api/call-resource#statuscallback).
 */
export function emptyAnswer(): Response {
  return new Response(null, { status: 204 });
}

function sized(status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  const length = String(Buffer.byteLength(body));
  return new Response(body, { status, headers: { ...headers, "Content-Type": contentType, "Content-Length": length } });
}
