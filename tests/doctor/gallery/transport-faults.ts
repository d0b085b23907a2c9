// Servers that break the WebSocket under an open stream: bytes that are no frames, compressed ones, and floods.
// Follows RFC 6455 section 5 and https://www.twilio.com/docs/api/errors/31924

import { constants, deflateRawSync } from "node:zlib";
import { encodeFrame, encodeText } from "../../../src/protocol/websocket/frames.ts";
import { agent } from "./agent.ts";
import { type Exhibit, withTwilioError } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";

/** Audio in frames that a server must not send. */
const broken = (name: string, cause: string, frame: (text: string) => Uint8Array): Exhibit => ({
  name: `frames: ${name}`,
  cause: cause,
  open: nodeServer(({ clock }) => ({ stream: (socket) => agent(clock)({ ...socket, text: (text) => socket.raw?.(frame(text)) }) })),
});

/** A text frame of permessage-deflate: RSV1, and no last four bytes (RFC 7692 sections 6 and 7.2.1). */
function deflated(text: string): Uint8Array {
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  return encodeFrame({ opcode: "text", payload }, undefined).map((byte, at) => (at === 0 ? byte | 0x40 : byte));
}

/** Writes text that is not in a frame after so many media messages, and ends the connection. */
const writes = (what: string, cause: string, afterMedia: number, text: string): Exhibit => ({
  name: `frames: ${what} inside the WebSocket`,
  cause: cause,
  open: nodeServer(({ clock }) => ({
    stream: (socket) => {
      let count = 0;
      return agent(clock, {
        before({ event }) {
          if (event === "media") count += 1;
          if (count < afterMedia || event === "connected") return false;
          socket.raw?.(Buffer.from(text));
          socket.close(1000, "");
          return true;
        },
      })(socket);
    },
  })),
});

const breaches: readonly Exhibit[] = [
  broken("masked by the server", "stream-protocol-error", (text) => encodeText(text, Uint8Array.of(1, 2, 3, 4))),
  broken("compressed, and nothing was said about it", "stream-compressed", deflated),
  {
    name: "frames: compressed, as the 101 says without an offer",
    cause: "stream-compressed",
    open: nodeServer(({ clock }) => ({
      handshake: () => ({ open: true, headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } }),
      stream: (socket) => agent(clock)({ ...socket, text: (text) => socket.raw?.(deflated(text)) }),
    })),
  },
  writes(
    "an HTTP response, when the handler returns after some audio",
    "stream-http-response",
    100,
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  ),
  writes("a second 101", "stream-http-response", 0, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
  writes("an error page", "stream-http-response", 20, "HTTP/1.0 500 INTERNAL SERVER ERROR\r\nContent-Type: text/html\r\n\r\n<h1>"),
  writes("the last chunk of an HTTP body", "stream-protocol-error", 50, "0\r\n\r\n"),
];

const floods: readonly Exhibit[] = [
  withTwilioError("nothing", {
    name: "flood: a loop that sends pings without waiting",
    cause: "stream-flood",
    open: nodeServer(({ clock }) => ({
      stream: (socket) => {
        const pings = Buffer.alloc(2 * 60_000, Uint8Array.of(0x89, 0));
        return agent(clock, {
          before({ event }) {
            if (event === "start") socket.raw?.(pings);
            return false;
          },
        })(socket);
      },
    })),
  }),
  withTwilioError("nothing", {
    name: "flood: one message of nine megabytes",
    cause: "stream-flood",
    open: nodeServer(() => ({
      stream: (socket) => {
        socket.text(" ".repeat(9_000_000));
        return { text: () => {}, closed: () => {} };
      },
    })),
  }),
];

export const transportFaults: readonly Exhibit[] = [...breaches, ...floods];
