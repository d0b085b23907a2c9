// Runs a cell and judges it by what the caller heard. Each complaint is a sentence; an empty list means that it passed.

import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import type { PatientClock } from "../../support/patient-clock.ts";
import { kindsOf, longestSilence, timeline } from "./heard-sounds.ts";
import type { PlacedCell } from "./matrix.ts";
import { type Wait, waits } from "./moments.ts";
import { play } from "./play.ts";
import { Stage } from "./stage.ts";

/**
 * What a busy machine adds to a wait. The clock stops while the machine is busy, but not between two of its own ticks.
 */
const BUSY_MS = 400;

/** The longest silence allowed, without any sound, ms: 6 s, and some more for a clock that ticks every 40 ms. */
const SILENCE_MAX_MS = 6_300;
/** How long voice may take to release what belonged to the call. */
const SETTLE_MS = 16_000;

export interface Judged {
  readonly complaints: readonly string[];
  readonly waitedMs: number;
  /** The shortest wait of the scale that it fits. */
  readonly wait: Wait | undefined;
}

/** Runs one cell on a stage of its own. `second`: the URL of the second host's fallback. */
export async function judge(clock: PatientClock, { row, moment, cell }: PlacedCell, second: string): Promise<Judged> {
  const stage = new Stage(clock, { ...row, fallback: cell.fate === "takenOver" ? second : undefined });
  try {
    const { call, injectedAtMs, missed } = await play(stage, row, moment, cell);
    const heard = timeline(call, stage.config.sentences);
    const endMs = call.end?.atMs ?? clock.nowMs();
    const voiced = heard.filter(({ what }) => what !== "filler");
    const waitedMs = longestSilence(call, voiced, Math.max(injectedAtMs, call.answeredAtMs ?? call.placedAtMs), endMs);
    const silentMs = call.answeredAtMs === undefined ? 0 : longestSilence(call, heard, call.answeredAtMs, endMs);
    const kinds = kindsOf(heard);
    const wait = (Object.keys(waits) as Wait[]).find((name) => waitedMs <= waits[name]);
    const { callSid } = call.facts;
    const ends = (): readonly string[] =>
      stage.records.filter(({ identity }) => identity.callSid === callSid).map(({ end }) => `${end.by}.${end.cause}`);
    await settle(clock, () => (cell.end === undefined || ends().length > 0) && stage.voice.calls.running === 0);
    const events = new Set(stage.logged.map(({ event }) => event));
    const complaints = [
      kinds.join(" ") === cell.hears.join(" ")
        ? ""
        : `expected to hear ${cell.hears.join(", ")}; heard ${heard.map(({ what, fromMs }) => `${what} at ${fromMs - injectedAtMs}`).join(", ")}`,
      kinds.includes("applicationError") ? "heard the application error" : "",
      missed === undefined ? "" : `did not come: ${missed}`,
      silentMs <= SILENCE_MAX_MS ? "" : `heard nothing for ${silentMs} ms`,
      waitedMs <= waits[cell.wait] + BUSY_MS ? "" : `waited ${waitedMs} ms, expected ${cell.wait}`,
      ends().join(" ") === (cell.end ?? ends().join(" ")) ? "" : `expected the record ${cell.end}; got ${ends().join(" ") || "none"}`,
      ends().length <= 1 ? "" : `was recorded ${ends().length} times`,
      cell.logged === undefined || events.has(cell.logged) ? "" : `expected ${cell.logged} in the log; got ${[...events].join(" ")}`,
      isCutOff(call.line) ? "the message was cut off" : "",
    ].filter((complaint) => complaint !== "");
    return { complaints, waitedMs, wait };
  } finally {
    await stage.stop();
  }
}

/** Whether the call ended before the last message was complete. */
function isCutOff(line: TelephoneCall["line"]): boolean {
  const words = line.findLast((event) => event.kind === "say");
  const end = line.findLast((event) => event.kind === "hangup");
  return words?.kind === "say" && end !== undefined && end.by !== "caller" && end.atMs < words.atMs + words.text.length;
}

/** Waits until the condition holds, at most SETTLE_MS. */
async function settle(clock: PatientClock, holds: () => boolean): Promise<void> {
  const untilMs = clock.nowMs() + SETTLE_MS;
  while (!holds() && clock.nowMs() < untilMs) await clock.pass(100);
}
