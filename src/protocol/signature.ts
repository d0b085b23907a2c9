// X-Twilio-Signature: makes it, checks it, and reads a form's parameters as Twilio signs them. Which URLs to try:
// http/candidate-urls.ts. Follows https://www.twilio.com/docs/usage/security#validating-requests
//
// The checks run for every request that a stranger sends, so they are written here. The twilio package judges them in
// the tests.

import { Buffer } from "node:buffer";
import process from "node:process";
import { equalInConstantTime, hmac } from "./digest.ts";

/** The form parameters that a signature covers, a repeated one with all its values. Empty for GET and WebSocket. */
export type SignedParams = Readonly<Record<string, string | readonly string[]>>;

/** The base64 of an HMAC-SHA1. */
const signaturePattern = /^[A-Za-z0-9+/]{27}=$/;

/** Signs as Twilio does. `url`: exactly as requested, without fragment. Returns 28 characters of base64. */
export function signRequest(authToken: string, url: string, params: SignedParams): string {
  return hmac("sha1", authToken, url, joinParams(params)).toString("base64");
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

/** Whether a signature was made for exactly this URL, given without its query. */
export type StartCheck = (start: string) => boolean;

/**
 * A check against one signature and one form, given as {@link joinParams} joins it: first takes a query with its `?`
 * ("" when there is none), so that query and form are encoded once for all URLs. Compares in constant time and never
 * throws. Undefined when the signature cannot fit any URL.
 */
export function exactCheck(authToken: string, signature: string, joined: string): ((query: string) => StartCheck) | undefined {
  // Anyone can sign with an empty key.
  if (authToken === "" || !signaturePattern.test(signature)) return undefined;
  const claimed = Buffer.from(signature, "base64");
  // The last character has two bits to spare.
  if (claimed.toString("base64") !== signature) return undefined;
  return (query) => {
    const rest = Buffer.from(query + joined, "utf8");
    return (start) => equalInConstantTime(claimed, hmac("sha1", authToken, start, rest));
  };
}

/**
 * As {@link exactCheck}, but also accepts what Twilio and its proxies are known to sign instead: the URL with
 * and without port (for every scheme but https that is port 80), normalised, and with the query re-encoded. It can cost
 * a hundred times as much. The caller tries https and wss, and a trailing slash on the path.
 */
export function signatureFits(authToken: string, signature: string, url: string, params: SignedParams): boolean {
  const normalised = URL.parse(url)?.href;
  const fits = exactCheck(authToken, signature, joinParams(params))?.("");
  if (normalised === undefined || fits === undefined) return false;
  const ports = (one: string): readonly string[] => [withPort(one, false), withPort(one, true)];
  return [...ports(url), ...ports(normalised), ...ports(normalised).map(withLegacyQuery)].some(fits);
}

/** The URL with its scheme's port, where it has none, or without any. Everything else keeps its characters. */
function withPort(url: string, wanted: boolean): string {
  const [start, scheme = "", authority = ""] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)/i.exec(url) ?? [];
  if (start === undefined) return url;
  const hostAt = authority.lastIndexOf("@") + 1;
  const host = authority.slice(hostAt);
  // In an IPv6 literal a colon begins the port only after the bracket.
  const portAt = host.indexOf(":", host.lastIndexOf("]") + 1);
  if (wanted && portAt >= 0) return url;
  const port = wanted ? (scheme.toLowerCase() === "https://" ? ":443" : ":80") : "";
  return scheme + authority.slice(0, hostAt) + (portAt < 0 ? host : host.slice(0, portAt)) + port + url.slice(start.length);
}

function withLegacyQuery(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? url : url.slice(0, at) + legacyQuery(url.slice(at));
}

/** A query with its `?`, encoded as Node's querystring does, for back ends that sign it so: a blank as `%20`. */
export function legacyQuery(query: string): string {
  if (query.length < 2) return query;
  const { parse, stringify } = process.getBuiltinModule("node:querystring");
  return `?${stringify(parse(query.slice(1)))}`;
}

/**
 * Reads an application/x-www-form-urlencoded body, or a query without its `?`. A name that occurs once has a string, a
 * repeated one an array. The object has no prototype, so that `__proto__` is a name like
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
