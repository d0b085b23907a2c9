// The URLs that Twilio may have requested, given a request that came through any number of proxies. Checking a
// signature: signature.ts. Follows https://www.twilio.com/docs/usage/security#validating-requests, RFC 7239
// (Forwarded), and the X-Forwarded-* of the common proxies.

/** Header values as received; undefined where the header is missing. */
export interface RequestAddress {
  /** The configured origin, with an optional path prefix, without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** Path and query as requested: "/twilio/voice?a=1". */
  readonly target: string;
  /** A WebSocket upgrade: its URLs are wss and ws. */
  readonly upgrade: boolean;
  readonly host: string | undefined;
  readonly forwarded: string | undefined;
  readonly xForwardedHost: string | undefined;
  readonly xForwardedProto: string | undefined;
  readonly xForwardedPort: string | undefined;
}

/** Each URL costs several HMACs, and anyone can send requests. */
export const MAX_CANDIDATES = 8;

/**
 * A host name, IPv4 or bracketed IPv6 address, with an optional port. Nothing else may get into a URL, a log or TwiML.
 */
const hostPattern = /^([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i;
const portPattern = /^\d{1,5}$/;

/**
 * The URLs to try, the likeliest first, at most {@link MAX_CANDIDATES}: the configured one, then those from each host
 * in the headers, forwarded ones before `Host`, each with the stated scheme before the other, and without a port before
 * with one, because the port is often the proxy's own. In lists written by several proxies ("https, http") the first
 * entry counts, which is the one nearest to the client. Without a stated scheme, https comes first.
 */
export function candidateUrls(address: RequestAddress): readonly string[] {
  const forwarded = readForwarded(address.forwarded);
  const proto = forwarded.proto ?? firstOf(address.xForwardedProto) ?? "https";
  const schemes = proto === "http" || proto === "ws" ? [false, true] : [true, false];
  const urls = new Set<string>();
  if (address.publicUrl !== undefined) urls.add(publicCandidate(address.publicUrl, address));
  for (const host of [forwarded.host, firstOf(address.xForwardedHost), address.host]) {
    const authorities = authoritiesOf(host, firstOf(address.xForwardedPort));
    for (const secure of schemes) {
      for (const authority of authorities) urls.add(`${schemeOf(secure, address.upgrade)}://${authority}${address.target}`);
    }
  }
  return [...urls].slice(0, MAX_CANDIDATES);
}

/**
 * The same URL with a slash at the end of its path, which Twilio signs for some stream URLs
 * (https://www.twilio.com/docs/usage/security#validating-requests).
 */
export function withTrailingSlash(url: string): string {
  const [path = "", query] = url.split(/\?(.*)/s);
  return `${path.replace(/\/?$/, "/")}${query === undefined ? "" : `?${query}`}`;
}

/** The URL without its port, which Twilio drops for voice over https. */
export function withoutPort(url: string): string {
  return url.replace(/^(\w+:\/\/[^/?#]*?):\d+(?=[/?#]|$)/, "$1");
}

/** The URL with its scheme's default port, unless it has a port. */
export function withDefaultPort(url: string): string {
  if (withoutPort(url) !== url) return url;
  return url.replace(/^(\w+):\/\/[^/?#]*/, (origin, scheme: string) => `${origin}:${scheme.endsWith("s") ? 443 : 80}`);
}

function schemeOf(secure: boolean, upgrade: boolean): string {
  return `${upgrade ? "ws" : "http"}${secure ? "s" : ""}`;
}

/**
 * A proxy that serves voice under a path may keep the prefix in the request or strip it: either way the URL has it
 * once.
 */
function publicCandidate(publicUrl: string, { target, upgrade }: RequestAddress): string {
  const [, scheme = "https", authority = "", prefix = ""] = /^(https?):\/\/([^/]*)(.*)$/i.exec(publicUrl) ?? [];
  const path = prefix !== "" && (target === prefix || target.startsWith(`${prefix}/`)) ? target : prefix + target;
  return `${schemeOf(scheme.toLowerCase() === "https", upgrade)}://${authority}${path}`;
}

/** A host as the client may have written it: without a port, with its port, with the port that a proxy states. */
function authoritiesOf(host: string | undefined, statedPort: string | undefined): readonly string[] {
  const [, name, port] = hostPattern.exec(host ?? "") ?? [];
  if (name === undefined) return [];
  const ports = [port, statedPort].filter(
    (candidate) => candidate !== undefined && portPattern.test(candidate) && !isDefaultPort(candidate),
  );
  return [name, ...ports.map((candidate) => `${name}:${candidate}`)];
}

/** URLs omit these. */
function isDefaultPort(port: string): boolean {
  return port === "80" || port === "443";
}

function firstOf(list: string | undefined): string | undefined {
  const first = list?.split(",")[0]?.trim().toLowerCase();
  return first === "" ? undefined : first;
}

/**
 * The first element of `Forwarded: for=192.0.2.43;proto=https;host="a.example:8443", for=...`; names are
 * case-insensitive (RFC 7239 section 4).
 */
function readForwarded(header: string | undefined): { readonly proto: string | undefined; readonly host: string | undefined } {
  const pairs = new Map<string, string>();
  for (const pair of firstOf(header)?.split(";") ?? []) {
    const [, name, quoted, token] = /^(\w+)=(?:"([^"]*)"|([^"\s]*))$/.exec(pair.trim()) ?? [];
    if (name !== undefined) pairs.set(name, quoted ?? token ?? "");
  }
  return { proto: pairs.get("proto"), host: pairs.get("host") };
}
