// The selftest's calls, one scene each: who calls, what the model has to say, and what is done when. They are played
// side by side; what they must show is peers/checks, and which check looks at which scene is plan.ts.

import { formatFromTwilio } from "../protocol/media-streams/simulator.ts";
import { faultScenes } from "./fault-scenes.ts";
import { noise, speech, tone } from "./sounds.ts";
import type { Person, Scene } from "./stage.ts";

/** The greeting's frequency where it is judged by ear. */
export const GREETING_HZ = 620;
/** Of two calls at once: each one's model, each one's caller. No frequency is a multiple of another. */
export const TWINS = [
  { replyHz: 450, saidHz: 1_030 },
  { replyHz: 730, saidHz: 1_390 },
] as const;
/** The key that is pressed. */
export const DIGIT = "5";

const shortGreeting = tone(GREETING_HZ, 300);
/** Of a token's shape, made under no key. */
const forgedToken = `zzzzzzzz.${"A".repeat(43)}`;
const someoneElsesStream = `MZ${"0".repeat(32)}`;

/** Frames that nobody should send, in the order in which they are sent; the binary one is not among them. */
export const badTexts: readonly string[] = [
  "this is not JSON",
  "[]",
  '{"event":"hologram","sequenceNumber":"3"}',
  '{"event":"media","sequenceNumber":"4"}',
  '{"event":"media","media":{"payload":"%%%"},"streamSid":null}',
  // Of another stream, with a number far ahead: taken for this stream's, it would make every later frame an old one.
  formatFromTwilio({
    type: "media",
    sequenceNumber: 1_000_000,
    streamSid: someoneElsesStream,
    track: "inbound",
    chunk: 1_000_000,
    timestampMs: 500,
    payload: tone(2_000, 20).toBase64(),
  }),
];

/** Waits for the 101 and for the stream to have gone on for a moment. */
async function open(person: Person): Promise<void> {
  await person.until("the stream's 101", ({ stream }) => stream?.phase === "open");
  await person.pass(150);
}

function handshake(name: string, subprotocols: readonly string[]): Scene {
  return { name, model: { replies: [shortGreeting] }, telephone: { subprotocols }, play: open };
}

/** The first call: placed in the moment in which the server listens. */
const first: Scene = {
  name: "first",
  model: { replies: [shortGreeting] },
  play: (person) => person.hear(100),
};

const conversation: Scene = {
  name: "conversation",
  model: { replies: [tone(GREETING_HZ, 600), speech(1_200)] },
  async play(person) {
    await person.hear(600);
    person.does({ type: "say", speech: speech(700) });
    await person.hear(1_800);
  },
};

/** The caller speaks at once, while the model's link is slow. */
const early: Scene = {
  name: "early",
  model: { replies: [tone(GREETING_HZ, 200)], lagMs: 120 },
  telephone: { speech: speech(1_000) },
  async play(person) {
    await person.modelHears(65); // 50 of speech, two that are no audio, and some of silence
  },
};

/** The caller speaks over two replies; the model sends late what it was told to stop saying. */
const interrupted: Scene = {
  name: "interrupted",
  model: { replies: [noise(1, 6_000), noise(2, 6_000)], speedUp: 2, faults: ["audio-after-cancel"] },
  async play(person) {
    await person.hear(800);
    // One that will be cleared: still far from being played.
    const flushed = person.call().stream?.caller.playback.marks[3]?.name ?? "none";
    person.does({ type: "say", speech: tone(400, 300) });
    await person.until("a clear", ({ stream }) => (stream?.caller.counts.clearsReceived ?? 0) >= 1);
    await person.hear((person.call().stream?.caller.playback.heard.totalMs ?? 0) + 700);
    sayMarkAgain(person, flushed);
    person.does({ type: "say", speech: tone(400, 300) });
    await person.until("a second clear", ({ stream }) => (stream?.caller.counts.clearsReceived ?? 0) >= 2);
    await person.pass(200);
  },
};

/**
 * A mark of a clear that comes late, when the next reply is being heard. Its number is the next one: one frame of
 * silence will be taken for a repetition.
 */
function sayMarkAgain(person: Person, name: string): void {
  const caller = person.call().stream?.caller;
  if (caller === undefined) return;
  const { streamSid } = caller.options;
  person.does({ type: "sendText", text: formatFromTwilio({ type: "mark", sequenceNumber: caller.sequence + 1, streamSid, name }) });
}

const keys: Scene = {
  name: "keys",
  model: { replies: [shortGreeting, speech(600)] },
  async play(person) {
    await person.hear(300);
    person.does({ type: "press", digit: DIGIT });
    await person.hear(600);
  },
};

const badFrames: Scene = {
  name: "bad-frames",
  model: { replies: [shortGreeting, speech(600)] },
  async play(person) {
    await person.hear(300);
    person.does({ type: "sendBinary", bytes: Uint8Array.of(1, 2, 3) });
    for (const text of badTexts) person.does({ type: "sendText", text });
    person.does({ type: "say", speech: speech(500) });
    await person.hear(600);
  },
};

const resumed: Scene = {
  name: "resumed",
  model: { replies: [tone(GREETING_HZ, 2_000)] },
  async play(person) {
    await person.hear(300);
    person.does({ type: "dropSocket" });
    await person.until("a second stream", ({ stream, streams }) => streams.length === 2 && stream?.phase === "open");
    await person.hear(300);
  },
};

function twin(name: string, { replyHz, saidHz }: (typeof TWINS)[number]): Scene {
  return {
    name,
    model: { replies: [tone(replyHz, 900), tone(replyHz, 600)] },
    async play(person) {
      await person.hear(900);
      person.does({ type: "say", speech: tone(saidHz, 600) });
      // More than the greeting: what follows it is the answer, so that the model has heard the tone, however slow the
      // machine.
      await person.hear(1_300);
    },
  };
}

/** Only waits for the end: the server, or Twilio, ends the call. */
const listens = (person: Person): Promise<void> => person.until("the end of the call", ({ end }) => end !== undefined);
const silent = { replies: [] } as const;

/** All scenes, the first call first. */
export function scenesAt(baseUrl: string): readonly Scene[] {
  return [
    { ...first, telephone: { statusCallback: { url: `${baseUrl}/twilio/status` } } },
    conversation,
    early,
    interrupted,
    keys,
    badFrames,
    resumed,
    twin("twin-1", TWINS[0]),
    twin("twin-2", TWINS[1]),
    handshake("no-subprotocol", []),
    handshake("audio-twilio-com", ["audio.twilio.com"]),
    handshake("several", ["chat", "audio.twilio.com", "superchat"]),
    handshake("unknown-only", ["chat", "superchat"]),
    { name: "no-token", model: { replies: [shortGreeting] }, telephone: { customParameters: {} }, play: listens },
    { name: "forged-token", model: { replies: [shortGreeting] }, telephone: { customParameters: { token: forgedToken } }, play: listens },
    { name: "model-hangs", model: { replies: [], handshake: "unanswered" }, play: open },
    { name: "model-down", model: { replies: [], handshake: "401" }, play: listens },
    { name: "unsigned", model: silent, telephone: { authToken: undefined }, play: listens },
    { name: "wrong-token", model: silent, telephone: { authToken: "0".repeat(32) }, play: listens },
    // In the middle of a call, as Twilio asks after a restart.
    { name: "unknown-call", model: silent, path: "/twilio/after", telephone: { direction: "outbound-api" }, play: listens },
    ...faultScenes,
  ];
}
