// Reads the messages of one stream. A call gets 50 media messages a second, all of one shape, and up to ten of its
// marks back. Parsing their JSON would be the largest part of what a call costs, so messages of exactly these two
// shapes are recognised and cut by position. Any other message goes to the full parser, and both agree on every
// message. The shapes are Twilio's, field by field:
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message

import type { Bad } from "../bad.ts";
import { isBase64 } from "../fields.ts";
import { type FromTwilio, parseFromTwilio } from "./media-streams.ts";

type Media = Extract<FromTwilio, { type: "media" }>;
type Mark = Extract<FromTwilio, { type: "mark" }>;

/** What precedes each value of a media message. */
const BEFORE_SEQUENCE = '{"event":"media","sequenceNumber":"';
const BEFORE_CHUNK = '","media":{"track":"inbound","chunk":"';
const BEFORE_TIMESTAMP = '","timestamp":"';
const BEFORE_PAYLOAD = '","payload":"';

/** What precedes the first value of a mark, and what follows the last. */
const BEFORE_MARK_SEQUENCE = '{"event":"mark","sequenceNumber":"';
const AFTER_NAME = '"}}';
/** A name that needs no escapes, such as ours. */
const namePattern = /^\w+$/;

/** A counter's digits, as the full parser takes them: a number of 15 digits is exact. */
const COUNTER_DIGITS = 15;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** Reads the text frames of the stream `streamSid`, as parseFromTwilio does. Never throws. */
export function mediaReader(streamSid: string): (text: string) => FromTwilio | Bad {
  const afterPayload = `"},"streamSid":${JSON.stringify(streamSid)}}`;
  const beforeName = `","streamSid":${JSON.stringify(streamSid)},"mark":{"name":"`;
  return (text) => cutMedia(text, streamSid, afterPayload) ?? cutMark(text, streamSid, beforeName) ?? parseFromTwilio(text);
}

/** Undefined for a message that is not of the usual shape. */
function cutMark(text: string, streamSid: string, beforeName: string): Mark | undefined {
  if (!text.startsWith(BEFORE_MARK_SEQUENCE) || !text.endsWith(AFTER_NAME)) return undefined;
  const sequenceAt = BEFORE_MARK_SEQUENCE.length;
  const sequenceEnd = digitsEnd(text, sequenceAt);
  if (sequenceEnd === sequenceAt || !text.startsWith(beforeName, sequenceEnd)) return undefined;
  // Empty also when the name's two quotes are one character, as in a message cut short.
  const name = text.slice(sequenceEnd + beforeName.length, -AFTER_NAME.length);
  return namePattern.test(name) ? { type: "mark", sequenceNumber: counterAt(text, sequenceAt, sequenceEnd), streamSid, name } : undefined;
}

/** Undefined for a message that is not of the usual shape. */
function cutMedia(text: string, streamSid: string, afterPayload: string): Media | undefined {
  if (!text.startsWith(BEFORE_SEQUENCE) || !text.endsWith(afterPayload)) return undefined;
  const sequenceAt = BEFORE_SEQUENCE.length;
  const sequenceEnd = digitsEnd(text, sequenceAt);
  if (!text.startsWith(BEFORE_CHUNK, sequenceEnd)) return undefined;
  const chunkAt = sequenceEnd + BEFORE_CHUNK.length;
  const chunkEnd = digitsEnd(text, chunkAt);
  if (!text.startsWith(BEFORE_TIMESTAMP, chunkEnd)) return undefined;
  const timestampAt = chunkEnd + BEFORE_TIMESTAMP.length;
  const timestampEnd = digitsEnd(text, timestampAt);
  const payloadAt = timestampEnd + BEFORE_PAYLOAD.length;
  const payloadEnd = text.length - afterPayload.length;
  if (!text.startsWith(BEFORE_PAYLOAD, timestampEnd) || payloadAt > payloadEnd) return undefined;
  if (sequenceEnd === sequenceAt || chunkEnd === chunkAt || timestampEnd === timestampAt) return undefined;
  const payload = text.slice(payloadAt, payloadEnd);
  if (!isBase64(payload)) return undefined;
  return {
    type: "media",
    sequenceNumber: counterAt(text, sequenceAt, sequenceEnd),
    streamSid,
    track: "inbound",
    chunk: counterAt(text, chunkAt, chunkEnd),
    timestampMs: counterAt(text, timestampAt, timestampEnd),
    payload,
  };
}

/** Where the digits that begin at `at` end: after COUNTER_DIGITS at the latest. */
function digitsEnd(text: string, at: number): number {
  const last = at + COUNTER_DIGITS;
  let end = at;
  while (end < last && text.charCodeAt(end) >= DIGIT_0 && text.charCodeAt(end) <= DIGIT_9) end += 1;
  return end;
}

function counterAt(text: string, from: number, to: number): number {
  let counter = 0;
  for (let at = from; at < to; at++) counter = counter * 10 + text.charCodeAt(at) - DIGIT_0;
  return counter;
}
