// Causes in the WebSocket handshake.
// Follows RFC 6455 section 4 and https://www.twilio.com/docs/api/errors/31920

import { type Cause, LINE_DROPS } from "./cause.ts";

const handshake = (cause: Pick<Cause, "why" | "fix"> & Partial<Cause>): Cause => ({
  stage: "handshake",
  twilioError: 31920,
  callerHears: LINE_DROPS,
  ...cause,
});

const subprotocols: Cause["stacks"] = {
  "express-ws": "Remove any handleProtocols that rejects, and any check of req.headers['sec-websocket-protocol'].",
  fastify: "options: { handleProtocols } that returns false when nothing is offered.",
  fastapi: "await ws.accept(), without subprotocol=.",
  flask: "Sock without subprotocols in SOCK_SERVER_OPTIONS.",
  "hono-bun": "No Sec-WebSocket-Protocol among the headers of server.upgrade.",
};

/**
 * ASGI servers refuse with an empty 403 what the app closes before it accepts, and Starlette's router closes what no
 * route has (https://asgi.readthedocs.io/en/latest/specs/www.html#close-send-event).
 */
export const ASGI_403_FIX =
  "compare the path in the TwiML with the path of @app.websocket: Starlette and FastAPI answer 403, not 404, where no route has it; they also do so where the app calls close() or raises before accept()";

