// Causes in the stream itself: its start, its end, and the audio that the server sends.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages and
// https://www.twilio.com/docs/api/errors (319xx). The fixes by stack follow the documentation of each:
// https://github.com/websockets/ws, https://fastify.dev, https://fastapi.tiangolo.com, https://hono.dev

import { type Cause, LINE_DROPS } from "./cause.ts";

const cause = (fields: Omit<Cause, "twilioError"> & Partial<Cause>): Cause => ({ twilioError: undefined, ...fields });

/** A stream that the server ends. */
const ended = (fields: Pick<Cause, "stage" | "why" | "fix"> & Partial<Cause>): Cause => ({
  twilioError: 31921,
  callerHears: LINE_DROPS,
  ...fields,
});

/** Messages that Twilio ignores. */
const ignored = (fields: Pick<Cause, "why" | "fix"> & Partial<Cause>): Cause => ({
  stage: "media",
  twilioError: 31951,
  callerHears: "silence, until the caller hangs up",
  ...fields,
});

const sendMulaw = "send raw mu-law at 8,000 Hz, base64, without a header: ask the model for audio/pcmu, and convert nothing";
const sendJson = "send JSON text frames: {event: media, streamSid, media: {payload}}";

const formats: Cause["stacks"] = {
  "express-ws":
    'In session.update: audio.output.format {type: "audio/pcmu"}; pass response.output_audio.delta on unchanged as payload. From another source: resample to 8,000 Hz, then mu-law, then Buffer.toString("base64").',
  fastapi:
    'In session.update: audio.output.format {"type": "audio/pcmu"}; pass the delta on unchanged as payload. From PCM16 at 24 kHz: audioop (Python 3.13: the package audioop-lts): audioop.ratecv(pcm, 2, 1, 24000, 8000, None), then audioop.lin2ulaw(pcm, 2), then base64.b64encode.',
};

const texts: Cause["stacks"] = {
  "express-ws": 'ws.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not a Buffer.',
  fastify: 'socket.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not a Buffer.',
  fastapi:
    'await websocket.send_json({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}): send_json or send_text, not send_bytes.',
  flask:
    'ws.send(json.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})): a str, not bytes, and json.dumps, not str().',
  "hono-bun": 'ws.send(JSON.stringify({event: "media", streamSid, media: {payload}})): a string, not an ArrayBuffer.',
};

/** Where to keep the state of a call. */
export const LOCALS: NonNullable<Cause["stacks"]> = {
  "express-ws": 'Declare streamSid and the model\'s socket inside wss.on("connection", (ws) => { ... }).',
  fastify: "Declare streamSid and the model's socket inside the websocket route's function.",
  fastapi:
    "Keep stream_sid and the model's socket as locals of the endpoint's coroutine, nonlocal in its inner functions, not as module globals.",
  flask: "Keep state in locals of the @sock.route function; with gunicorn, use enough threads for every call (--threads 100).",
  "hono-bun": "Keep state in ws.data, or in the closure that upgradeWebSocket calls for each connection.",
};

