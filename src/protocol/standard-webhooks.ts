// Standard Webhooks: how a request proves who sent it, so that any receiver's library can check it.
// Follows https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { Buffer } from "node:buffer";
import { hmac } from "./digest.ts";

/** The prefix of a secret, whose rest is base64 of 24 to 64 bytes. */
const PREFIX = "whsec_";
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** The bytes of a secret, with or without its prefix; undefined: it is not one. */
export function readWebhookSecret(text: string): Uint8Array | undefined {
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, "base64");
  return bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES ? bytes : undefined;
}

/** The headers of one try. `id` stays the same when it is sent again; `atMs` (epoch) is the time of this try. */
export function webhookHeaders(secret: Uint8Array, id: string, atMs: number, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signature = hmac("sha256", secret, `${id}.${timestamp}.${body}`).toString("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
