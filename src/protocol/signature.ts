// X-Twilio-Signature: what it has to be, whether it fits, and a form's parameters as it signs them. Which URLs to try: candidate-urls.ts.
// Follows https://www.twilio.com/docs/usage/security#validating-requests by the twilio package, of which only the webhooks' file is loaded.

import { getExpectedTwilioSignature, validateRequest } from "twilio/lib/webhooks/webhooks.js";

/** What a signature covers beside the URL: a form's parameters by name, a repeated one with all its values. Empty for GET and WebSocket. */
export type SignedParams = Readonly<Record<string, string | readonly string[]>>;

/** Signs a request as Twilio does; `url` exactly as it is requested, without fragment. Gives 28 characters of base64. */
export function signRequest(authToken: string, url: string, params: SignedParams): string {
  return getExpectedTwilioSignature(authToken, url, params);
}

/**
 * Whether a signature was made with this token for this URL and these parameters; compared in constant time. Never throws.
 * The package tries the URL with and without port by itself (for ws and wss the port it adds is 80), as received, normalised, and with the
 * query written anew; https and wss, and a trailing slash on a path, are for the caller to try.
 */
export function signatureFits(authToken: string, signature: string, url: string, params: SignedParams): boolean {
  // An HMAC under an empty key verifies for everybody; an URL that cannot be parsed makes the package throw.
  if (authToken === "" || signature === "" || !URL.canParse(url)) return false;
  return validateRequest(authToken, signature, url, params);
}

/**
 * Reads an application/x-www-form-urlencoded body, or a query without its `?`, into parameters to check and use.
 * A name that comes once has a string, one that is repeated an array, which is how the twilio package wants it. Has no prototype, so that
 * a parameter named `__proto__` is one like any other. Never throws.
 */
export function readForm(body: string): Record<string, string | readonly string[]> {
  const params: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body)) {
    const earlier = params[name];
    params[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return params;
}
