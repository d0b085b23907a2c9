// How each usual stack fixes a cause, where that differs from stack to stack. The fix for everybody is the cause's own, in causes.ts.
// Follows the documentation of each: https://github.com/websockets/ws, https://fastify.dev, https://fastapi.tiangolo.com, https://hono.dev

import type { Fix } from "../evidence/evidence.ts";
import type { CauseCode } from "./causes.ts";
import { CAUSES } from "./causes.ts";

type Stacks = NonNullable<Fix["stacks"]>;

const formats: Stacks = {
  "express-ws":
    'In session.update: audio.output.format {type: "audio/pcmu"}; pass response.output_audio.delta on as payload, as it is. From another source: resample to 8,000 Hz, then mu-law, then Buffer.toString("base64").',
  fastapi:
    'In session.update: audio.output.format {"type": "audio/pcmu"}; pass the delta on as payload, as it is. From PCM16 of 24 kHz: audioop (Python 3.13: the package audioop-lts): audioop.ratecv(pcm, 2, 1, 24000, 8000, None), then audioop.lin2ulaw(pcm, 2), then base64.b64encode.',
};

const texts: Stacks = {
  "express-ws": 'ws.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not a Buffer.',
  fastify: 'socket.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not a Buffer.',
  fastapi:
    'await websocket.send_json({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}): send_json or send_text, not send_bytes.',
  flask:
    'ws.send(json.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})): a str, not bytes, and json.dumps, not str().',
  "hono-bun": 'ws.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not an ArrayBuffer.',
};

const globals: Stacks = {
  "express-ws": 'Declare streamSid and the model\'s socket inside of wss.on("connection", (ws) => { ... }).',
  fastify: "Declare streamSid and the model's socket inside of the websocket route's function.",
  fastapi:
    "Keep stream_sid and the model's socket as locals of the endpoint's coroutine, and nonlocal in its inner functions; no module globals.",
  flask: "Keep state as locals of the @sock.route function; with gunicorn, threads enough for every call (--threads 100).",
  "hono-bun": "Keep state in ws.data or in the closure that upgradeWebSocket calls for each connection.",
};

const subprotocols: Stacks = {
  "express-ws": "Remove any handleProtocols that rejects, and any check of req.headers['sec-websocket-protocol'].",
  fastify: "options: { handleProtocols } that returns false when nothing is offered.",
  fastapi: "await ws.accept(), without subprotocol=.",
  flask: "Sock without subprotocols in SOCK_SERVER_OPTIONS.",
  "hono-bun": "No Sec-WebSocket-Protocol among the headers of server.upgrade.",
};

