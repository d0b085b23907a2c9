// The selftest's calls, one scenario each: what the model says, and what the caller does when. All are played at the
// same time. What they must show: checks/. Which check judges which scenario: planned-checks.ts.

import { formatFromTwilio } from "../protocol/media-streams/simulator.ts";
import { failureScenarios } from "./failure-scenarios.ts";
import type { Scenario, ScriptedCaller } from "./play-scenario.ts";
import { noise, speech, tone } from "./sounds.ts";
import { transferScenarios } from "./transfer-scenarios.ts";

/** Frequency of most greetings: where a check listens for one, speech would prove less. */
export const GREETING_HZ = 620;
/** Two calls at the same time: the tones of each one's model and caller. No frequency is a multiple of another. */
export const SIMULTANEOUS_CALLS = [
  { replyHz: 450, saidHz: 1_030 },
  { replyHz: 730, saidHz: 1_390 },
] as const;
export const DIGIT = "5";
/** "Hello, this is voice". */
const GREETING_MS = 1_300;

const shortGreeting = tone(GREETING_HZ, 300);
/** It has the shape of a token, and was made without the key. */
const forgedToken = `zzzzzzzz.${"A".repeat(43)}`;
const otherStreamSid = `MZ${"0".repeat(32)}`;

/** The text frames that no client should send, in the order in which they are sent. */
export const badTexts: readonly string[] = [
  "this is not JSON",
  "[]",
  '{"event":"hologram","sequenceNumber":"3"}',
  '{"event":"media","sequenceNumber":"4"}',
  '{"event":"media","media":{"payload":"%%%"},"streamSid":null}',
  // From another stream, with a number far ahead: if it counted, every later frame would look like an old one.
  formatFromTwilio({
    type: "media",
    sequenceNumber: 1_000_000,
    streamSid: otherStreamSid,
    track: "inbound",
    chunk: 1_000_000,
    timestampMs: 500,
    payload: tone(2_000, 20).toBase64(),
  }),
];

/** Waits for the 101, and then for a moment of the stream. */
async function open(caller: ScriptedCaller): Promise<void> {
  await caller.until("the stream's 101", ({ stream }) => stream?.phase === "open");
  await caller.pass(150);
}

function handshake(name: string, subprotocols: readonly string[]): Scenario {
  return { name, model: { replies: [shortGreeting] }, telephone: { subprotocols }, play: open };
}

/** Placed the moment the server listens. */
const first: Scenario = {
  name: "first",
  model: { replies: [shortGreeting] },
  play: (caller) => caller.hear(100),
};

/** The recording that `--wav` keeps: both speak. */
const conversation: Scenario = {
  name: "conversation",
  model: { replies: [speech(GREETING_MS), speech(1_200)] },
  async play(caller) {
    await caller.hear(GREETING_MS);
    caller.act({ type: "say", speech: speech(700) });
    await caller.hear(GREETING_MS + 1_200);
  },
};

/** The caller speaks at once, while the model's link is slow. */
const early: Scenario = {
  name: "early",
  model: { replies: [tone(GREETING_HZ, 200)], lagMs: 120 },
  telephone: { speech: speech(1_000) },
  async play(caller) {
    await caller.modelHears(65); // 50 of speech, two without audio, the rest silence
  },
};

/** The caller speaks over two replies, and the model goes on sending audio of a response that was cancelled. */
const interrupted: Scenario = {
  name: "interrupted",
  model: { replies: [noise(1, 6_000), noise(2, 6_000)], speedUp: 2, faults: ["audio-after-cancel"] },
  async play(caller) {
    await caller.hear(800);
    // Its audio is far from being played, so that it will be cleared.
    const cleared = caller.call().stream?.caller.playback.marks[3]?.name ?? "none";
    caller.act({ type: "say", speech: tone(400, 300) });
    await caller.until("a clear", ({ stream }) => (stream?.caller.counts.clearsReceived ?? 0) >= 1);
    await caller.hear((caller.call().stream?.caller.playback.heard.totalMs ?? 0) + 700);
    sendMarkAgain(caller, cleared);
    caller.act({ type: "say", speech: tone(400, 300) });
    await caller.until("a second clear", ({ stream }) => (stream?.caller.counts.clearsReceived ?? 0) >= 2);
    await caller.pass(200);
  },
};

/**
 * Sends a mark of an earlier clear late, while the next reply is heard. It takes the next sequence number, so that one
 * frame of silence will look like a repetition.
 */
function sendMarkAgain(caller: ScriptedCaller, name: string): void {
  const stream = caller.call().stream?.caller;
  if (stream === undefined) return;
  const { streamSid } = stream.options;
  caller.act({ type: "sendText", text: formatFromTwilio({ type: "mark", sequenceNumber: stream.sequence + 1, streamSid, name }) });
}

const keys: Scenario = {
  name: "keys",
  model: { replies: [shortGreeting, speech(600)] },
  async play(caller) {
    await caller.hear(300);
    caller.act({ type: "press", digit: DIGIT });
    await caller.hear(600);
  },
};

const badFrames: Scenario = {
  name: "bad-frames",
  model: { replies: [shortGreeting, speech(600)] },
  async play(caller) {
    await caller.hear(300);
    caller.act({ type: "sendBinary", bytes: Uint8Array.of(1, 2, 3) });
    for (const text of badTexts) caller.act({ type: "sendText", text });
    caller.act({ type: "say", speech: speech(500) });
    await caller.hear(600);
  },
};

const resumed: Scenario = {
  name: "resumed",
  model: { replies: [tone(GREETING_HZ, 2_000)] },
  async play(caller) {
    await caller.hear(300);
    caller.act({ type: "dropSocket" });
    await caller.until("a second stream", ({ stream, streams }) => streams.length === 2 && stream?.phase === "open");
    await caller.hear(300);
  },
};

function twin(name: string, { replyHz, saidHz }: (typeof SIMULTANEOUS_CALLS)[number]): Scenario {
  return {
    name,
    model: { replies: [tone(replyHz, 900), tone(replyHz, 600)] },
    async play(caller) {
      await caller.hear(900);
      caller.act({ type: "say", speech: tone(saidHz, 600) });
      // More than the greeting: what follows it is the answer, so that the model has heard the tone, however slow the
      // machine.
      await caller.hear(1_300);
    },
  };
}

/** Only waits for the end: the server, or Twilio, ends the call. */
const listens = (caller: ScriptedCaller): Promise<void> => caller.until("the end of the call", ({ end }) => end !== undefined);
const silent = { replies: [] } as const;

/** All scenes, the first call first. */
export function scenariosFor(baseUrl: string): readonly Scenario[] {
  return [
    { ...first, telephone: { statusCallback: { url: `${baseUrl}/twilio/status` } } },
    conversation,
    early,
    interrupted,
    keys,
    badFrames,
    resumed,
    twin("twin-1", SIMULTANEOUS_CALLS[0]),
    twin("twin-2", SIMULTANEOUS_CALLS[1]),
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
    ...transferScenarios,
    ...failureScenarios,
  ];
}
