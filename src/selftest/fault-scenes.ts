// The selftest's calls in which something breaks: what breaks, and what the person at the telephone then waits for.
// As scenes.ts, of which they are a part.

import { Buffer } from "node:buffer";
import { spokenReply } from "../simulators/openai/brains/brain.ts";
import { speech, tone } from "./sounds.ts";
import type { Person, Scene } from "./stage.ts";

/** What must be heard whole, though something broke before. */
export const DUE_REPLY = tone(880, 500);
/** How far away the model is where the saving of pre-warming is measured, one way, ms. */
export const PREWARM_LAG_MS = 120;
/**
 * From the 101 to `start`, and from TwiML to the upgrade before that, as a log of Twilio's from 2026-02-12 has it,
 * ms.
 */
export const START_MS = 36;

const failed = {
  items: [],
  end: { type: "failed", errorType: "server_error", code: "server_error", message: "The server had an error." },
} as const;
const busy = { handshake: "500" } as const;

/**
 * Waits until a reply that is due was heard to its end: what the server plays meanwhile, to say that it is there, is
 * not that.
 */
async function hearDue(person: Person): Promise<void> {
  const due = Buffer.from(DUE_REPLY);
  await person.until("the agent, whole", ({ stream }) => {
    const pieces = stream?.caller.playback.heard.pieces ?? [];
    return Buffer.concat(pieces.map(({ bytes }) => bytes)).includes(due);
  });
}

const listens = (person: Person): Promise<void> => person.until("the end of the call", ({ end }) => end !== undefined);
const greets = { replies: [DUE_REPLY] } as const;

/** The caller says something, and the model goes in the middle of its answer; asked again, a new one answers. */
async function losesModel(person: Person): Promise<void> {
  await person.hear(300);
  person.does({ type: "say", speech: speech(500) });
  await person.hear(800);
  person.breaksModel();
  await person.hear(1_300);
  person.does({ type: "say", speech: speech(500) });
  await hearDue(person);
}

function startAs(encoding: string): NonNullable<Scene["tamper"]> {
  return (frame, send) => send(frame.startsWith('{"event":"start"') ? frame.replace("audio/x-mulaw", encoding) : frame);
}

/** One of two calls that differ in nothing but when the model is dialled. */
function greeted(name: "prewarmed" | "cold"): Scene {
  return {
    name,
    isCold: name === "cold",
    model: { replies: [DUE_REPLY], lagMs: PREWARM_LAG_MS },
    tamper: (frame, send, clock) => void clock.after(START_MS, () => send(frame)),
    // The agent itself: on a busy machine a sound that bridges the wait comes first.
    play: hearDue,
  };
}

export const faultScenes: readonly Scene[] = [
  { name: "fault-model-key", model: { replies: [], faults: ["invalid-key"] }, play: listens },
  { name: "fault-model-quota", model: { replies: [], faults: ["quota-exceeded"] }, play: listens },
  { name: "fault-stream-format", model: greets, tamper: startAs("audio/x-hologram"), play: listens },
  { name: "fault-server-throws", model: greets, throwsAtDial: true, play: listens },
  { name: "fault-model-busy", model: { ...greets, firstDials: [busy, busy] }, play: hearDue },
  {
    name: "fault-model-lost",
    model: { replies: [DUE_REPLY], firstDials: [{ script: [spokenReply(tone(620, 300), ""), spokenReply(tone(1_030, 1_000), "")] }] },
    play: losesModel,
  },
  { name: "fault-model-expired", model: { ...greets, firstDials: [{ faults: ["session-expires-mid-response"] }] }, play: hearDue },
  { name: "fault-model-silent", model: { ...greets, firstDials: [{ faults: ["response-stalls"] }] }, play: hearDue },
  { name: "fault-response-failed", model: { replies: [], script: [failed, spokenReply(DUE_REPLY, "")] }, play: hearDue },
  {
    name: "fault-fallback",
    model: greets,
    path: "/twilio/fallback",
    telephone: { direction: "outbound-api", params: { ErrorCode: "11200", ErrorUrl: "https://gone.example/twilio/voice" } },
    play: hearDue,
  },
  greeted("prewarmed"),
  greeted("cold"),
];
