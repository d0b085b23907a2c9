// Chooses the WebSocket subprotocol that a server answers with. The handshake's other fields: handshake.ts.
// Follows RFC 6455 sections 4.2.2 and 11.3.4; header lists as in RFC 9110 section 5.6.1, tokens as in 5.6.2.

/**
 * Many guides say that Twilio offers this. Captures of its handshake show no offer, but a client that does offer it
 * gets it.
 */
const TWILIO_SUBPROTOCOL = "audio.twilio.com";

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The names in a Sec-WebSocket-Protocol value, in order, without empty elements and names that are not tokens. */
export function offeredSubprotocols(header: string | undefined): readonly string[] {
  return (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => tokenPattern.test(name));
}

/**
 * The subprotocol to answer with, from a Sec-WebSocket-Protocol value (several headers joined by commas). None offered:
 * undefined, because a client must fail on one that it did not offer. `audio.twilio.com` offered: that. Otherwise the
 * first, because browsers and `ws` fail when they offer some and get none.
 */
export function chooseSubprotocol(header: string | undefined): string | undefined {
  const offered = offeredSubprotocols(header);
  return offered.find((name) => name === TWILIO_SUBPROTOCOL) ?? offered[0];
}
