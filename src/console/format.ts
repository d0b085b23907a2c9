// Times, lengths and reasons as people read them.

import type { LiveCall, StoredCall } from "./types.ts";

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function whenText(ms: number): string {
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  return isToday ? timeOnly.format(ms) : dateTime.format(ms);
}

/** "4 s", "3:05", "1:02:07" */
export function lengthText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** "$0.042": a call costs cents. */
export function costText(usd: number): string {
  return `$${usd < 1 ? usd.toFixed(3) : usd.toFixed(2)}`;
}

/** The console's own telephone has a name; other addresses are shown as they are. */
export function addressText(address: string): string {
  if (address === "client:console") return "this console";
  return address === "" ? "no number" : address;
}

/** Why a call ended; "processEnded" is the store's word for a call that was cut. */
type Cause = NonNullable<LiveCall["end"]>["cause"] | "processEnded";

/** By the cause. Who hung up is said apart. */
const ends: Readonly<Record<Exclude<Cause, "hungUp">, string>> = {
  hangup: "The caller hung up",
  streamNeverStarted: "The stream never started",
  unsupportedFormat: "The audio's format is not supported",
  streamLost: "The stream was lost",
  modelRefused: "The model refused",
  modelUnreachable: "The model could not be reached",
  modelSilent: "The model did not answer",
  modelFailed: "The model failed",
  drained: "The server was stopped",
  bug: "An error in voice",
  processEnded: "The server's process ended",
  idle: "The caller said nothing more",
  tooLong: "The call reached its longest time",
  overBudget: "The budget was spent",
  transferred: "The caller was transferred",
};

export function endText(call: Pick<StoredCall, "endBy" | "endCause" | "endedMs">): string {
  if (call.endedMs === null) return "Running";
  if (call.endCause === "hungUp") return call.endBy === "operator" ? "An operator hung up" : "The agent hung up";
  const texts: Readonly<Record<string, string>> = ends;
  return texts[call.endCause ?? ""] ?? call.endCause ?? "Unknown";
}

/** Whether the caller got what they called for, as far as one can know. */
export function isGood(call: Pick<StoredCall, "endBy" | "fallback">): boolean {
  return (call.endBy === "caller" || call.endBy === "agent" || call.endBy === "operator") && call.fallback !== "apology";
}

export function stateText({ state, callerSpeaks, agentSpeaks, tools }: LiveCall): string {
  if (state === "ringing") return "connecting";
  if (tools.length > 0) return `looking up: ${tools.join(", ")}`;
  if (callerSpeaks) return "caller speaks";
  return agentSpeaks ? "agent speaks" : "listening";
}
