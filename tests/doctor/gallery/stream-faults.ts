// Servers whose stream opens and then fails: at its first messages, in what they send, or by silence.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages and
// https://www.twilio.com/docs/api/errors/31951

import { type AgentBehavior, agent, type FromTwilio, type Media } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import { type Exhibit, type ServerPlan, type StreamSocket, withTwilioError } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";
import { speech, spoils } from "./sounds.ts";

type Base = typeof nodeServer;

const exhibit = (name: string, cause: string, behavior: AgentBehavior, base: Base = nodeServer): Exhibit => ({
  name,
  cause,
  open: base(({ clock }): ServerPlan => ({ stream: agent(clock, behavior) })),
});

/** Closes the stream on a message that fits. */
const closesOn = (fits: (message: FromTwilio) => boolean, code: number, reason: string): AgentBehavior => ({
  before(message, socket) {
    if (!fits(message)) return false;
    socket.close(code, reason);
    return true;
  },
});

const dropsOn = (fits: (message: FromTwilio) => boolean): AgentBehavior => ({
  before(message, socket) {
    if (!fits(message)) return false;
    socket.drop();
    return true;
  },
});

const is =
  (event: string) =>
  (message: FromTwilio): boolean =>
    message.event === event;
const known = ["connected", "start", "media", "dtmf", "mark", "stop"];
const knownFields: Readonly<Record<string, readonly string[]>> = {
  connected: ["event", "protocol", "version"],
  start: ["event", "sequenceNumber", "start", "streamSid"],
  media: ["event", "sequenceNumber", "media", "streamSid"],
  dtmf: ["event", "sequenceNumber", "dtmf", "streamSid"],
  mark: ["event", "sequenceNumber", "mark", "streamSid"],
  stop: ["event", "sequenceNumber", "stop", "streamSid"],
};
const hasUnknownField = (message: FromTwilio): boolean =>
  Object.keys(message).some((field) => !(knownFields[message.event] ?? []).includes(field));

const atOnce = (act: (socket: StreamSocket) => void, base: Base = nodeServer): Exhibit["open"] =>
  base(() => ({
    stream: (socket) => {
      act(socket);
      return { text: () => {}, closed: () => {} };
    },
  }));

const starts: readonly Exhibit[] = [
  {
    name: "start: the model's session is opened before anything else, and fails: 1011",
    cause: "stream-closes-on-start",
    open: atOnce((socket) => socket.close(1011, "OpenAI: connect ECONNREFUSED")),
  },
  {
    name: "start: the model's session is opened before anything else, and fails: 1008, on Bun",
    cause: "stream-closes-on-start",
    open: atOnce((socket) => socket.close(1008, "invalid_api_key"), bunServer),
  },
  withTwilioError("nothing", {
    name: "start: closed with 1000 as soon as it is open",
    cause: "stream-closes-on-start",
    open: atOnce((socket) => socket.close(1000, "")),
  }),
  withTwilioError(31903, {
    name: "start: the process crashes as soon as it is open",
    cause: "stream-closes-on-start",
    open: atOnce((socket) => socket.drop()),
  }),
  {
    name: "start: the model's session is not ready within 4.5 s: 1011",
    cause: "stream-closes-on-media",
    open: nodeServer(({ clock }) => ({
      stream: (socket) => ({
        text: () => {},
        closed: clock.after(4_500, () => socket.close(1011, "OpenAI: session.created did not come")),
      }),
    })),
  },
  withTwilioError("nothing", {
    name: "start: express-ws has no such route: it opens, and closes at once without a code",
    cause: "stream-closes-on-start",
    open: atOnce((socket) => socket.close(1005, "")),
  }),
  {
    name: "start: the model rejects the key after a second: 1008",
    cause: "stream-closes-on-start",
    open: nodeServer(({ clock }) => ({
      stream: (socket) => ({ text: () => {}, closed: clock.after(1_000, () => socket.close(1008, "incorrect API key provided")) }),
    })),
  },
  exhibit("start: an exception on connected", "stream-closes-on-start", closesOn(is("connected"), 1011, "Internal error")),
  exhibit(
    "start: the first frame does not fit the expected schema",
    "stream-closes-on-start",
    closesOn((message) => message.start === undefined, 1003, "expected start"),
  ),
  exhibit(
    "start: sequenceNumber must be a number",
    "stream-closes-on-start",
    closesOn((message) => typeof message["sequenceNumber"] === "string", 1007, "sequenceNumber: expected number"),
  ),
  withTwilioError(
    31903,
    exhibit("start: the process crashes on the first frame, and stays down", "stream-closes-on-start", {
      before(message, socket) {
        if (message.event === "connected") socket.die?.();
        return true;
      },
    }),
  ),
  withTwilioError(
    31903,
    exhibit("media: the process crashes on the first audio, and stays down", "stream-closes-on-media", {
      before(message, socket) {
        if (message.event === "media") socket.die?.();
        return true;
      },
    }),
  ),
  {
    name: "start: a proxy's idle timeout drops the stream after 5 s",
    cause: "stream-dropped",
    open: nodeServer(({ clock }) => ({
      stream: (socket) => {
        const listener = agent(clock, { greetingMs: 0 })(socket);
        const cancel = clock.after(5_000, () => socket.drop());
        return {
          text: (text) => listener.text(text),
          closed: () => {
            cancel();
            listener.closed();
          },
        };
      },
    })),
  },
  exhibit("start: no OPENAI_API_KEY", "stream-closes-on-start", closesOn(is("start"), 1011, "OPENAI_API_KEY is not set")),
  exhibit(
    "start: a custom parameter is missing",
    "stream-closes-on-start",
    closesOn(
      (message) => message.start !== undefined && message.start.customParameters?.["agentId"] === undefined,
      1008,
      "missing agentId",
    ),
  ),
  withTwilioError(31903, exhibit("start: the process crashes on start, on Bun", "stream-closes-on-start", dropsOn(is("start")), bunServer)),
  withTwilioError(
    "nothing",
    exhibit(
      "start: closes on an event that it does not know",
      "stream-closes-on-unknown-message",
      closesOn(({ event }) => !known.includes(event), 1003, "unknown event"),
    ),
  ),
  withTwilioError(
    "nothing",
    exhibit(
      "start: closes on a field that it does not know",
      "stream-closes-on-unknown-message",
      closesOn(hasUnknownField, 1011, "extra fields not permitted"),
    ),
  ),
  exhibit("media: closes on the first audio", "stream-closes-on-media", closesOn(is("media"), 1011, "Cannot read properties of undefined")),
  withTwilioError("nothing", exhibit("media: closes on a key press", "stream-closes-on-dtmf", closesOn(is("dtmf"), 1011, "unhandled"))),
  withTwilioError(31921, exhibit("media: closes on a returned mark", "mark-drops-stream", closesOn(is("mark"), 1011, "unhandled"))),
];

