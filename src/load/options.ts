// What one run of `voice load` is asked to do: types and limits. The arguments are read in commands/load.ts.

import type { Threshold } from "./measure/thresholds.ts";

/** Calls of one run, and of one step of a ramp. Each costs the meter 60 kB and one open file. */
export const MAX_CALLS = 2_000;
/** The longest call: 3,600 s, after which OpenAI ends a session (simulators/openai/realtime-session.ts). */
export const MAX_SECONDS = 3_600;
/** Calls that arrive per second. */
export const MAX_RATE = 1_000;
/** Thresholds of one run. */
export const MAX_THRESHOLDS = 50;

export interface LoadOptions {
  /** The voice webhook, http or https. */
  readonly target: string;
  readonly method: "POST" | "GET";
  readonly authToken: string | undefined;
  /** Extra parameters of the webhook request. */
  readonly params: Readonly<Record<string, string>>;
  readonly calls: number;
  /** How long each call lasts; with --ramp, how long all calls of a step are in progress together. */
  readonly seconds: number;
  /** Calls that arrive per second. */
  readonly rate: number;
  readonly ramp: boolean;
  /** Whose CPU time and memory is measured. */
  readonly pid: number | undefined;
  /** Where to listen for the target's connections to its model; 0 picks a free port. */
  readonly modelPort: number | undefined;
  readonly failOn: readonly Threshold[];
  /** May place calls to other machines. */
  readonly yes: boolean;
  readonly json: boolean;
  /** Path of a file to write. */
  readonly junit: string | undefined;
}