export const HANDSHAKE_CAUSES = {
  "handshake-status": handshake({
    why: "the server rejects the WebSocket handshake",
    fix: "look at the server's log for this request",
  }),
  "handshake-forbidden": handshake({
    why: "the server refuses the WebSocket handshake with 401 or 403",
    fix: "accept the handshake with what Twilio sends (no cookie, no Authorization, no Origin, no query), and check a token in start.customParameters or the path",
    stacks: { fastapi: `${ASGI_403_FIX}.` },
  }),
  "handshake-login-required": handshake({
    why: "the stream requires a login, and Twilio cannot log in",
    fix: "exempt the stream's path from it, and check a token in start.customParameters or the path",
  }),
  "handshake-blocked": handshake({
    why: "a firewall, a bot check or a rate limit blocks the handshake before the app sees it",
    fix: "let requests to the stream's path through, whatever their User-Agent and address",
  }),
  "handshake-host-rejected": handshake({
    why: "the framework does not accept the Host of the handshake",
    fix: "add the public host to the framework's allowed hosts",
  }),
  "handshake-tunnel-offline": handshake({
    why: "the tunnel answers, but its other end is not connected",
    fix: "start the tunnel again, and write the address that it prints into the TwiML",
  }),
  "handshake-no-app": handshake({
    why: "the platform has no running app at the stream's host",
    fix: "deploy or start the app, and write its own address into the TwiML",
  }),
  "handshake-signature-rejected": handshake({
    why: "the server rejects the signature of the WebSocket handshake",
    fix: "check it against the wss:// URL of the TwiML, without parameters",
  }),
  "handshake-not-found": handshake({
    why: "there is no WebSocket at the stream's path",
    fix: "correct the path in the TwiML, or the route; a proxy may strip a prefix",
  }),
  "handshake-gateway": handshake({
    why: "the proxy finds no server behind it for the WebSocket",
    fix: "make the proxy forward WebSockets to the port and the address family on which the server listens",
  }),
  "handshake-timeout": handshake({
    twilioError: 31901,
    why: "the server does not answer the WebSocket handshake",
    fix: "answer it at once and do slow work afterwards; check the proxy",
  }),
  "handshake-closed": handshake({
    why: "the server closes the connection without answering the handshake",
    fix: "look at the server's log, and at what the proxy does with Upgrade",
  }),
  "handshake-not-http": handshake({
    why: "the server at the stream's address does not speak HTTP/1.1",
    fix: "make the proxy speak HTTP/1.1 at this address: Twilio does not open WebSockets over HTTP/2",
  }),
  "handshake-cold-start": handshake({
    why: "the server rejects the first handshake and accepts a later one: it was not awake yet",
    fix: "keep an instance running (minimum instances 1), and answer the webhook only when streams are accepted",
  }),
  "handshake-subprotocol-required": handshake({
    why: "the server requires a subprotocol, and Twilio offers none",
    fix: "accept handshakes without Sec-WebSocket-Protocol, and answer none",
    stacks: subprotocols,
  }),
  "handshake-subprotocol-unsolicited": handshake({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation; a stricter client would reject the stream",
    why: "the server answers with a subprotocol that was not offered (RFC 6455 section 4.1)",
    fix: "answer Sec-WebSocket-Protocol only when it was offered",
    stacks: subprotocols,
  }),
  "handshake-subprotocol-rejected": handshake({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation; if Twilio offers you audio.twilio.com, a moment of silence, then the line drops",
    why: "the server rejects or closes the stream when audio.twilio.com is offered. Captures of Twilio show no offer, and some guides insist on one: if Twilio offers it to you, every call fails",
    fix: "accept the handshake whether or not a subprotocol is offered, and choose audio.twilio.com, or none, when it is",
    stacks: subprotocols,
  }),
  "handshake-subprotocol-two": handshake({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation; if Twilio offers you audio.twilio.com, a moment of silence, then the line drops",
    why: "the server chooses more than one subprotocol, which ends the connection where one is offered (RFC 6455 section 11.3.4)",
    fix: "choose one of those offered, or none",
    stacks: subprotocols,
  }),
  "handshake-subprotocol-misspelt": handshake({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation; if Twilio offers you audio.twilio.com, a moment of silence, then the line drops",
    why: "the server misspells the subprotocol that it chooses",
    fix: "choose the name that was offered, audio.twilio.com, letter by letter, or none",
    stacks: subprotocols,
  }),
  "handshake-subprotocol-wrong": handshake({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation; a client that offers subprotocols would reject the stream",
    why: "the server chooses a subprotocol that is not among those offered (RFC 6455 section 4.1)",
    fix: "choose one of those offered, or none",
    stacks: subprotocols,
  }),
  "handshake-accept-mismatch": handshake({
    why: "the Sec-WebSocket-Accept does not match the key",
    fix: "let a WebSocket library compute it, and no cache answer the handshake",
  }),
  "handshake-header-repeated": handshake({
    why: "the 101 has a header of the handshake twice: two layers answer it",
    fix: "let one layer write the 101: add no Upgrade, Connection or Sec-WebSocket headers to the WebSocket library's own, neither in the server nor in the proxy",
    stacks: {
      "express-ws":
        "Remove what adds Upgrade or Connection in wss.on('headers', ...), or writes to the socket in server.on('upgrade', ...).",
      fastapi: "await ws.accept() without these in headers=.",
      "hono-bun": "server.upgrade(request) without these in headers.",
    },
  }),
  "handshake-header-missing": handshake({
    why: "the 101 lacks a header of the handshake",
    fix: "answer Upgrade: websocket, Connection: Upgrade and Sec-WebSocket-Accept, and keep the proxy from removing them",
  }),
  "handshake-http-version": handshake({
    why: "the 101 is of HTTP/1.0, and a WebSocket needs HTTP/1.1",
    fix: "make server and proxy speak HTTP/1.1 (nginx: proxy_http_version 1.1; Python's http.server: protocol_version = 'HTTP/1.1')",
  }),
  "handshake-origin-required": handshake({
    why: "the server requires an Origin, and Twilio sends none",
    fix: "accept handshakes without Origin on this path: the check protects browsers, and Twilio is not a browser",
  }),
  "handshake-redirect": handshake({
    why: "the server redirects the WebSocket, and Twilio does not follow redirects",
    fix: "write the final wss:// URL into the TwiML",
  }),
  "handshake-extension-unsolicited": handshake({
    twilioError: 31924,
    callerHears: "a conversation, or noise and a dropped line as soon as a frame is compressed",
    why: "the server answers with an extension that was not offered (RFC 6455 section 9.1)",
    fix: "turn permessage-deflate off, or answer it only when it was offered",
  }),
  "handshake-no-upgrade": handshake({
    why: "the path answers as plain HTTP and does not upgrade",
    fix: "install WebSocket support (uvicorn[standard], ws, express-ws), register the route with it, and make the proxy forward Upgrade and Connection",
    stacks: {
      "express-ws":
        "Call expressWs(app) before the routes, use app.ws(path, ...), and listen with that same app; or new WebSocketServer({ server, path }).",
      fastify: "await app.register(websocket) before the routes, and { websocket: true } on the route.",
      fastapi: "pip install 'uvicorn[standard]' (or websockets), and @app.websocket(path) with await ws.accept().",
      flask: "flask-sock's @sock.route(path), behind a server that passes the socket on (gunicorn --threads, not a WSGI proxy).",
      "hono-bun": "upgradeWebSocket of hono/bun on the route, and export { fetch, websocket } to Bun.serve.",
    },
  }),
  "handshake-slow": handshake({
    twilioError: undefined,
    callerHears: "seconds of silence",
    why: "the handshake takes seconds",
    fix: "answer it at once, and connect to the model while the phone rings",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