const STACK_FIXES: Partial<Readonly<Record<CauseCode, Stacks>>> = {
  "webhook-signature-rejected": {
    "express-ws": "twilio.webhook({ protocol: 'https', host: PUBLIC_HOST }), or app.set('trust proxy', true).",
    fastify: "Fastify({ trustProxy: true }), and validateRequest with the public URL.",
    fastapi: "RequestValidator.validate(PUBLIC_URL + path, form, header), or uvicorn --proxy-headers --forwarded-allow-ips='*'.",
    flask: "ProxyFix(app.wsgi_app, x_proto=1, x_host=1).",
    "hono-bun": "validateRequest(token, header, PUBLIC_URL + path, form): behind a proxy, c.req.url is not the public URL.",
  },
  "handshake-no-upgrade": {
    "express-ws":
      "Call expressWs(app) before the routes, use app.ws(path, ...), and listen with that same app; or new WebSocketServer({ server, path }).",
    fastify: "await app.register(websocket) before the routes, and { websocket: true } on the route.",
    fastapi: "pip install 'uvicorn[standard]' (or websockets), and @app.websocket(path) with await ws.accept().",
    flask: "flask-sock's @sock.route(path), behind a server that passes the socket on (gunicorn --threads, not a WSGI proxy).",
    "hono-bun": "upgradeWebSocket of hono/bun on the route, and export { fetch, websocket } to Bun.serve.",
  },
  "handshake-subprotocol-required": subprotocols,
  "handshake-subprotocol-unsolicited": subprotocols,
  "handshake-subprotocol-wrong": subprotocols,
  "stream-closes-on-start": {
    "express-ws": 'Log ws.on("close") and ws.on("error") of both sockets, and open the model\'s socket only when start has come.',
    fastapi:
      "Wrap the endpoint's body in try/except and log: an exception in it closes the socket, with 1011 or without a close. Await websocket.accept() first.",
  },
  "stream-silent": {
    "express-ws":
      "Open the model's socket when the caller's start message arrives, keep streamSid beside it, and log its error and close events.",
    fastapi: "Run both directions at once (asyncio.gather): a loop that only awaits websocket.receive_text() never sends.",
  },
  "stream-closes-on-media": {
    "express-ws": "Catch and log what the message listener throws: an exception in it ends the process, or the socket.",
    fastapi: "Catch and log in the receiving loop, and wait for the model's socket before audio is sent to it.",
  },
  "stream-closes-on-unknown-message": {
    "express-ws": "switch on event with a default that does nothing.",
    fastapi: 'Pydantic: model_config = ConfigDict(extra="ignore"); match event with a case _ that does nothing.',
  },
  "media-binary": texts,
  "media-not-json": texts,
  "media-unknown-event": texts,
  "media-wrong-fields": texts,
  "media-wrong-stream-sid": globals,
  "media-not-base64": {
    "express-ws": 'Buffer.from(bytes).toString("base64")',
    fastapi: 'base64.b64encode(data).decode("ascii"): not urlsafe_b64encode, not encodebytes (it breaks lines), not str(data).',
  },
  "media-pcm16": formats,
  "media-alaw": formats,
  "media-wrong-rate": formats,
  "media-noise": formats,
  "media-wav-header": {
    "express-ws":
      "Ask for raw audio (OpenAI's speech endpoint: response_format pcm; others: ulaw_8000), or cut the header off: what follows the data chunk's length.",
    fastapi: "Read frames with the wave module (wave.open(...).readframes) in place of the file's bytes, then resample and encode.",
  },
  "media-stutter": {
    "express-ws": "No setInterval: it falls behind. Twilio buffers: send each delta as it comes.",
    fastapi: "No asyncio.sleep(0.02) between frames: it falls behind. Twilio buffers: send each delta as it comes.",
  },
  "interrupt-no-clear": {
    "express-ws":
      'On input_audio_buffer.speech_started: ws.send(JSON.stringify({event: "clear", streamSid})), and conversation.item.truncate at what marks say was heard.',
    fastapi:
      'On input_audio_buffer.speech_started: await websocket.send_json({"event": "clear", "streamSid": stream_sid}), and conversation.item.truncate at what marks say was heard.',
  },
  "stream-open-after-stop": {
    "express-ws": "On stop, and on the socket's close: model.close(); ws.close().",
    fastapi: "On stop: await websocket.close(), and cancel the task that reads from the model; catch WebSocketDisconnect.",
  },
  "concurrency-shared-state": globals,
  "concurrency-call-fails": globals,
};

/** For a webhook that rejects the request's body: it expects something other than a form, or a browser's CSRF token. */
export const FORM_FIX: Fix = {
  text: "read the body as a form (application/x-www-form-urlencoded), and exempt the path from CSRF protection and JSON validation",
  stacks: {
    "express-ws": "app.use(express.urlencoded({ extended: false })).",
    fastify: "Register @fastify/formbody.",
    fastapi: "form = await request.form(), with python-multipart installed, instead of a pydantic body.",
    flask: "request.form, not request.get_json(); with Flask-WTF, @csrf.exempt.",
    "hono-bun": "await c.req.parseBody(), not c.req.json().",
  },
};

/** The fix for everybody, and each stack's own where it differs. */
export function fixFor(cause: CauseCode): Fix {
  const stacks = STACK_FIXES[cause];
  return { text: CAUSES[cause].fix, ...(stacks === undefined ? {} : { stacks }) };
}
