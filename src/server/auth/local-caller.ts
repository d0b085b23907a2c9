// Whether a request comes from a program on this machine: not through a proxy, and not from a web page open in a
// browser here. Pure. It decides what is accepted when no Twilio auth token is configured, and whether the stream may
// use ws://.

/** Headers that only a proxy adds (RFC 9110 7.6.3, RFC 7239, and common practice). */
const proxyHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip"];

const loopbackPeer = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/i;
/** Other names, and names with a trailing dot, are rejected: DNS rebinding works through names. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request is not from a program on this machine, for the log; undefined when it is. All of these must hold: a
 * loopback peer; a loopback Host (a rebound name has another); no proxy header (a tunnel's peer is loopback too); no
 * Origin but our own.
 */
export function nonLocalReason(peerAddress: string, headers: Headers): string | undefined {
  if (!loopbackPeer.test(peerAddress)) return "the peer is not on this machine";
  const host = headers.get("host") ?? "";
  if (!loopbackHost.test(host)) return "the Host header does not name this machine";
  const proxy = proxyHeaders.find((name) => headers.has(name));
  if (proxy !== undefined) return `the request came through a proxy: it has the header ${proxy}`;
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return "a web page of another origin sent the request";
  return undefined;
}
