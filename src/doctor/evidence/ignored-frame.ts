// Why Twilio ignores a text frame of a server: the mistake that made it, as far as the frame shows it. Pure.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio and RFC 4648

import { isBase64, isObject, parseJson } from "../../protocol/fields.ts";
import type { CauseCode } from "../causes/causes.ts";

export type IgnoredBecause = Extract<CauseCode, `media-${string}` | "mark-malformed" | "clear-malformed">;

/** The most basic fault first. `text`: a frame that Twilio ignores. */
export function ignoredBecause(text: string, streamSid: string): IgnoredBecause {
  const value = parseJson(text);
  if (typeof value === "string" && isObject(parseJson(value))) return "media-json-twice";
  if (!isObject(value)) return "media-not-json";
  const { event, media } = value;
  if (event !== "media" && event !== "mark" && event !== "clear") return "media-unknown-event";
  if (value["streamSid"] !== streamSid) return "media-wrong-stream-sid";
  if (event !== "media") return event === "mark" ? "mark-malformed" : "clear-malformed";
  if (typeof media === "string" && isObject(parseJson(media))) return "media-json-twice";
  return isObject(media) && media["payload"] !== undefined ? ignoredPayload(media["payload"]) : "media-wrong-fields";
}

const payloads: readonly (readonly [pattern: RegExp, because: IgnoredBecause])[] = [
  [/^(?:bytearray\()?b(['"]).*\1\)?$/s, "media-python-bytes"],
  [/^data:/i, "media-data-url"],
  [/^(?:<Buffer |\[object |<memory at |\d+(?:, ?\d+)+$)/, "media-payload-object"],
  [/^(?=.*[-_])[A-Za-z0-9_-]+={0,2}$/, "media-base64url"],
];

/** A payload that Twilio cannot decode. */
function ignoredPayload(payload: unknown): IgnoredBecause {
  if (typeof payload !== "string") return "media-payload-object";
  const known = payloads.find(([pattern]) => pattern.test(payload));
  if (known !== undefined) return known[1];
  if (isBase64(payload)) return "media-wrong-fields";
  const padding = "=".repeat(3 - ((payload.length + 3) % 4));
  return !payload.endsWith("=") && isBase64(payload + padding) ? "media-unpadded" : "media-not-base64";
}

/** Shorter payloads may be hexadecimal digits by chance. */
const MIN_HEX_CHARS = 32;

/** Fewer different digits may be a constant: zeros are AAAA... in base64. */
const MIN_HEX_DIGITS = 8;

/** Whether base64 is hexadecimal in truth: Twilio decodes it, and plays noise. */
export function isHexadecimal(payload: string): boolean {
  if (payload.length < MIN_HEX_CHARS || new Set(payload).size < MIN_HEX_DIGITS) return false;
  return /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(payload);
}
