// Under which URLs Twilio may have requested what has arrived here, through any number of proxies. Whether a signature fits one: signature.ts.
// Follows https://www.twilio.com/docs/usage/security#validating-requests, RFC 7239 (Forwarded), and the X-Forwarded-* of the common proxies.

/** What is known of a request's address. Header values as received, undefined where the header is missing. */
export interface RequestAddress {
  /** Configured origin, perhaps with a path prefix, without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** Path and query as requested: "/twilio/voice?a=1". */
  readonly target: string;
  /** A WebSocket upgrade: wss and ws instead of https and http. */
  readonly upgrade: boolean;
  readonly host: string | undefined;
  readonly forwarded: string | undefined;
  readonly xForwardedHost: string | undefined;
  readonly xForwardedProto: string | undefined;
  readonly xForwardedPort: string | undefined;
}

/** At most so many URLs are tried for one request: each costs several HMACs, and a stranger can ask for them. */
export const MAX_CANDIDATES = 8;

/** A host name, IPv4 address or bracketed IPv6 one, and perhaps a port. Nothing else goes into a URL, a log or TwiML. */
const hostPattern = /^([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i;
const portPattern = /^\d{1,5}$/;

/**
 * Gives the URLs to try, the likeliest first, at most {@link MAX_CANDIDATES}: the configured one; then for each host that the headers name
 * (the forwarded one before `Host`) the scheme that they name before the other, with its port before without. Of lists that several
 * proxies wrote ("https, http"), the first entry counts: the one nearest to the caller. Without any word of the scheme, https comes first.
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
 * Gives the same URL with a slash at the end of its path: for some stream URLs Twilio signs that
 * (https://www.twilio.com/docs/usage/security#validating-requests). Equal to `url` when the path ends in one already.
 */
export function withTrailingSlash(url: string): string {
  const [path = "", query] = url.split(/\?(.*)/s);
  return `${path.replace(/\/?$/, "/")}${query === undefined ? "" : `?${query}`}`;
}

function schemeOf(secure: boolean, upgrade: boolean): string {
  return `${upgrade ? "ws" : "http"}${secure ? "s" : ""}`;
}

/** A proxy that serves us under a path may leave the prefix in the request or take it away: either way it stands in the URL once. */
function publicCandidate(publicUrl: string, { target, upgrade }: RequestAddress): string {
  const [, scheme = "https", authority = "", prefix = ""] = /^(https?):\/\/([^/]*)(.*)$/i.exec(publicUrl) ?? [];
  const path = prefix !== "" && (target === prefix || target.startsWith(`${prefix}/`)) ? target : prefix + target;
  return `${schemeOf(scheme.toLowerCase() === "https", upgrade)}://${authority}${path}`;
}

/** A host as the caller may have written it: with its port, with the one that a proxy tells of, without. */
function authoritiesOf(host: string | undefined, toldPort: string | undefined): readonly string[] {
  const [, name, port] = hostPattern.exec(host ?? "") ?? [];
  if (name === undefined) return [];
  const ports = [port, toldPort].filter((candidate) => candidate !== undefined && portPattern.test(candidate) && !isDefaultPort(candidate));
  return [...ports.map((candidate) => `${name}:${candidate}`), name];
}

/** No URL is written with these. */
function isDefaultPort(port: string): boolean {
  return port === "80" || port === "443";
}

function firstOf(list: string | undefined): string | undefined {
  const first = list?.split(",")[0]?.trim().toLowerCase();
  return first === "" ? undefined : first;
}

/** The first element of `Forwarded: for=192.0.2.43;proto=https;host="a.example:8443", for=...`; its names are case-insensitive (RFC 7239 section 4). */
function readForwarded(header: string | undefined): { readonly proto: string | undefined; readonly host: string | undefined } {
  const pairs = new Map<string, string>();
  for (const pair of firstOf(header)?.split(";") ?? []) {
    const [, name, quoted, token] = /^(\w+)=(?:"([^"]*)"|([^"\s]*))$/.exec(pair.trim()) ?? [];
    if (name !== undefined) pairs.set(name, quoted ?? token ?? "");
  }
  return { proto: pairs.get("proto"), host: pairs.get("host") };
}
