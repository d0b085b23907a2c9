// Causes in the bytes of an open stream, below its messages.
// Follows RFC 6455 section 5, and https://www.twilio.com/docs/api/errors/31924 and /31903

import { type Cause, LINE_DROPS } from "./cause.ts";

/** A stream that ends. */
const ended = (fields: Pick<Cause, "twilioError" | "why" | "fix"> & Partial<Cause>): Cause => ({
  stage: "start",
  callerHears: LINE_DROPS,
  ...fields,
});

export const TRANSPORT_CAUSES = {
  "stream-protocol-error": ended({
    twilioError: 31924,
    why: "the server breaks the WebSocket protocol",
    fix: "let a WebSocket library write the frames, and keep proxies from changing them",
  }),
  "stream-http-response": ended({
    twilioError: 31924,
    why: "the server writes an HTTP response into the open WebSocket",
    fix: "keep the handler running until the stream ends, and run the app on a server that knows of the upgrade (an ASGI server, gevent-websocket, gunicorn --threads with flask-sock)",
  }),
  "stream-compressed": ended({
    twilioError: 31924,
    why: "the server compresses its frames, and no compression (permessage-deflate) was negotiated",
    fix: "turn permessage-deflate off for this path, in the server and in every proxy that answers the handshake",
    stacks: {
      "express-ws": "new WebSocketServer({ perMessageDeflate: false }): the default of ws 8.",
      fastapi: "uvicorn --ws-per-message-deflate false.",
      "hono-bun": "Bun.serve({ websocket: { perMessageDeflate: false } }): the default.",
    },
  }),
  "stream-flood": ended({
    twilioError: undefined,
    stage: "media",
    callerHears: "nothing certain: no telephone line takes this much, and the test ended the stream",
    why: "the server sends far more than a call can use",
    fix: "send each message once and each piece of audio once, and look for a loop that sends without waiting",
  }),
  "stream-dropped": ended({
    twilioError: 31903,
    why: "the connection breaks without a close",
    fix: "look at the server's log for a crash, and at the proxy's idle timeout",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
