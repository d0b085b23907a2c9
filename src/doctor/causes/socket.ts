// The causes that lie on the way to the stream: its URL, its host, and the WebSocket handshake.
// Follows https://www.twilio.com/docs/api/errors, of which each code has a page, .../errors/11200

import type { Cause } from "./cause.ts";
import { FULL_CHAIN, LINE_DROPS, LISTEN } from "./cause.ts";

const url = (twilioError: number, why: string, fix: string): Cause => ({ stage: "url", twilioError, callerHears: LINE_DROPS, why, fix });
const handshake = (why: string, fix: string, more: Partial<Cause> = {}): Cause => ({
  stage: "handshake",
  twilioError: 31920,
  callerHears: LINE_DROPS,
  why,
  fix,
  ...more,
});

/** Of the stages url and handshake. */
export const SOCKET_CAUSES = {
  "url-missing": url(31923, "the <Stream> has no usable url", 'write <Stream url="wss://host/path"/>, from a configured public host'),
  "url-scheme": url(31922, "the stream's URL is not wss", "write wss:// in place of ws://, http:// or https://"),
  "url-query-required": url(
    31920,
    "the server needs the stream URL's query, which Twilio strips",
    "put it into <Parameter>, where it arrives in start.customParameters, or into the path",
  ),
  "url-private": url(
    31904,
    "the stream's address is a private one, which Twilio cannot reach",
    "build the URL from the public host: configure it, or trust the proxy's X-Forwarded-Host",
  ),
  "url-dns": url(
    31904,
    "the stream's host name does not resolve",
    "build the URL from the public host, and check its spelling and its DNS entry",
  ),
  "url-refused": url(
    31902,
    "nothing listens at the stream's address",
    "write the public port (443: none) into the URL, not the one the server has behind its proxy",
  ),
  "url-timeout": url(31901, "nothing answers at the stream's address", LISTEN),
  "url-tls-expired": url(31910, "the certificate of the stream's host has expired", FULL_CHAIN),
  "url-tls-name": url(
    31910,
    "the certificate of the stream's host is for another name",
    "get a certificate for that name, or use the name that it is for",
  ),
  "url-tls-self-signed": url(31910, "the certificate of the stream's host is self-signed", FULL_CHAIN),
  "url-tls-chain": url(31910, "the certificate of the stream's host leads to no known authority", FULL_CHAIN),
  "url-tls-handshake": url(
    31910,
    "no TLS can be spoken at the stream's address",
    "let the proxy speak TLS 1.2 and 1.3 there, with common ciphers",
  ),
  "handshake-status": handshake("the server refuses the WebSocket", "look at the server's log for this request: what refuses it knows why"),
  "handshake-forbidden": handshake(
    "the server refuses the WebSocket as not allowed",
    "let the handshake in with what Twilio sends (no cookie, no Authorization, no Origin, no query), and check a token in start.customParameters or the path",
  ),
  "handshake-signature-rejected": handshake(
    "the server refuses the signature of the WebSocket handshake",
    "check it against the wss:// URL of the TwiML, with no parameters",
  ),
  "handshake-not-found": handshake(
    "there is no WebSocket at the stream's path",
    "correct the path in the TwiML, or the route; a proxy may take a prefix away",
  ),
  "handshake-gateway": handshake(
    "the proxy finds no server behind it for the WebSocket",
    "let the proxy pass WebSockets on to the port where the server listens, on the address family that it listens on",
  ),
  "handshake-timeout": handshake(
    "the server does not answer the WebSocket handshake",
    "answer it at once, and do slow work after it; look at the proxy",
    { twilioError: 31901 },
  ),
  "handshake-closed": handshake(
    "the server closes the connection without an answer to the handshake",
    "look at the server's log, and at what the proxy does with Upgrade",
  ),
  "handshake-not-http": handshake(
    "what answers the handshake does not speak HTTP/1.1",
    "let the proxy speak HTTP/1.1 at this address: HTTP/2 alone is none of Twilio's",
  ),
  "handshake-cold-start": handshake(
    "the server refuses the first handshake and takes a later one: it was not awake yet",
    "keep an instance running (minimum instances 1), and answer the webhook only when streams are taken",
  ),
  "handshake-subprotocol-required": handshake(
    "the server demands a sub-protocol, and Twilio offers none",
    "accept handshakes without Sec-WebSocket-Protocol, and answer none",
  ),
  "handshake-subprotocol-unsolicited": handshake(
    "the server answers a sub-protocol that nobody offered (RFC 6455, 4.1)",
    "answer Sec-WebSocket-Protocol only when it was offered",
    { callerHears: "nothing amiss at present; a stricter client would refuse the stream", twilioError: undefined },
  ),
  "handshake-subprotocol-wrong": handshake(
    "the server chooses a sub-protocol that was not offered, when others are (RFC 6455, 4.1)",
    "choose one of those offered, or none",
    { callerHears: "nothing amiss at present; a client that offers one would refuse the stream", twilioError: undefined },
  ),
  "handshake-accept-mismatch": handshake(
    "the Sec-WebSocket-Accept is not the one that belongs to the key",
    "let a WebSocket library compute it, and no cache answer the handshake",
  ),
  "handshake-origin-required": handshake(
    "the server demands an Origin, and Twilio sends none",
    "let handshakes without Origin in on this path: it protects browsers, and Twilio is none",
  ),
  "handshake-redirect": handshake(
    "the server redirects the WebSocket, and Twilio follows no redirect",
    "write the final wss:// URL into the TwiML",
  ),
  "handshake-extension-unsolicited": handshake(
    "the server answers an extension that nobody offered (RFC 6455, 9.1)",
    "turn permessage-deflate off, or answer it only when it was offered",
    { callerHears: "nothing amiss, or noise and a dropped line once a frame is compressed", twilioError: 31924 },
  ),
  "handshake-no-upgrade": handshake(
    "the path answers as plain HTTP and does not upgrade",
    "install the WebSocket part (uvicorn[standard], ws, express-ws), put the route on it, and let the proxy pass Upgrade and Connection on",
  ),
  "handshake-slow": handshake("the handshake takes seconds", "answer it at once, and connect to the model while the call rings", {
    callerHears: "seconds of silence",
    twilioError: undefined,
  }),
} as const satisfies Readonly<Record<string, Cause>>;
