// A reply must stop when the caller speaks over it: the server clears what Twilio has buffered, and sends nothing more
// of that reply. This is judged by what the caller hears.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import type { DoctorCheck } from "../evidence/evidence.ts";
import { actionOf, audibleMs, firstStream, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, passed, untested } from "./judgement.ts";

const source = "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message";

/**
 * A reply that continues longer than this was not about to end anyway. Speech detection takes 0.3 s, and the round trip
 * at most as long.
 */
const TALKS_ON_MS = 1_500;
/** Audio this long after a clear was already on its way. */
const IN_FLIGHT_MS = 250;
/** This much of the old reply after a clear is more than a remnant. */
const REMNANT_MS = 400;
/** A shorter time between the clear and the caller's last word shows nothing. */
const MIN_OBSERVED_MS = 600;

const clear: DoctorCheck = {
  id: "interrupt.clear",
  stage: "interrupt",
  level: "error",
  requirement: "A reply stops when the caller speaks over it: the server clears what Twilio has buffered.",
  expected: `a clear, or silence, within ${seconds(TALKS_ON_MS)} of the caller's first word`,
  source,
  judge: (evidence) => {
    const interruption = interruptionOf(firstStream(evidence));
    if (interruption === undefined) return untested("no reply was long enough to speak over");
    const { atMs, continuedMs, clearedAtMs, malformed } = interruption;
    const continued = `the reply continued for ${seconds(continuedMs)}`;
    if (clearedAtMs === undefined) {
      if (malformed !== undefined) return failed("clear-malformed", `${malformed}: ${continued}`, { ms: continuedMs });
      const actual = `no clear: ${continued}`;
      if (continuedMs > TALKS_ON_MS) return failed("interrupt-no-clear", actual, { ms: continuedMs });
      return untested(`${actual}, and may have ended by itself`, { ms: continuedMs });
    }
    const ms = Math.round(clearedAtMs - atMs);
    if (clearedAtMs - atMs <= TALKS_ON_MS) return passed(`a clear after ${seconds(ms)}`, { ms });
    return failed("interrupt-no-clear", `a clear only after ${seconds(ms)}: ${continued}`, { level: "warning", ms: continuedMs });
  },
};

const stops: DoctorCheck = {
  id: "interrupt.stops",
  stage: "interrupt",
  level: "error",
  requirement: "After a clear the server sends nothing more of the interrupted reply, not even what the model sends late.",
  expected: "silence while the caller continues to speak",
  source,
  judge: (evidence) => {
    const stream = firstStream(evidence);
    const interruption = interruptionOf(stream);
    if (stream === undefined || interruption?.clearedAtMs === undefined) return untested("there was no clear");
    const span = { fromMs: interruption.clearedAtMs + IN_FLIGHT_MS, untilMs: interruption.untilMs };
    if (span.untilMs - span.fromMs < MIN_OBSERVED_MS) return untested("the clear came too late to judge");
    const ms = Math.round(audibleMs(stream, span));
    if (ms < REMNANT_MS) return passed(ms === 0 ? "silence" : `${ms} ms of it`);
    return failed("interrupt-audio-after-clear", `${seconds(ms)} more were heard`, { ms });
  },
};

interface Interruption {
  /** The caller's first and last word. */
  readonly atMs: number;
  readonly untilMs: number;
  /** How long the caller heard the reply continue. */
  readonly continuedMs: number;
  readonly clearedAtMs: number | undefined;
  /** What is wrong with a clear that Twilio ignored. */
  readonly malformed: string | undefined;
}

/** Undefined: the caller never spoke while something was heard. */
function interruptionOf(stream: StreamFacts | undefined): Interruption | undefined {
  const action = stream === undefined ? undefined : actionOf(stream, "interrupted");
  if (stream === undefined || action?.untilMs === undefined) return undefined;
  const { atMs, untilMs } = action;
  const reply = stream.spans.find((span) => span.fromMs <= atMs && span.untilMs > atMs);
  if (reply === undefined) return undefined;
  const cleared = stream.fromServer.find((frame) => frame.message?.type === "clear" && frame.atMs >= atMs);
  const [malformed] = stream.fromServer.flatMap((frame) => (frame.bad === "clear-malformed" && frame.atMs >= atMs ? [frame.problem] : []));
  return { atMs, untilMs, continuedMs: Math.round(reply.untilMs - atMs), clearedAtMs: cleared?.atMs, malformed };
}

/** In the order of a call. */
export const INTERRUPT_CHECKS: readonly DoctorCheck[] = [clear, stops];
