// How the faults of a stream are mended in the usual stacks, where that differs. Data, and its addition to what the checks find. For everybody: causes-stream.ts.
// Follows the documentation of each: https://github.com/websockets/ws, https://fastify.dev, https://fastapi.tiangolo.com, https://hono.dev

import type { DoctorCheck, Fix } from "../evidence/evidence.ts";
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

const MENDS: Partial<Readonly<Record<CauseCode, Stacks>>> = {
  "start-closes": {
    "express-ws": 'Log ws.on("close") and ws.on("error") of both sockets, and open the model\'s socket only when start has come.',
    fastapi:
      "Wrap the endpoint's body in try/except and log: an exception in it closes the socket, with 1011 or without a close. Await websocket.accept() first.",
  },
  "stream-closes-on-media": {
    "express-ws": "Catch and log what the message listener throws: an exception in it ends the process, or the socket.",
    fastapi: "Catch and log in the receiving loop, and wait for the model's socket before audio is sent to it.",
  },
  "start-crashes-on-unknown-field": {
    "express-ws": "switch on event with a default that does nothing.",
    fastapi: 'Pydantic: model_config = ConfigDict(extra="ignore"); match event with a case _ that does nothing.',
  },
  "media-binary": texts,
  "media-not-json": texts,
  "media-unknown-event": texts,
  "media-extra-field": texts,
  "media-stream-sid": globals,
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
  "stop-stays-open": {
    "express-ws": "On stop, and on the socket's close: model.close(); ws.close().",
    fastapi: "On stop: await websocket.close(), and cancel the task that reads from the model; catch WebSocketDisconnect.",
  },
  "concurrency-shared": globals,
  "concurrency-dies": globals,
};

/** Adds to what checks find how it is mended, unless they say so themselves. */
export function withStackFixes(checks: readonly DoctorCheck[]): readonly DoctorCheck[] {
  return checks.map((check) => ({
    ...check,
    judge(evidence) {
      const judged = check.judge(evidence);
      const stacks = judged.cause === undefined ? undefined : MENDS[judged.cause];
      if (judged.cause === undefined || stacks === undefined || judged.fix !== undefined) return judged;
      return { ...judged, fix: { text: CAUSES[judged.cause].fix, stacks } };
    },
  }));
}
