// Whether a request comes from a program on this machine: not through a proxy, and not from a web page open in a
// browser here. Pure. It decides what is accepted when no Twilio auth token is configured, and whether the stream may
// use ws://.

/**
 * Headers that only a proxy adds: RFC 9110 7.6.3, RFC 7239, common practice, and what content networks, tunnels and
 * platforms document (Cloudflare, Fastly, Akamai, CloudFront, Azure, Google, Vercel, Netlify, Fly, ngrok, Tailscale).
 */
const proxyHeader = new RegExp(
  [
    "^(forwarded|via|cdn-loop|x-real-ip|x-original-(host|url|uri)|x-rewrite-url|x-cloud-trace-context|x-arr-.*|proxy-connection)$",
    "(^|-)forwarded(-|$)",
    "(^|-)(client|connecting|socket|user|remote)-?ip(v6)?$",
    "^(cf|cdn|fly|fastly|ngrok|tailscale|render|railway|do|akamai|true-client|x-(envoy|amzn?|azure|appengine|vercel|nf|cluster|akamai|railway|render))-",
  ].join("|"),
);

const loopbackPeer = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/i;
/** Other names, and names with a trailing dot, are rejected: DNS rebinding works through names. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request is not from a program on this machine, for the log; undefined when it is. All of these must hold: a
 * loopback peer; a loopback Host (a rebound name has another); no proxy header (a tunnel's peer is loopback too); no
 * Origin, Referer or Sec-Fetch-Site of another site.
 */
export function nonLocalReason(peerAddress: string, headers: Headers): string | undefined {
  if (!loopbackPeer.test(peerAddress)) return "the peer is not on this machine";
  const host = headers.get("host") ?? "";
  if (!loopbackHost.test(host)) return "the Host header does not name this machine";
  const proxy = [...headers.keys()].find((name) => proxyHeader.test(name));
  if (proxy !== undefined) return `the request came through a proxy: it has the header ${proxy}`;
  const origin = headers.get("origin");
  const own = `http://${host.toLowerCase()}`;
  const isForeign = [
    origin !== null && origin.toLowerCase() !== own,
    // A browser sends no Origin with the GET of an image or a link. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    !["same-origin", "none", null].includes(headers.get("sec-fetch-site")),
    !`${headers.get("referer") ?? own}/`.toLowerCase().startsWith(`${own}/`),
  ];
  return isForeign.includes(true) ? "a web page of another origin sent the request" : undefined;
}
