// Twilio Media Streams messages as a server has them: their types, reading Twilio's, writing ours. Not the socket and not the call;
// the other side's half, for the far ends, is media-streams-peer.ts.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { Bad } from "../bad.ts";
import { Fields, isObject, kindOf, parseJson } from "../fields.ts";

/** Mu-law bytes a millisecond: 8,000 samples a second, one byte each (PCMU: RFC 3551 section 4.5.14). */
export const PCMU_BYTES_PER_MS = 8;

/** `start.mediaFormat`: data, not a constant; documented as always audio/x-mulaw, 8000, 1. */
export interface MediaFormat {
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** A message that Twilio sends. Counters are decimal strings on the wire and numbers here; `payload` stays base64. */
export type FromTwilio =
  | { readonly type: "connected"; readonly protocol: string; readonly version: string }
  | {
      readonly type: "start";
      readonly sequenceNumber: number;
      readonly streamSid: string;
      readonly accountSid: string;
      readonly callSid: string;
      readonly tracks: readonly string[];
      readonly mediaFormat: MediaFormat;
      readonly customParameters: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "media";
      readonly sequenceNumber: number;
      readonly streamSid: string;
      readonly track: string;
      readonly chunk: number;
      readonly timestampMs: number;
      readonly payload: string;
    }
  | { readonly type: "dtmf"; readonly sequenceNumber: number; readonly streamSid: string; readonly track: string; readonly digit: string }
  | { readonly type: "mark"; readonly sequenceNumber: number; readonly streamSid: string; readonly name: string }
  | {
      readonly type: "stop";
      readonly sequenceNumber: number;
      readonly streamSid: string;
      readonly accountSid: string;
      readonly callSid: string;
    }
  | { readonly type: "other"; readonly event: string };

/** A message that a server sends to Twilio on a bidirectional stream; only these three exist. */
export type ToTwilio =
  | { readonly type: "media"; readonly streamSid: string; readonly payload: string }
  | { readonly type: "mark"; readonly streamSid: string; readonly name: string }
  | { readonly type: "clear"; readonly streamSid: string };

/** What Twilio makes of a server's message that it does not take: a warning in its console, and the message is ignored. */
export interface BadToTwilio extends Bad {
  readonly twilioCode: 31951;
}

/** Reads one text frame from Twilio. An unknown `event` is `other` (tolerated); missing or mistyped fields are Bad. Never throws. */
export function parseFromTwilio(text: string): FromTwilio | Bad {
  const value = parseJson(text);
  if (!isObject(value)) return { bad: `message: expected a JSON object, got ${kindOf(value)}` };
  const fields = new Fields(value);
  const message = readMessage(fields);
  return fields.bad ?? message;
}

function readMessage(fields: Fields): FromTwilio {
  const event = fields.name("event");
  switch (event) {
    case "connected":
      return { type: "connected", protocol: fields.string("protocol"), version: fields.string("version") };
    case "start":
      return readStart(fields);
    case "media":
      return readMedia(fields);
    case "dtmf": {
      const dtmf = fields.object("dtmf");
      return { type: "dtmf", ...readOrder(fields), track: dtmf.string("track"), digit: dtmf.name("digit") };
    }
    case "mark":
      return { type: "mark", ...readOrder(fields), name: fields.object("mark").string("name") };
    case "stop": {
      const stop = fields.object("stop");
      return { type: "stop", ...readOrder(fields), accountSid: stop.name("accountSid"), callSid: stop.name("callSid") };
    }
    default:
      return { type: "other", event };
  }
}

/** What every message but `connected` carries. The page calls the sequence number a number; its examples, and live calls, have a string. */
function readOrder(fields: Fields): { readonly sequenceNumber: number; readonly streamSid: string } {
  return { sequenceNumber: fields.counter("sequenceNumber"), streamSid: fields.name("streamSid") };
}

function readStart(fields: Fields): FromTwilio {
  const order = readOrder(fields);
  const start = fields.object("start");
  const format = start.object("mediaFormat");
  if (start.name("streamSid") !== order.streamSid) start.complain("streamSid", "the message's own streamSid", "another");
  return {
    type: "start",
    ...order,
    accountSid: start.name("accountSid"),
    callSid: start.name("callSid"),
    tracks: start.strings("tracks"),
    mediaFormat: { encoding: format.string("encoding"), sampleRateHz: format.number("sampleRate"), channels: format.number("channels") },
    customParameters: start.dictionary("customParameters"),
  };
}

function readMedia(fields: Fields): FromTwilio {
  const media = fields.object("media");
  return {
    type: "media",
    ...readOrder(fields),
    track: media.string("track"),
    chunk: media.counter("chunk"),
    timestampMs: media.counter("timestamp"),
    payload: media.base64("payload"),
  };
}

/** Writes a message to Twilio. `payload` must be base64: it goes in as it is, 50 times a second and call; names and SIDs are escaped. */
export function formatToTwilio(message: ToTwilio): string {
  const streamSid = JSON.stringify(message.streamSid);
  switch (message.type) {
    case "media":
      return `{"event":"media","streamSid":${streamSid},"media":{"payload":"${message.payload}"}}`;
    case "mark":
      return `{"event":"mark","streamSid":${streamSid},"mark":{"name":${JSON.stringify(message.name)}}}`;
    case "clear":
      return `{"event":"clear","streamSid":${streamSid}}`;
  }
}

/** Counts the bytes in padded base64 (RFC 4648 section 4) without decoding it. */
export function payloadBytes(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

/** Gives `ms` milliseconds of mu-law silence, bytes of 0xFF (ITU-T G.711, decision value 0), as base64, without encoding it. */
export function silencePayload(ms: number): string {
  const bytes = Math.max(0, Math.round(ms * PCMU_BYTES_PER_MS));
  const rest = ["", "/w==", "//8="][bytes % 3] ?? "";
  return "////".repeat(Math.floor(bytes / 3)) + rest;
}
