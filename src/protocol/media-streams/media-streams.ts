// Twilio Media Streams messages, the server's half: types, parsing Twilio's messages, formatting ours. Twilio's half,
// for the simulators: simulator.ts. Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { Bad } from "../bad.ts";
import { Fields, isObject, kindOf, parseJson } from "../fields.ts";

/** 8,000 samples per second, one byte each (PCMU: RFC 3551 section 4.5.14). */
export const PCMU_BYTES_PER_MS = 8;

/** The keys of DTMF, ITU-T Q.23. It becomes text for the model. */
const digitPattern = /^[0-9*#A-D]$/;

/** `start.mediaFormat`. Documented as always audio/x-mulaw, 8000, 1, but treated as data. */
export interface MediaFormat {
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** From Twilio. Counters are decimal strings on the wire and numbers here; `payload` stays base64. */
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

/** To Twilio, on a bidirectional stream, without the stream's SID. There are only these three. */
export type StreamMessage =
  | { readonly type: "media"; readonly payload: string }
  | { readonly type: "mark"; readonly name: string }
  | { readonly type: "clear" };

export type ToTwilio = StreamMessage & { readonly streamSid: string };

/** A message that Twilio ignores, with a warning in its console. */
export interface BadToTwilio extends Bad {
  readonly twilioCode: 31951;
  /** A media message with fields too many and no other fault. 31951 lists it, but it seems to be played. */
  readonly played?: Extract<ToTwilio, { type: "media" }>;
}

/** Parses one text frame. An unknown `event` gives `other`; missing or mistyped fields give Bad. Never throws. */
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
      const digit = dtmf.string("digit");
      if (!digitPattern.test(digit)) dtmf.mismatch("digit", "one of 0-9, *, # and A-D", "another string");
      return { type: "dtmf", ...readCommon(fields), track: dtmf.string("track"), digit };
    }
    case "mark":
      return { type: "mark", ...readCommon(fields), name: fields.object("mark").string("name") };
    case "stop": {
      const stop = fields.object("stop");
      return { type: "stop", ...readCommon(fields), accountSid: stop.name("accountSid"), callSid: stop.name("callSid") };
    }
    default:
      return { type: "other", event };
  }
}

/**
 * In every message except `connected`. The documentation calls sequenceNumber a number; its examples and live calls
 * have a string.
 */
function readCommon(fields: Fields): { readonly sequenceNumber: number; readonly streamSid: string } {
  return { sequenceNumber: fields.counter("sequenceNumber"), streamSid: fields.name("streamSid") };
}

function readStart(fields: Fields): FromTwilio {
  const common = readCommon(fields);
  const start = fields.object("start");
  const format = start.object("mediaFormat");
  if (start.name("streamSid") !== common.streamSid) start.mismatch("streamSid", "the message's own streamSid", "another");
  return {
    type: "start",
    ...common,
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
    ...readCommon(fields),
    track: media.string("track"),
    chunk: media.counter("chunk"),
    timestampMs: media.counter("timestamp"),
    payload: media.base64("payload"),
  };
}

/**
 * Formats messages for one stream. `payload` must be base64: it is inserted without escaping, 50 times per second and
 * call. Names and SIDs are escaped, the SID once.
 */
export function twilioFormatter(streamSid: string): (message: StreamMessage) => string {
  const stream = `"streamSid":${JSON.stringify(streamSid)}`;
  const beforePayload = `{"event":"media",${stream},"media":{"payload":"`;
  return (message) => {
    switch (message.type) {
      case "media":
        return `${beforePayload}${message.payload}"}}`;
      case "mark":
        return `{"event":"mark",${stream},"mark":{"name":${JSON.stringify(message.name)}}}`;
      case "clear":
        return `{"event":"clear",${stream}}`;
    }
  };
}

const PADDING = "=".charCodeAt(0);

/** The number of bytes in padded base64 (RFC 4648 section 4), without decoding. */
export function payloadBytes(base64: string): number {
  const { length } = base64;
  const last = base64.charCodeAt(length - 1) === PADDING ? 1 : 0;
  const lastButOne = base64.charCodeAt(length - 2) === PADDING ? 1 : 0;
  return (length / 4) * 3 - last - lastButOne;
}

/** Base64 of `ms` milliseconds of mu-law silence: bytes of 0xFF (ITU-T G.711, decision value 0). */
export function silencePayload(ms: number): string {
  const bytes = Math.max(0, Math.round(ms * PCMU_BYTES_PER_MS));
  const rest = ["", "/w==", "//8="][bytes % 3] ?? "";
  return "////".repeat(Math.floor(bytes / 3)) + rest;
}
