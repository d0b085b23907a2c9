// The selftest's calls that are transferred to a person, who accepts or declines. Part of scenarios.ts.

import type { TransferPlan } from "../call/machines/transfer.ts";
import type { BrainReply } from "../simulators/openai/brains/brain.ts";
import type { Scenario } from "./play-scenario.ts";
import { tone } from "./sounds.ts";

/** What the model writes for the person. */
export const ABOUT = "Ann Lee asks about her invoice.";
/** From the range reserved for fiction. */
const DESK = "+14155550177";
const BACK_MS = 300;

/** The selftest's agent may transfer to it. */
export const deskTransfer: TransferPlan = {
  name: "desk",
  to: [DESK],
  description: undefined,
  isScreened: true,
  ringMs: 20_000,
  order: "one_by_one",
  callerId: "called",
  nobody: { type: "agent", instructions: undefined },
  intro: "Selftest introduction.",
  ask: "Press 1.",
};

const transfers: BrainReply = {
  items: [
    { type: "audio", mulaw: tone(620, 300), transcript: "One moment." },
    { type: "functionCall", name: "transfer_to_desk", callId: "call_1", arguments: JSON.stringify({ about: ABOUT }) },
  ],
  end: { type: "completed" },
};

export const transferScenarios: readonly Scenario[] = [
  {
    name: "transfer-accepted",
    model: { replies: [], script: [transfers] },
    telephone: { people: { [DESK]: { answerMs: 50, digits: "1", talkMs: 50 } } },
    play: (caller) => caller.until("the end of the call", ({ end }) => end !== undefined),
  },
  {
    name: "transfer-declined",
    model: { replies: [tone(880, 500)], firstDials: [{ script: [transfers] }] },
    telephone: { people: { [DESK]: { answerMs: 50, digits: "2" } } },
    async play(caller) {
      await caller.until("a second stream", ({ streams }) => streams.length === 2);
      await caller.hear(BACK_MS);
    },
  },
];