/** Behaves as `first` in the first stream, and as a good agent in the others. */
const atFirst = (name: string, cause: string, first: AgentBehavior): Exhibit => ({
  name,
  cause,
  open: nodeServer(({ clock }) => ({ stream: (socket, ordinal) => agent(clock, ordinal === 0 ? first : {})(socket) })),
});

const wakings: readonly Exhibit[] = [
  atFirst(
    "start: the first stream is closed on start, while the model's client loads",
    "stream-cold-start",
    closesOn(is("start"), 1011, "not ready"),
  ),
  withTwilioError(
    31903,
    atFirst("start: the first stream is dropped, as its process starts", "stream-cold-start", dropsOn(is("connected"))),
  ),
  withTwilioError(
    "nothing",
    exhibit("stop: the process dies when a call ends", "process-died", {
      before(message, socket) {
        if (message.event === "stop") socket.die?.();
        return false;
      },
    }),
  ),
];

const wire = (name: string, cause: string, send: (media: Media, pcmu: Uint8Array) => string | Uint8Array): Exhibit =>
  exhibit(`frames: ${name}`, cause, { wire: send, marks: false });

const base64 = (pcmu: Uint8Array): string => Buffer.from(pcmu).toString("base64");

const payloads = (name: string, cause: string, payload: (pcmu: Uint8Array) => unknown): Exhibit =>
  wire(`${name} as payload`, cause, (media, pcmu) => JSON.stringify({ ...media, media: { payload: payload(pcmu) } }));

/** Replaces a part of each message. */
const rewritten = (name: string, cause: string, [from, to]: readonly [string, string], behavior: AgentBehavior): Exhibit => ({
  name: `frames: ${name}`,
  cause,
  open: nodeServer(({ clock }) => ({
    stream: (socket) => agent(clock, behavior)({ ...socket, text: (text) => socket.text(text.replace(from, to)) }),
  })),
});

