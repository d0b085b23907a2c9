// Whether a request comes from a program on this machine, and not through a proxy or from a web page that happens to run here. Pure.
// Not authentication: it decides what is answered when no Twilio token is configured, and whether ws:// will do.

/** Headers that only a proxy writes (RFC 9110 7.6.3, RFC 7239, and what is in use). */
const proxyHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip"];

const loopbackPeer = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/i;
/** A name that ends in a dot, or one of another shape, is not taken: DNS rebinding gets in by names. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request is not from a program on this machine, in words for the log; undefined when it is. All must hold: a loopback peer, a
 * loopback Host (a web page's rebound name is not), no header of a proxy (a tunnel's peer is loopback too), no Origin but our own.
 */
export function notLocal(peerAddress: string, headers: Headers): string | undefined {
  if (!loopbackPeer.test(peerAddress)) return "the peer is not on this machine";
  const host = headers.get("host") ?? "";
  if (!loopbackHost.test(host)) return "the Host is not this machine";
  const proxy = proxyHeaders.find((name) => headers.has(name));
  if (proxy !== undefined) return `it came through a proxy: it has the header ${proxy}`;
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return "a web page of another origin sent it";
  return undefined;
}
