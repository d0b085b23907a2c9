// Runs a cell and judges it by the caller's ear. Each complaint is a sentence; none means that the promise was kept.

import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/state.ts";
import type { PatientClock } from "../../support/patient-clock.ts";
import { kindsOf, longestSilence, timeline } from "./ear.ts";
import type { PlacedCell } from "./matrix.ts";
import { type Wait, waits } from "./moments.ts";
import { play } from "./play.ts";
import { Stage } from "./stage.ts";

/**
 * What a busy machine adds to a wait: the clock of a cell stands still while the machine does, but not between two of
 * its own ticks.
 */
const BUSY_MS = 400;

/**
 * The longest that nothing may be heard, no sound and no words, ms of the call; some more for a clock that ticks every
 * 40 ms.
 */
const SILENCE_MAX_MS = 6_300;
/** How long voice may take to let go of what belonged to the call. */
const SETTLE_MS = 16_000;

/** What came of a cell. */
export interface Judged {
  readonly complaints: readonly string[];
  readonly waitedMs: number;
  /** The least wait that it fits. */
  readonly wait: Wait | undefined;
}

/** Runs one cell in a world of its own. `second`: the URL of the second host's fallback. */
export async function judge(clock: PatientClock, { row, moment, cell }: PlacedCell, second: string): Promise<Judged> {
  const stage = new Stage(clock, { ...row, fallback: cell.fate === "anew" ? second : undefined });
  try {
    const { call, struckAtMs, missed } = await play(stage, row, moment, cell);
    const heard = timeline(call, stage.config.sentences);
    const endMs = call.end?.atMs ?? clock.nowMs();
    const voiced = heard.filter(({ what }) => what !== "filler");
    const waitedMs = longestSilence(call, voiced, Math.max(struckAtMs, call.answeredAtMs ?? call.placedAtMs), endMs);
    const silentMs = call.answeredAtMs === undefined ? 0 : longestSilence(call, heard, call.answeredAtMs, endMs);
    const kinds = kindsOf(heard);
    const wait = (Object.keys(waits) as Wait[]).find((name) => waitedMs <= waits[name]);
    const { callSid } = call.facts;
    const mine = (): readonly string[] =>
      stage.records.filter(({ identity }) => identity.callSid === callSid).map(({ end }) => `${end.by}.${end.cause}`);
    await settle(clock, () => (cell.end === undefined || mine().length > 0) && stage.voice.calls.running === 0);
    const events = new Set(stage.logged.map(({ event }) => event));
    const complaints = [
      kinds.join(" ") === cell.hears.join(" ")
        ? ""
        : `expected to hear ${cell.hears.join(", ")}; heard ${heard.map(({ what, fromMs }) => `${what} at ${fromMs - struckAtMs}`).join(", ")}`,
      kinds.includes("applicationError") ? "heard the application error" : "",
      missed === undefined ? "" : `waited in vain: ${missed}`,
      silentMs <= SILENCE_MAX_MS ? "" : `heard nothing for ${silentMs} ms`,
      waitedMs <= waits[cell.wait] + BUSY_MS ? "" : `waited ${waitedMs} ms, expected ${cell.wait}`,
      mine().join(" ") === (cell.end ?? mine().join(" ")) ? "" : `expected the record ${cell.end}; got ${mine().join(" ") || "none"}`,
      mine().length <= 1 ? "" : `was recorded ${mine().length} times`,
      cell.logged === undefined || events.has(cell.logged) ? "" : `expected ${cell.logged} in the log; got ${[...events].join(" ")}`,
      isCutOff(call.line) ? "the words were cut off" : "",
    ].filter((complaint) => complaint !== "");
    return { complaints, waitedMs, wait };
  } finally {
    await stage.stop();
  }
}

/** Whether the caller's line went down before the last words were out. */
function isCutOff(line: TelephoneCall["line"]): boolean {
  const words = line.findLast((event) => event.kind === "words");
  const end = line.findLast((event) => event.kind === "hangup");
  return words?.kind === "words" && end !== undefined && end.by !== "caller" && end.atMs < words.atMs + words.text.length;
}

/** Waits until this holds, or for long enough. */
async function settle(clock: PatientClock, holds: () => boolean): Promise<void> {
  const untilMs = clock.nowMs() + SETTLE_MS;
  while (!holds() && clock.nowMs() < untilMs) await clock.pass(100);
}
