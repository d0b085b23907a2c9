// Causes in the stream's URL and host.
// Follows https://www.twilio.com/docs/voice/twiml/stream and https://www.twilio.com/docs/api/errors (319xx)

import { type Cause, FULL_CHAIN, LINE_DROPS, LISTEN } from "./cause.ts";

const url = (cause: Pick<Cause, "twilioError" | "why" | "fix"> & Partial<Cause>): Cause => ({
  stage: "url",
  callerHears: LINE_DROPS,
  ...cause,
});

export const URL_CAUSES = {
  "url-missing": url({
    twilioError: 31923,
    why: "the <Stream> has no usable url",
    fix: 'write <Stream url="wss://host/path"/>, from a configured public host',
  }),
  "url-placeholder": url({
    twilioError: 31904,
    why: "the stream's URL contains a placeholder of a template that was not filled in",
    fix: "set the variable that the URL is built from (PUBLIC_HOST, NGROK_URL, ...), and fail at start-up when it is missing",
  }),
  "url-scheme-twice": url({
    twilioError: 31923,
    why: "the stream's URL has two schemes",
    fix: "write wss:// once: the setting that holds the host already begins with https:// or wss://, so remove it there",
  }),
  "url-scheme-missing": url({
    twilioError: 31920,
    why: "the stream's URL has no scheme, so Twilio takes it as a path on the webhook's host",
    fix: "write wss:// before the host",
  }),
  "url-malformed": url({
    twilioError: 31923,
    why: "the stream's URL contains characters that no URL has",
    fix: "trim the setting that the URL is built from, without quotation marks and line breaks, and write it as wss://host/path",
  }),
  "url-model-host": url({
    twilioError: 31920,
    why: "the stream's URL leads to a model's own host, which does not speak Media Streams",
    fix: "let the stream lead to your server, which connects to the model and converts between the two protocols",
  }),
  "url-scheme": url({
    twilioError: 31922,
    why: "the stream's URL is not wss",
    fix: "write wss:// instead of ws://, http:// or https://",
  }),
  "url-query-required": url({
    twilioError: 31920,
    why: "the server needs the query of the stream's URL, which Twilio strips",
    fix: "move it to <Parameter>, which arrives in start.customParameters, or to the path",
  }),
  "url-query-stripped": url({
    twilioError: undefined,
    harm: "risk",
    callerHears: "a conversation",
    why: "the stream's URL has a query, which Twilio strips",
    fix: 'move it to <Parameter name="..." value="..."/>, which arrives in start.customParameters, or to the path',
  }),
  "url-private": url({
    twilioError: 31904,
    why: "the stream's address is private, so Twilio cannot reach it",
    fix: "build the URL from the public host: configure it, or trust the proxy's X-Forwarded-Host",
  }),
  "url-dns": url({
    twilioError: 31904,
    why: "the stream's host name does not resolve",
    fix: "build the URL from the public host, and check its spelling and its DNS entry",
  }),
  "url-refused": url({
    twilioError: 31902,
    why: "nothing listens at the stream's address",
    fix: "put the public port into the URL (none for 443), not the server's port behind the proxy",
  }),
  "url-timeout": url({ twilioError: 31901, why: "the stream's address does not answer", fix: LISTEN }),
  "url-tls-expired": url({
    twilioError: 31910,
    why: "the certificate of the stream's host has expired or is not valid yet",
    fix: FULL_CHAIN,
  }),
  "url-certificate-expiring": url({
    twilioError: undefined,
    harm: "risk",
    callerHears: "a conversation, until the certificate expires",
    why: "the certificate of the stream's host is about to expire",
    fix: "renew the certificate",
  }),
  "url-tls-name": url({
    twilioError: 31910,
    why: "the certificate of the stream's host is for another name",
    fix: "get a certificate for that name, or use the name in the certificate",
  }),
  "url-tls-self-signed": url({
    twilioError: 31910,
    why: "the certificate of the stream's host is self-signed",
    fix: FULL_CHAIN,
  }),
  "url-tls-chain": url({
    twilioError: 31910,
    why: "the certificate of the stream's host does not chain to a known authority",
    fix: FULL_CHAIN,
  }),
  "url-app-port": url({
    twilioError: 31910,
    why: "the port in the stream's URL is the app's own, which speaks plain HTTP and no TLS",
    fix: "leave the port out of the URL, so that it leads to the proxy at port 443, which speaks TLS",
  }),
  "url-tls-handshake": url({
    twilioError: 31910,
    why: "the TLS handshake with the stream's host fails",
    fix: "make the proxy speak TLS 1.2 and 1.3 on this port, with common ciphers",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
