// What a server owes to a caller who speaks over it: what Twilio has buffered is cleared, and nothing more of that reply comes. The measure is the caller's ear.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import type { DoctorCheck } from "../evidence/evidence.ts";
import { audibleMs, firstStream, type StreamFacts, seconds, stepOf, untried } from "../evidence/stream-facts.ts";

const source = "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message";

/** A reply that goes on for longer was not going to end by itself just then. Detection of speech takes 0.3 s, and the way there and back as much at most. */
const TALKS_ON_MS = 1_500;
/** After a clear: what was on its way. */
const ON_THE_WAY_MS = 250;
/** As much of the old reply after a clear is no remnant. */
const REMNANT_MS = 400;
/** A shorter look after the clear shows nothing. */
const LEAST_LOOK_MS = 600;

interface Interruption {
  readonly atMs: number;
  readonly untilMs: number;
  /** How long the caller heard it go on. */
  readonly wentOnMs: number;
  readonly clearedAtMs: number | undefined;
}

/** The caller's speaking over something that was being heard; undefined: it did not come to that. */
function interruptionOf(facts: StreamFacts): Interruption | undefined {
  const step = stepOf(facts, "interrupted");
  if (step?.untilMs === undefined) return undefined;
  const { atMs, untilMs } = step;
  const span = facts.spans.find(({ fromMs, untilMs: endMs }) => fromMs <= atMs && endMs > atMs);
  if (span === undefined) return undefined;
  const cleared = facts.fromServer.find((frame) => frame.message?.type === "clear" && frame.atMs >= atMs);
  return { atMs, untilMs, wentOnMs: Math.round(span.untilMs - atMs), clearedAtMs: cleared?.atMs };
}

const clear: DoctorCheck = {
  id: "interrupt.clear",
  stage: "interrupt",
  level: "error",
  requirement: "When the caller speaks over a reply, it stops: what Twilio has buffered is cleared at once.",
  source,
  judge(evidence) {
    const expected = `a clear, or silence, within ${seconds(TALKS_ON_MS)} of the caller's first word`;
    const facts = firstStream(evidence);
    const interruption = facts === undefined ? undefined : interruptionOf(facts);
    if (interruption === undefined) return untried(expected, "no reply was long enough to be spoken over");
    const { atMs, wentOnMs, clearedAtMs } = interruption;
    if (clearedAtMs !== undefined && clearedAtMs - atMs <= TALKS_ON_MS) {
      const ms = Math.round(clearedAtMs - atMs);
      return { ok: true, expected, actual: `a clear after ${seconds(ms)}`, ms };
    }
    const told = `the reply went on for ${seconds(wentOnMs)}`;
    if (clearedAtMs !== undefined) {
      const actual = `a clear only after ${seconds(clearedAtMs - atMs)}: ${told}`;
      return { ok: false, level: "warning", expected, actual, ms: wentOnMs, cause: "interrupt-no-clear" };
    }
    if (wentOnMs <= TALKS_ON_MS)
      return { ok: undefined, expected, actual: `no clear, and ${told}: perhaps it ended by itself`, ms: wentOnMs };
    return { ok: false, expected, actual: `no clear: ${told}`, ms: wentOnMs, cause: "interrupt-no-clear" };
  },
};

const stops: DoctorCheck = {
  id: "interrupt.stops",
  stage: "interrupt",
  level: "error",
  requirement: "After a clear nothing more of the reply that was spoken over is sent, also not what the model sends late.",
  source,
  judge(evidence) {
    const expected = "silence while the caller goes on speaking";
    const facts = firstStream(evidence);
    const interruption = facts === undefined ? undefined : interruptionOf(facts);
    if (facts === undefined || interruption?.clearedAtMs === undefined) return untried(expected, "there was no clear");
    const span = { fromMs: interruption.clearedAtMs + ON_THE_WAY_MS, untilMs: interruption.untilMs };
    if (span.untilMs - span.fromMs < LEAST_LOOK_MS) return untried(expected, "the clear came too late to tell");
    const ms = Math.round(audibleMs(facts, span));
    if (ms < REMNANT_MS) return { ok: true, expected, actual: ms === 0 ? "silence" : `${ms} ms of it` };
    return { ok: false, expected, actual: `${seconds(ms)} more were heard`, ms, cause: "interrupt-audio-after-clear" };
  },
};

/** In the order of a call. */
export const INTERRUPT_CHECKS: readonly DoctorCheck[] = [clear, stops];