export const STREAM_CAUSES = {
  "stream-closes-on-start": ended({
    stage: "start",
    why: "the server closes the stream when it starts",
    fix: "look at the server's log: it lacks a key or a parameter, or throws on connected or start",
    stacks: {
      "express-ws": 'Log ws.on("close") and ws.on("error") of both sockets, and open the model\'s socket only after start.',
      fastapi:
        "Wrap the endpoint's body in try/except and log: an exception in it closes the socket, with 1011 or without a close. Await websocket.accept() first.",
    },
  }),
  "stream-cold-start": ended({
    stage: "start",
    why: "the server was not ready: it ended the first stream, and kept the same stream open seconds later",
    fix: "keep an instance running (minimum instances 1), and answer the webhook only when the server is ready for streams",
  }),
  "stream-closes-on-unknown-message": ended({
    stage: "start",
    why: "the server ends the stream on a message or field that it does not know",
    fix: "ignore unknown events and fields: Twilio adds them without notice",
    stacks: {
      "express-ws": "switch on event with a default that does nothing.",
      fastapi: 'Pydantic: model_config = ConfigDict(extra="ignore"); match event with a case _ that does nothing.',
    },
  }),
  "stream-closes-on-media": ended({
    stage: "media",
    why: "the server ends the stream while audio arrives",
    fix: "look at the server's log of that moment: it throws on media, or what it passes the audio to (the model, speech recognition) failed",
    stacks: {
      "express-ws": "Catch and log what the message listener throws: an exception in it ends the process, or the socket.",
      fastapi: "Catch and log in the receiving loop, and wait for the model's socket before sending audio to it.",
    },
  }),
  "stream-closes-on-dtmf": ended({
    stage: "media",
    why: "the server ends the stream when the caller presses a key",
    fix: "accept every message of Media Streams: connected, start, media, dtmf, mark, stop",
  }),
  "mark-drops-stream": ended({
    stage: "hangup",
    why: "the server ends the stream when Twilio returns a mark",
    fix: "accept marks whenever they return; after a clear, all of them at once",
  }),
  "stream-blocked": cause({
    stage: "reply",
    callerHears: "silence, until the caller hangs up",
    why: "the server no longer reads the stream: it answers no WebSocket ping",
    fix: "find what blocks the event loop or the stream's thread: a synchronous request or sleep in a handler, or a wait for a message before the loop that reads",
  }),
  "stream-silent": cause({
    stage: "reply",
    callerHears: "silence, until the caller hangs up",
    why: "the server receives the caller's audio and sends none",
    fix: "look in the server's log for a missing API key, an audio format that the model rejected, a response.done with status failed, a model session that starts before streamSid is known, or names of the beta: OpenAI refuses the header OpenAI-Beta since May 2026, and response.audio.delta is now response.output_audio.delta",
    stacks: {
      "express-ws":
        "Open the model's socket when the caller's start message arrives, keep streamSid beside it, and log its error and close events.",
      fastapi: "Run both directions at once (asyncio.gather): a loop that only awaits websocket.receive_text() never sends.",
    },
  }),
  "media-binary": ignored({
    twilioError: 31950,
    why: "the server sends binary frames, which Twilio ignores",
    fix: sendJson,
    stacks: texts,
  }),
  "media-not-json": ignored({
    why: "the server sends text that is not JSON, which Twilio ignores",
    fix: sendJson,
    stacks: texts,
  }),
  "media-unknown-event": ignored({
    why: "the server sends events that Twilio does not know and ignores",
    fix: "send only media, mark and clear",
    stacks: texts,
  }),
  "media-wrong-stream-sid": ignored({
    why: "the server's messages lack the stream's streamSid, so Twilio ignores them",
    fix: "take streamSid from start, keep it with the connection, and put it into every message",
    stacks: LOCALS,
  }),
  "media-wrong-fields": ignored({
    why: "the server's media messages have no media.payload, so Twilio ignores them",
    fix: "send exactly {event, streamSid, media: {payload}}",
    stacks: texts,
  }),
  "media-extra-fields": cause({
    stage: "media",
    harm: "risk",
    twilioError: 31951,
    callerHears: "a conversation",
    why: "the server's media messages have fields too many, which Twilio lists among the causes of its error 31951",
    fix: "send exactly {event, streamSid, media: {payload}}",
  }),
  "media-json-twice": ignored({
    why: "the server's messages are JSON within JSON, which Twilio ignores",
    fix: "serialize each message once: JSON.stringify or json.dumps of the whole object, and send that text",
    stacks: {
      "express-ws": "ws.send(JSON.stringify(message)), where message is an object and not a string.",
      fastapi: "await websocket.send_json(message) with a dict, or send_text(json.dumps(message)), not send_json(json.dumps(message)).",
      flask: "ws.send(json.dumps(message)), once.",
    },
  }),
  "media-python-bytes": ignored({
    why: "the payload is Python's text of bytes, b'...', so Twilio ignores it",
    fix: 'decode the bytes of base64 into text: base64.b64encode(data).decode("ascii"), not str(...) or an f-string of bytes',
  }),
  "media-data-url": ignored({
    why: "the payload is a data: URL, so Twilio ignores it",
    fix: "send only what follows the comma of the data: URL",
  }),
  "media-base64url": ignored({
    why: "the payload is URL-safe base64, with - and _, so Twilio ignores it",
    fix: "encode in standard base64, with + and /",
    stacks: {
      "express-ws": 'Buffer.from(bytes).toString("base64"), not "base64url".',
      fastapi: 'base64.b64encode(data).decode("ascii"), not urlsafe_b64encode.',
    },
  }),
  "media-unpadded": ignored({
    why: "the payload is base64 without its padding, so Twilio ignores it",
    fix: "keep the = at the end of base64: its length is a multiple of 4",
  }),
  "media-payload-object": ignored({
    why: "the payload is an object, a list or the text of one, not base64, so Twilio ignores it",
    fix: "turn the bytes into base64 text before the message becomes JSON",
    stacks: {
      "express-ws": 'payload: Buffer.from(bytes).toString("base64"). A Buffer in JSON.stringify becomes {"type":"Buffer","data":[...]}.',
      fastapi: 'payload = base64.b64encode(data).decode("ascii"): not list(data), not str(data).',
      "hono-bun": 'payload: Buffer.from(bytes).toString("base64"), or bytes.toBase64().',
    },
  }),
  "media-hex": cause({
    stage: "media",
    callerHears: "loud noise instead of a voice",
    why: "the payload is hexadecimal, which Twilio decodes as base64",
    fix: "encode the bytes in base64",
    stacks: { "express-ws": 'Buffer.from(bytes).toString("base64"), not "hex".', fastapi: "base64.b64encode(data), not data.hex()." },
  }),
  "media-base64-twice": cause({
    stage: "media",
    callerHears: "loud noise instead of a voice",
    why: "the payload is base64 of text, most likely of base64",
    fix: "do not encode the model's delta again: it is base64 already, and the payload as it is",
  }),
  "media-empty": cause({
    stage: "media",
    callerHears: "silence, until the caller hangs up",
    why: "the server's media messages are empty",
    fix: "log the length of what is sent: the converter or the model returned nothing, or the wrong field is read (response.output_audio.delta has delta)",
  }),
  "media-compressed": cause({
    stage: "media",
    callerHears: "loud noise instead of a voice",
    why: "the audio is compressed (MP3, AAC, Opus, ...)",
    fix: "ask the voice service for mu-law at 8,000 Hz (ulaw_8000, audio/pcmu), or decode and convert",
    stacks: formats,
  }),
  "mark-malformed": ignored({
    callerHears: "a conversation, as far as the server does not wait for the mark",
    why: "the server's marks are malformed, so Twilio ignores them and returns none",
    fix: "send exactly {event: mark, streamSid, mark: {name}}, with a name that is text",
  }),
  "clear-malformed": ignored({
    stage: "interrupt",
    callerHears: "the agent talking over the caller",
    why: "the server's clear is malformed, so Twilio ignores it and plays what it has buffered",
    fix: "send exactly {event: clear, streamSid}, without any other field",
  }),
  "media-not-base64": ignored({
    why: "the payload is not base64, so Twilio ignores it",
    fix: "encode the bytes themselves in standard base64 with padding, without line breaks",
    stacks: {
      "express-ws": 'Buffer.from(bytes).toString("base64").',
      fastapi: 'base64.b64encode(data).decode("ascii"): not urlsafe_b64encode, not encodebytes (it breaks lines), not str(data).',
    },
  }),
  "media-wav-header": cause({
    stage: "media",
    callerHears: "a click or a burst of noise before each piece of audio",
    why: "the audio starts with a file header",
    fix: sendMulaw,
    stacks: {
      "express-ws":
        "Ask for raw audio (OpenAI's speech endpoint: response_format pcm; others: ulaw_8000), or remove the header: the samples follow the data chunk's length.",
      fastapi: "Read frames with the wave module (wave.open(...).readframes) instead of the file's bytes, then resample and encode.",
    },
  }),
  "media-pcm16": cause({
    stage: "media",
    callerHears: "loud noise instead of a voice",
    why: "the audio is 16-bit PCM, not mu-law",
    fix: sendMulaw,
    stacks: formats,
  }),
  "media-wrong-rate": cause({
    stage: "media",
    callerHears: "a voice that is too slow and too deep, or too fast and too high",
    why: "the audio is not sampled at 8,000 Hz",
    fix: sendMulaw,
    stacks: formats,
  }),
  "media-alaw": cause({
    stage: "media",
    callerHears: "a harshly distorted voice",
    why: "the audio is A-law, not mu-law",
    fix: sendMulaw,
    stacks: formats,
  }),
  "media-noise": cause({
    stage: "media",
    callerHears: "loud noise instead of a voice",
    why: "the audio is not mu-law speech",
    fix: sendMulaw,
    stacks: formats,
  }),
  "media-clipped": cause({
    stage: "media",
    callerHears: "a voice distorted by overload",
    why: "the audio is clipped",
    fix: "lower the level before encoding",
  }),
  "media-silent": cause({
    stage: "media",
    callerHears: "next to nothing",
    why: "the audio that the server sends is silence",
    fix: "check that the model's audio is what gets encoded, and that the encoder receives samples and not zeros",
  }),
  "media-too-far-ahead": cause({
    stage: "media",
    twilioError: 31931,
    callerHears: "a reply with its end missing",
    why: "more than 10 minutes of audio is sent ahead of playout, and Twilio discards the rest",
    fix: "send audio when it is due, and clear what should not be heard",
  }),
  "media-stutter": cause({
    stage: "media",
    callerHears: "a voice with gaps in it",
    why: "audio is sent more slowly than it is played",
    fix: "send audio as it comes from the model, without pacing of your own",
    stacks: {
      "express-ws": "No setInterval: it falls behind. Twilio buffers, so send each delta as it comes.",
      fastapi: "No asyncio.sleep(0.02) between frames: it falls behind. Twilio buffers, so send each delta as it comes.",
    },
  }),
  "media-cut-off": cause({
    stage: "media",
    callerHears: "a last sentence that is cut off",
    why: "the server closes the stream while audio still waits to be played, which ends with the stream",
    fix: "send a mark after the last audio, and close the stream when it comes back",
    stacks: {
      "express-ws":
        'ws.send(JSON.stringify({event: "mark", streamSid, mark: {name: "goodbye"}})), and ws.close() when the mark event with that name arrives.',
      fastapi:
        'await websocket.send_json({"event": "mark", "streamSid": stream_sid, "mark": {"name": "goodbye"}}), and close when the mark event with that name arrives.',
    },
  }),
} as const satisfies Readonly<Record<string, Cause>>;