const frames: readonly Exhibit[] = [
  wire("audio as binary frames", "media-binary", (_, pcmu) => pcmu),
  wire("JSON as binary frames", "media-binary", (media) => new TextEncoder().encode(JSON.stringify(media))),
  wire("Python's repr instead of JSON", "media-not-json", (media) => JSON.stringify(media).replaceAll('"', "'")),
  wire("bare base64", "media-not-json", ({ media }) => media.payload),
  wire("the model's own events", "media-unknown-event", ({ media }) =>
    JSON.stringify({ type: "response.output_audio.delta", delta: media.payload }),
  ),
  wire("event: audio", "media-unknown-event", (media) => JSON.stringify({ ...media, event: "audio" })),
  wire("the CallSid instead of the streamSid", "media-wrong-stream-sid", (media) =>
    JSON.stringify({ ...media, streamSid: `CA${media.streamSid.slice(2)}` }),
  ),
  wire("no streamSid", "media-wrong-stream-sid", ({ event, media }) => JSON.stringify({ event, media })),
  wire("streamSid null", "media-wrong-stream-sid", (media) => JSON.stringify({ ...media, streamSid: null })),
  wire("stream_sid instead of streamSid", "media-wrong-stream-sid", ({ event, media, streamSid }) =>
    JSON.stringify({ event, stream_sid: streamSid, media }),
  ),
  wire("playload instead of payload", "media-wrong-fields", (media) =>
    JSON.stringify({ ...media, media: { playload: media.media.payload } }),
  ),
  wire("extra fields", "media-extra-fields", (media) =>
    JSON.stringify({ ...media, sequenceNumber: "1", media: { ...media.media, track: "outbound" } }),
  ),
  payloads("a data: URL", "media-data-url", (pcmu) => `data:audio/basic;base64,${base64(pcmu)}`),
  payloads("Python's b'...'", "media-python-bytes", (pcmu) => `b'${base64(pcmu)}'`),
  payloads("URL-safe base64", "media-base64url", (pcmu) => Buffer.from(pcmu).toString("base64url")),
  // 200 ms are 1,600 bytes, whose base64 ends in "==".
  payloads("base64 without padding", "media-unpadded", (pcmu) => base64(pcmu).replace(/=+$/, "")),
  payloads("base64 with line breaks", "media-not-base64", (pcmu) => base64(pcmu).replaceAll(/.{76}/g, "$&\n")),
  withTwilioError(
    "nothing",
    payloads("hexadecimal", "media-hex", (pcmu) => Buffer.from(pcmu).toString("hex")),
  ),
  withTwilioError(
    "nothing",
    payloads("an empty payload", "media-empty", () => ""),
  ),
  payloads("a list of numbers", "media-payload-object", (pcmu) => [...pcmu]),
  payloads("a Buffer", "media-payload-object", (pcmu) => Buffer.from(pcmu)),
  payloads("the text of a typed array", "media-payload-object", (pcmu) => String(pcmu)),
  wire("JSON within JSON", "media-json-twice", (media) => JSON.stringify(JSON.stringify(media))),
  wire("media as JSON within JSON", "media-json-twice", (media) => JSON.stringify({ ...media, media: JSON.stringify(media.media) })),
  rewritten("marks without a name", "mark-malformed", ['"mark":{"name":"chunk"}', '"name":"chunk"'], {}),
  rewritten("a clear with a field too many", "clear-malformed", ['"event":"clear"', '"event":"clear","clear":{}'], {
    replyMs: 12_000,
    pace: 20,
  }),
];

/** The model's session is opened with the socket, and greets before `start` brings the streamSid. */
const tooEarly: Exhibit = {
  name: "frames: a greeting before start, without streamSid",
  cause: "media-wrong-stream-sid",
  open: nodeServer(({ clock }) => ({
    stream: (socket) => {
      const payload = Buffer.from(speech(1_500)).toString("base64");
      socket.text(JSON.stringify({ event: "media", streamSid: null, media: { payload } }));
      return agent(clock, { greetingMs: 0 })(socket);
    },
  })),
};

const sounds: readonly Exhibit[] = [
  exhibit("audio: PCM16 at 8 kHz", "media-pcm16", { spoil: spoils.pcm16At8k }),
  exhibit("audio: PCM16 at 24 kHz, the model's own", "media-pcm16", { spoil: spoils.pcm16At24k }),
  exhibit("audio: PCM16 at 24 kHz, on Bun", "media-pcm16", { spoil: spoils.pcm16At24k }, bunServer),
  exhibit("audio: PCM16, big-endian", "media-pcm16", { spoil: spoils.pcm16BigEndian }),
  exhibit("audio: mu-law at 16 kHz", "media-wrong-rate", { spoil: spoils.mulawAt16k }),
  exhibit("audio: mu-law at 24 kHz", "media-wrong-rate", { spoil: spoils.mulawAt24k }),
  exhibit("audio: A-law", "media-alaw", { spoil: spoils.alaw }),
  exhibit("audio: a WAV header on each chunk", "media-wav-header", { spoil: spoils.wav }),
  exhibit("audio: a whole WAV file", "media-wav-header", { spoil: spoils.wav, chunkMs: 6_000 }),
  exhibit("audio: MP3", "media-compressed", { spoil: spoils.mp3 }),
  exhibit("audio: only silence", "media-silent", { spoil: spoils.silence }),
  exhibit("audio: noise", "media-noise", { spoil: spoils.noise }),
  exhibit("audio: base64 of base64", "media-base64-twice", { spoil: spoils.textAsAudio }),
  exhibit("audio: amplified until it clips", "media-clipped", { spoil: spoils.clipped }),
  exhibit("audio: eleven minutes ahead", "media-too-far-ahead", { greetingMs: 660_000, chunkMs: 20_000, pace: 1_000, marks: false }),
  exhibit("audio: sent more slowly than it is played", "media-stutter", { greetingMs: 4_000, replyMs: 8_000, pace: 0.6 }),
];

export const streamFaults: readonly Exhibit[] = [...starts, ...wakings, ...frames, tooEarly, ...sounds];
