// Which WebSocket subprotocol a server answers with. Not the handshake's other fields (websocket-handshake.ts).
// Follows RFC 6455 sections 4.2.2 and 11.3.4; header lists as in RFC 9110 section 5.6.1, tokens as in 5.6.2.

/** What many programs and guides hold Twilio to offer. Live captures show that it offers none; whoever offers it gets it. */
export const TWILIO_SUBPROTOCOL = "audio.twilio.com";

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Splits a Sec-WebSocket-Protocol value into the names offered, in order; empty elements and whatever is no token are left out. */
export function offeredSubprotocols(header: string | undefined): readonly string[] {
  return (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => tokenPattern.test(name));
}

/**
 * Chooses the one subprotocol to answer with, spelled as it was offered, from a Sec-WebSocket-Protocol value (several headers joined by commas).
 * None offered: undefined, for a client must fail on one that it did not offer. `audio.twilio.com` among them: that. Else the first, for
 * browsers and `ws` fail when they offered and none comes back.
 */
export function chooseSubprotocol(header: string | undefined): string | undefined {
  const offered = offeredSubprotocols(header);
  return offered.find((name) => name === TWILIO_SUBPROTOCOL) ?? offered[0];
}
