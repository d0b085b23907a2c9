// The stream's token: proves at `start` that one of our webhooks offered this call a stream a moment ago. Not who may ask for one (door.ts).
// An HMAC (RFC 2104) over the call and the expiry under a key of its own, so that any process that knows the auth token can check it.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a token is good for: from the webhook's answer to `start` it takes Twilio 40 ms, so a minute is patience enough. */
export const TOKEN_LIFE_MS = 60_000;
/** Keeps the key apart from every other use of the auth token; a new shape of token takes a new label. */
const KEY_LABEL = "voice stream token 1";
/** Expiry in base 36, a dot, SHA-256 in base64url. */
const tokenPattern = /^([0-9a-z]{1,10})\.([\w-]{43})$/;

/** Which call a token is for. */
export interface TokenCall {
  readonly callSid: string;
  readonly accountSid: string;
}

/** Key under which tokens are made: derived from the auth token, or random (this process only) when there is none. */
export function tokenKey(authToken: string | undefined): Uint8Array {
  if (authToken === undefined) return randomBytes(32);
  return createHmac("sha256", authToken).update(KEY_LABEL).digest();
}

/** Makes the token of a call that expires at `expiresAtMs` (epoch, whole ms): the same arguments give the same token. */
export function makeToken(key: Uint8Array, call: TokenCall, expiresAtMs: number): string {
  const expiry = expiresAtMs.toString(36);
  return `${expiry}.${mac(key, call, expiry).toString("base64url")}`;
}

/** Reads a token: when it expires, epoch ms, or undefined when it was not made under this key for this call. Expired ones are read as well. */
export function readToken(key: Uint8Array, call: TokenCall, token: string): number | undefined {
  const [, expiry, claimed] = tokenPattern.exec(token) ?? [];
  if (expiry === undefined || claimed === undefined) return undefined;
  return timingSafeEqual(mac(key, call, expiry), Buffer.from(claimed, "base64url")) ? Number.parseInt(expiry, 36) : undefined;
}

/** The parts are joined by a byte that none of them holds: "a" + "bc" must not pass for "ab" + "c". */
function mac(key: Uint8Array, call: TokenCall, expiry: string): Buffer {
  return createHmac("sha256", key).update([call.callSid, call.accountSid, expiry].join("\n")).digest();
}
