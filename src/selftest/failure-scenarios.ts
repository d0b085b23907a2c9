// The selftest's calls in which something fails: what fails, and what the caller waits for. Part of scenarios.ts.

import { Buffer } from "node:buffer";
import { spokenReply } from "../simulators/openai/brains/brain.ts";
import type { Scenario, ScriptedCaller } from "./play-scenario.ts";
import { speech, tone } from "./sounds.ts";

/** What the caller must hear in full after the failure. */
export const EXPECTED_REPLY = tone(880, 500);
/** One-way delay to the model, ms, where the gain of dialling it at the webhook is measured. */
export const PREWARM_LAG_MS = 120;
/**
 * From the 101 to `start`, and from the TwiML to the upgrade before it, ms; taken from a log of Twilio's of 2026-02-12.
 */
export const START_MS = 36;

const failed = {
  items: [],
  end: { type: "failed", errorType: "server_error", code: "server_error", message: "The server had an error." },
} as const;
const busy = { handshake: "500" } as const;

/** Waits until the expected reply has been heard in full. What the server plays to bridge the wait does not count. */
async function hearExpectedReply(caller: ScriptedCaller): Promise<void> {
  const expected = Buffer.from(EXPECTED_REPLY);
  await caller.until("the agent's reply in full", ({ stream }) => {
    const pieces = stream?.caller.playback.heard.pieces ?? [];
    return Buffer.concat(pieces.map(({ bytes }) => bytes)).includes(expected);
  });
}

const untilEnd = (caller: ScriptedCaller): Promise<void> => caller.until("the end of the call", ({ end }) => end !== undefined);
const greeting = { replies: [EXPECTED_REPLY] } as const;

/** The model's connection breaks in the middle of its answer; when the caller speaks again, a new session answers. */
async function loseModel(caller: ScriptedCaller): Promise<void> {
  await caller.hear(300);
  caller.act({ type: "say", speech: speech(500) });
  await caller.hear(800);
  caller.breakModel();
  await caller.hear(1_300);
  caller.act({ type: "say", speech: speech(500) });
  await hearExpectedReply(caller);
}

function startWithEncoding(encoding: string): NonNullable<Scenario["tamper"]> {
  return (frame, send) => send(frame.startsWith('{"event":"start"') ? frame.replace("audio/x-mulaw", encoding) : frame);
}

/** Two calls that differ only in when the model is dialled. */
function timedGreeting(name: "prewarmed" | "cold"): Scenario {
  return {
    name,
    isCold: name === "cold",
    model: { replies: [EXPECTED_REPLY], lagMs: PREWARM_LAG_MS },
    tamper: (frame, send, clock) => void clock.after(START_MS, () => send(frame)),
    play: hearExpectedReply,
  };
}

export const failureScenarios: readonly Scenario[] = [
  { name: "fault-model-key", model: { replies: [], faults: ["invalid-key"] }, play: untilEnd },
  { name: "fault-model-quota", model: { replies: [], faults: ["quota-exceeded"] }, play: untilEnd },
  { name: "fault-stream-format", model: greeting, tamper: startWithEncoding("audio/x-hologram"), play: untilEnd },
  { name: "fault-server-throws", model: greeting, throwsAtDial: true, play: untilEnd },
  { name: "fault-model-busy", model: { ...greeting, firstDials: [busy, busy] }, play: hearExpectedReply },
  {
    name: "fault-model-lost",
    model: { replies: [EXPECTED_REPLY], firstDials: [{ script: [spokenReply(tone(620, 300), ""), spokenReply(tone(1_030, 1_000), "")] }] },
    play: loseModel,
  },
  {
    name: "fault-model-expired",
    model: { ...greeting, firstDials: [{ faults: ["session-expires-mid-response"] }] },
    play: hearExpectedReply,
  },
  { name: "fault-model-silent", model: { ...greeting, firstDials: [{ faults: ["response-stalls"] }] }, play: hearExpectedReply },
  { name: "fault-response-failed", model: { replies: [], script: [failed, spokenReply(EXPECTED_REPLY, "")] }, play: hearExpectedReply },
  {
    name: "fault-fallback",
    model: greeting,
    path: "/twilio/fallback",
    telephone: { direction: "outbound-api", params: { ErrorCode: "11200", ErrorUrl: "https://gone.example/twilio/voice" } },
    play: hearExpectedReply,
  },
  timedGreeting("prewarmed"),
  timedGreeting("cold"),
];
