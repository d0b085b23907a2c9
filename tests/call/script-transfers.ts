// Transfers that scripts and random calls can have, by name: "desk" is one person, "team" two, one after the other,
// "all" two at the same time, "cold" is not asked. "away" ends the call with a sentence, "gone" without one.

import type { TransferPlan } from "../../src/call/machines/transfer.ts";

const desk: TransferPlan = {
  name: "desk",
  to: ["+15550170001"],
  description: undefined,
  isScreened: true,
  ringMs: 20_000,
  order: "one_by_one",
  callerId: "caller",
  nobody: { type: "agent", instructions: undefined },
  intro: "A call for you.",
  ask: "Press 1.",
};

const two = ["+15550170001", "sip:desk@pbx.example.com"];

export const scriptTransfers: readonly TransferPlan[] = [
  desk,
  { ...desk, name: "team", to: two },
  { ...desk, name: "all", to: two, order: "all" },
  { ...desk, name: "cold", isScreened: false },
  { ...desk, name: "away", nobody: { type: "say", words: "No one is free." } },
  { ...desk, name: "gone", nobody: { type: "hangUp" } },
];

/** In a setting of a script: "desk,cold". */
export function readTransfers(value: string): readonly TransferPlan[] {
  return scriptTransfers.filter(({ name }) => value.split(",").includes(name));
}
