// Twilio Media Streams messages, Twilio's half, for the simulators: formatting Twilio's messages, and parsing a
// server's as strictly as Twilio does. The server's half and the types: media-streams.ts. Follows
// https://www.twilio.com/docs/voice/media-streams/websocket-messages and https://www.twilio.com/docs/api/errors/31951

import { Fields, isBase64, isObject, type JsonObject, kindOf, parseJson } from "../fields.ts";
import type { BadToTwilio, FromTwilio, ToTwilio } from "./media-streams.ts";

/** Counters are decimal strings; fields have the order of the documented examples. */
export function formatFromTwilio(message: FromTwilio): string {
  switch (message.type) {
    case "connected":
      return JSON.stringify({ event: message.type, protocol: message.protocol, version: message.version });
    case "start":
      return formatStart(message);
    case "media":
      return formatMedia(message);
    case "dtmf": {
      const dtmf = { track: message.track, digit: message.digit };
      return JSON.stringify({ event: message.type, streamSid: message.streamSid, sequenceNumber: `${message.sequenceNumber}`, dtmf });
    }
    case "mark": {
      const mark = { name: message.name };
      return JSON.stringify({ event: message.type, sequenceNumber: `${message.sequenceNumber}`, streamSid: message.streamSid, mark });
    }
    case "stop": {
      const stop = { accountSid: message.accountSid, callSid: message.callSid };
      return JSON.stringify({ event: message.type, sequenceNumber: `${message.sequenceNumber}`, stop, streamSid: message.streamSid });
    }
    case "other":
      return JSON.stringify({ event: message.event });
  }
}

function formatStart(message: Extract<FromTwilio, { type: "start" }>): string {
  const { accountSid, streamSid, callSid, tracks, customParameters } = message;
  const { encoding, sampleRateHz, channels } = message.mediaFormat;
  const start = { accountSid, streamSid, callSid, tracks, mediaFormat: { encoding, sampleRate: sampleRateHz, channels }, customParameters };
  return JSON.stringify({ event: message.type, sequenceNumber: `${message.sequenceNumber}`, start, streamSid });
}

function formatMedia(message: Extract<FromTwilio, { type: "media" }>): string {
  const { track, payload, streamSid } = message;
  const media = { track, chunk: `${message.chunk}`, timestamp: `${message.timestampMs}`, payload };
  return JSON.stringify({ event: message.type, sequenceNumber: `${message.sequenceNumber}`, media, streamSid });
}

/**
 * As strict as Twilio: text that is not JSON, an unknown event, a missing or extra field and a wrong streamSid are Bad.
 */
export function parseToTwilio(text: string, streamSid: string): ToTwilio | BadToTwilio {
  const value = parseJson(text);
  if (!isObject(value)) return { bad: `message: expected a JSON object, got ${kindOf(value)}`, twilioCode: 31951 };
  const fields = new Fields(value);
  const message = readToTwilio(fields);
  if (message.streamSid !== streamSid) fields.mismatch("streamSid", "this stream's", "another");
  if (fields.bad === undefined) return message;
  const played = readPlayable(value, streamSid);
  return { ...fields.bad, twilioCode: 31951, ...(played === undefined ? {} : { played }) };
}

/** A media message, whatever else is in it. */
function readPlayable({ event, streamSid, media }: JsonObject, ownSid: string): BadToTwilio["played"] {
  if (event !== "media" || streamSid !== ownSid || !isObject(media)) return undefined;
  const { payload } = media;
  return typeof payload === "string" && isBase64(payload) ? { type: "media", streamSid: ownSid, payload } : undefined;
}

function readToTwilio(fields: Fields): ToTwilio {
  const event = fields.name("event");
  const streamSid = fields.name("streamSid");
  switch (event) {
    case "media": {
      fields.only(["event", "streamSid", "media"]);
      const media = fields.object("media");
      media.only(["payload"]);
      return { type: "media", streamSid, payload: media.base64("payload") };
    }
    case "mark": {
      fields.only(["event", "streamSid", "mark"]);
      const mark = fields.object("mark");
      mark.only(["name"]);
      return { type: "mark", streamSid, name: mark.string("name") };
    }
    case "clear":
      fields.only(["event", "streamSid"]);
      return { type: "clear", streamSid };
    default:
      fields.mismatch("event", "media, mark or clear", "another");
      return { type: "clear", streamSid };
  }
}
