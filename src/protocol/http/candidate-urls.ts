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

/** Each URL costs an HMAC or several, and anyone can send requests. */
export const MAX_CANDIDATES = 8;
/** Of a list in a header, of which the first entry counts. Proxies write about 100, and reading them costs time. */
export const MAX_HEADER_CHARS = 1_024;
/** Of an element of Forwarded: RFC 7239 section 5 has four. */
const MAX_PAIRS = 16;

/**
 * A host name, IPv4 or bracketed IPv6 address, with an optional port. Nothing else may get into a URL, a log or TwiML.
 */
const hostPattern = /^([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i;
const portPattern = /^\d{1,5}$/;

/**
 * The URLs to try, the likeliest first, at most {@link MAX_CANDIDATES}: the configured one, then those from each host
 * in the headers, forwarded ones before `Host`, first all with the stated scheme and then with the other, without a
 * port before with one, because the port is often the proxy's own. The others can name wrong hosts, so they never
 * displace the URLs of `Host` itself: two schemes, with and without its port. In lists written by several proxies
 * ("https, http") the first entry counts, which is the one nearest to the client. Without a stated scheme, https comes
 * first.
 */
export function candidateUrls(address: RequestAddress): readonly string[] {
  const forwarded = readForwarded(address.forwarded);
  const proto = forwarded.proto ?? firstOf(address.xForwardedProto) ?? "https";
  const schemes = proto === "http" || proto === "ws" ? [false, true] : [true, false];
  const hosts = [forwarded.host, firstOf(address.xForwardedHost), address.host];
  const statedPort = firstOf(address.xForwardedPort);
  const urlsOf = (authorities: readonly string[]): string[] =>
    schemes.flatMap((secure) => authorities.map((authority) => `${schemeOf(secure, address.upgrade)}://${authority}${address.target}`));
  const urls = new Set([
    ...(address.publicUrl === undefined ? [] : [publicCandidate(address.publicUrl, address)]),
    ...urlsOf(hosts.flatMap((host) => authoritiesOf(host, statedPort))),
  ]);
  const own = new Set(urlsOf(authoritiesOf(address.host, undefined)));
  let places = MAX_CANDIDATES - own.size;
  return [...urls].filter((url) => own.has(url) || places-- > 0);
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
  const { from, to } = portIn(url);
  return from === to ? url : url.slice(0, from) + url.slice(to);
}

/** The URL with its scheme's default port, unless it has a port. */
export function withDefaultPort(url: string): string {
  const { from, to } = portIn(url);
  return from === to && from > 0 ? `${url.slice(0, from)}:${/^\w+s:/.test(url) ? 443 : 80}${url.slice(from)}` : url;
}

/** Where the port is, with its colon; empty, at the end of the host, when there is none. Both 0: not a URL. */
function portIn(url: string): { readonly from: number; readonly to: number } {
  const [authority = ""] = /^\w+:\/\/[^/?#]*/.exec(url) ?? [];
  const [port = ""] = /:\d+$/.exec(authority) ?? [];
  return { from: authority.length - port.length, to: authority.length };
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
  const first = list?.slice(0, MAX_HEADER_CHARS).split(",")[0]?.trim().toLowerCase();
  return first === "" ? undefined : first;
}

/**
 * The first element of `Forwarded: for=192.0.2.43;proto=https;host="a.example:8443", for=...`; names are
 * case-insensitive (RFC 7239 section 4).
 */
function readForwarded(header: string | undefined): { readonly proto: string | undefined; readonly host: string | undefined } {
  const pairs = new Map<string, string>();
  for (const pair of firstOf(header)?.split(";", MAX_PAIRS) ?? []) {
    const [, name, quoted, token] = /^(\w+)=(?:"([^"]*)"|([^"\s]*))$/.exec(pair.trim()) ?? [];
    if (name !== undefined) pairs.set(name, quoted ?? token ?? "");
  }
  return { proto: pairs.get("proto"), host: pairs.get("host") };
}
