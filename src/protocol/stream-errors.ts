// What a failed stream's code means and what fixes it, for the log. Not the doctor's checks.
// Follows https://www.twilio.com/docs/api/errors, 31900 to 31960: the codes that `StreamError` of the Stream's status callback tells.

/** Why a stream failed, and what to do. */
export interface StreamErrorAdvice {
  readonly cause: string;
  readonly fix: string;
}

const advice: Readonly<Record<string, StreamErrorAdvice>> = {
  31901: {
    cause: "Twilio got no answer when it connected to the stream's address",
    fix: "check that the host of PUBLIC_URL resolves to this server and that port 443 is let in",
  },
  31902: {
    cause: "the stream's address refused the connection",
    fix: "check that the proxy or tunnel listens on the port of PUBLIC_URL and passes it on here",
  },
  31903: {
    cause: "the connection broke without a WebSocket close",
    fix: "look for an idle time-out of the proxy or load balancer (raise it over 60 s), a restart, or a crash",
  },
  31904: { cause: "the stream's host could not be reached", fix: "PUBLIC_URL must name a public host, not a private address" },
  31910: {
    cause: "the TLS handshake failed",
    fix: "serve a certificate of a public authority, with its intermediates, on the port of PUBLIC_URL; self-signed ones are refused",
  },
  31920: {
    cause: "the answer to the WebSocket handshake was not 101",
    fix: "let the proxy pass upgrades on /twilio/realtime (HTTP/1.1, Upgrade and Connection headers), without redirects or logins",
  },
  31921: { cause: "this server closed the stream", fix: "the log lines of this CallSid say why; after a planned end it is no error" },
  31922: { cause: "the stream's URL is not wss", fix: "set PUBLIC_URL to the https address under which Twilio reaches this server" },
  31923: { cause: "the stream's URL is malformed", fix: "check PUBLIC_URL" },
  31924: {
    cause: "a WebSocket frame broke the protocol",
    fix: "turn off whatever changes WebSocket frames between Twilio and this server: compression, inspection, re-framing",
  },
  31930: { cause: "Twilio's buffer overflowed: audio was read too slowly", fix: "give this host more processor time or network" },
  31931: { cause: "over ten minutes of unplayed audio were sent, and the rest discarded", fix: "ask the model for shorter answers" },
  31941: { cause: "the stream's track is not taken", fix: "<Connect><Stream> takes inbound_track only: leave the attribute out" },
  31950: { cause: "a message was malformed", fix: "this is a fault of voice: please report it with this call's log" },
  31951: { cause: "a message was not understood", fix: "this is a fault of voice: please report it with this call's log" },
};

const unknown: StreamErrorAdvice = { cause: "not a code that voice knows", fix: "look it up at https://www.twilio.com/docs/api/errors" };

/** Advice for `StreamError`, which holds a code, alone or before other text. */
export function adviseStreamError(streamError: string): StreamErrorAdvice & { readonly code: string } {
  const code = /\b3[0-9]{4}\b/.exec(streamError)?.[0] ?? "";
  return { code, ...(advice[code] ?? unknown) };
}
