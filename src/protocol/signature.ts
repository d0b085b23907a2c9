// X-Twilio-Signature: makes it, checks it, and reads a form's parameters as Twilio signs them. Which URLs to try:
// http/candidate-urls.ts. Follows https://www.twilio.com/docs/usage/security#validating-requests
//
// The exact check is written here, because it runs for every request that a stranger sends. Signing and the lenient
// check use the twilio package, of which only the webhooks file is loaded.

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { getExpectedTwilioSignature, validateRequest } from "twilio/lib/webhooks/webhooks.js";

/** The form parameters that a signature covers, a repeated one with all its values. Empty for GET and WebSocket. */
export type SignedParams = Readonly<Record<string, string | readonly string[]>>;

/** The base64 of an HMAC-SHA1. */
const signaturePattern = /^[A-Za-z0-9+/]{27}=$/;

/** Signs as Twilio does. `url`: exactly as requested, without fragment. Returns 28 characters of base64. */
export function signRequest(authToken: string, url: string, params: SignedParams): string {
  return getExpectedTwilioSignature(authToken, url, params);
}

/**
 * What Twilio signs after the URL: names in order, each followed by its value; a repeated name by each different value,
 * in order.
 */
export function joinParams(params: SignedParams): string {
  let joined = "";
  for (const name of Object.keys(params).sort()) {
    const value = params[name] ?? "";
    if (typeof value === "string") joined += name + value;
    else for (const one of [...new Set(value)].sort()) joined += name + one;
  }
  return joined;
}

/**
 * A check of URLs against one signature and one form: whether it was made with this token for exactly that URL.
 * Compares in constant time and never throws. Undefined when the signature cannot fit any URL.
 */
export function exactCheck(authToken: string, signature: string, params: SignedParams): ((url: string) => boolean) | undefined {
  // Anyone can sign with an empty key.
  if (authToken === "" || !signaturePattern.test(signature)) return undefined;
  const claimed = Buffer.from(signature, "latin1");
  const joined = Buffer.from(joinParams(params), "utf8");
  return (url) => {
    const expected = createHmac("sha1", authToken).update(url, "utf8").update(joined).digest("base64");
    return timingSafeEqual(claimed, Buffer.from(expected, "latin1"));
  };
}

/**
 * As {@link exactCheck}, but also accepts what Twilio and its proxies are known to sign instead: the URL with
 * and without port (for ws and wss the package adds port 80), normalised, and with the query re-encoded. It can cost a
 * hundred times as much. The caller tries https and wss, and a trailing slash on the path.
 */
export function signatureFits(authToken: string, signature: string, url: string, params: SignedParams): boolean {
  // Anyone can sign with an empty key. The package throws on a URL that cannot be parsed.
  if (authToken === "" || !signaturePattern.test(signature) || !URL.canParse(url)) return false;
  return validateRequest(authToken, signature, url, params);
}

/**
 * Reads an application/x-www-form-urlencoded body, or a query without its `?`. A name that occurs once has a string, a
 * repeated one an array, as the twilio package expects. The object has no prototype, so that `__proto__` is a name like
 * any other. Never throws.
 */
export function readForm(body: string): Record<string, string | readonly string[]> {
  const params: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body)) {
    const earlier = params[name];
    params[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return params;
}
