// Identifiers in Twilio's formats, derived from a seed: the same seed gives the same call. Not secrets.

import { createHash } from "node:crypto";

/**
 * A Twilio SID: two letters and 32 hex digits. `what` separates the SIDs of one seed.
 * https://www.twilio.com/docs/glossary/what-is-a-sid
 */
export function sid(prefix: "AC" | "CA" | "MZ", seed: string, what = ""): string {
  return prefix + digest(seed, `${prefix}${what}`).toString("hex").slice(0, 32);
}

/** A version 4 UUID (RFC 9562, 5.4), as in `I-Twilio-Idempotency-Token`. */
export function uuid(seed: string, what: string): string {
  const bytes = digest(seed, what).subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A `Sec-WebSocket-Key`: 16 bytes, base64 (RFC 6455, 4.1). */
export function webSocketKey(seed: string, what: string): string {
  return digest(seed, what).subarray(0, 16).toString("base64");
}

function digest(seed: string, what: string) {
  return createHash("sha256").update(`${seed}\n${what}`).digest();
}
