// X-Twilio-Signature: makes it, checks it, and reads a form's parameters as Twilio signs them. Which URLs to try:
// candidate-urls.ts. Follows https://www.twilio.com/docs/usage/security#validating-requests through the twilio package,
// of which only the webhooks file is loaded.

import { getExpectedTwilioSignature, validateRequest } from "twilio/lib/webhooks/webhooks.js";

/** The form parameters that a signature covers, a repeated one with all its values. Empty for GET and WebSocket. */
export type SignedParams = Readonly<Record<string, string | readonly string[]>>;

/** Signs as Twilio does. `url`: exactly as requested, without fragment. Returns 28 characters of base64. */
export function signRequest(authToken: string, url: string, params: SignedParams): string {
  return getExpectedTwilioSignature(authToken, url, params);
}

/**
 * Whether a signature was made with this token for this URL and these parameters. Compares in constant time. Never
 * throws. The package tries the URL with and without port (for ws and wss it adds port 80), as received, normalised,
 * and with the query re-encoded. The caller tries https and wss, and a trailing slash on the path.
 */
export function signatureFits(authToken: string, signature: string, url: string, params: SignedParams): boolean {
  // Anyone can sign with an empty key. The package throws on a URL that cannot be parsed.
  if (authToken === "" || signature === "" || !URL.canParse(url)) return false;
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
