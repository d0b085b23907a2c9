// The stream's token proves at `start` that one of our webhooks offered this call a stream within the last minute. Who
// gets one: authenticator.ts. An HMAC (RFC 2104) over call and expiry under a derived key, so that any process with the
// same auth token can check it.

import { equalInConstantTime, hmac } from "../../protocol/digest.ts";

/** Twilio takes 40 ms from the webhook's answer to `start`; a minute covers any delay. */
export const STREAM_TOKEN_LIFE_MS = 60_000;
/** Separates this key from other uses of the auth token. A new token format needs a new label. */
const KEY_LABEL = "voice stream token 1";
/** Expiry in base 36, a dot, SHA-256 in base64url. */
const tokenPattern = /^([0-9a-z]{1,10})\.([\w-]{43})$/;

export interface TokenCall {
  readonly callSid: string;
  readonly accountSid: string;
}

/** The key for tokens: derived from the auth token, or random (valid in this process only) without one. */
export function streamTokenKey(authToken: string | undefined): Uint8Array {
  if (authToken === undefined) return crypto.getRandomValues(new Uint8Array(32));
  return hmac("sha256", authToken, KEY_LABEL);
}

/**
 * Makes the token of a call that expires at `expiresAtMs` (epoch, whole ms). The same arguments give the same token.
 */
export function makeStreamToken(key: Uint8Array, call: TokenCall, expiresAtMs: number): string {
  const expiry = expiresAtMs.toString(36);
  return `${expiry}.${mac(key, call, expiry).toString("base64url")}`;
}

/** When a token expires or expired (epoch ms); undefined when it was not made under this key for this call. */
export function readStreamToken(key: Uint8Array, call: TokenCall, token: string): number | undefined {
  const [, expiry, claimed] = tokenPattern.exec(token) ?? [];
  if (expiry === undefined || claimed === undefined) return undefined;
  return equalInConstantTime(mac(key, call, expiry), Buffer.from(claimed, "base64url")) ? Number.parseInt(expiry, 36) : undefined;
}

/** The separator occurs in none of the parts: "a" + "bc" must not equal "ab" + "c". */
function mac(key: Uint8Array, call: TokenCall, expiry: string): Buffer {
  return hmac("sha256", key, [call.callSid, call.accountSid, expiry].join("\n"));
}
