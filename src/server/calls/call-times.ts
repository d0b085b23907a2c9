// The default times of a call. What each means for the call: call/call-settings.ts.

import type { CallSettings } from "../../call/call-settings.ts";

export type CallTimes = Omit<
  CallSettings,
  | "greeting"
  | "canTransfer"
  | "canHangUp"
  | "canSendDigits"
  | "digits"
  | "keys"
  | "transfers"
  | "onFailure"
  | "patience"
  | "budgetUsd"
  | "prices"
  | "models"
  | "firstModel"
  | "refused"
>;

/**
 * How long a call waits for each thing. A caller never hears more than 6 s of silence: each wait in silence
 * ends early enough to play a sound while the call recovers. Twilio's stream starts 40 ms after the webhook's
 * answer; the webhook may take 15 s.
 */
export const callTimes: CallTimes = {
  startMs: 15_000,
  modelReadyMs: 6_000,
  // Another model is ready in less than a second: together well below what a caller notices as a fault.
  nextModelMs: 1_500,
  replyMs: 4_000,
  // Longer than the longest time limit of a tool.
  toolMs: 35_000,
  prewarmMs: 15_000,
  fillerMs: 1_500,
  stallMs: 4_000,
  rollOverMs: 55 * 60_000,
  afterMs: 10_000,
};
