// A reply must stop when the caller speaks over it: the server clears what Twilio has buffered, and sends nothing more
// of that reply. This is judged by what the caller hears.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import type { DoctorCheck } from "../evidence/evidence.ts";
import { audibleBlocks, type HeardBlock } from "../evidence/heard-blocks.ts";
import { audibleMs, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";

const source = "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message";

/**
 * A reply that continues longer than this was not about to end anyway. Speech detection takes 0.3 s, and the round trip
 * at most as long.
 */
const TALKS_ON_MS = 1_500;
/** A reply of which this much was heard was spoken over; once, it may have ended before the server noticed. */
const NOTICED_MS = 700;
/** A pause between words. */
const PAUSE_MS = 300;
/** A clear that comes later after the caller's last word is not about this interruption. */
const LATE_CLEAR_MS = 3_000;
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
  judge: onStream((stream) => {
    const all = interruptionsOf(stream);
    const [first] = all;
    if (first === undefined) return untested("no reply was long enough to speak over");
    if (stream.fromServer.some(({ bad }) => bad === "clear-malformed")) return untested("Twilio ignored the server's clear messages");
    const longest = all.reduce((most, one) => (one.continuedMs > most.continuedMs ? one : most));
    const ms = longest.continuedMs;
    const heard = `the reply continued for ${all.map(({ continuedMs }) => seconds(continuedMs)).join(", ")}`;
    if (all.every(({ clearedAtMs }) => clearedAtMs === undefined)) {
      const ignored = all.filter(({ continuedMs }) => continuedMs >= NOTICED_MS);
      const isProven = ms > TALKS_ON_MS || (ignored.length > 1 && sumOf(ignored) > TALKS_ON_MS);
      const where = all.length === 1 ? "the interruption" : `${all.length} interruptions`;
      if (isProven) return failed("interrupt-no-clear", `no clear in ${where}: ${heard}`, { ms });
      return untested(`no clear: ${heard}, and may have ended by itself`, { ms });
    }
    const clearedMs = all.flatMap(({ atMs, clearedAtMs }) => (clearedAtMs === undefined ? [] : [Math.round(clearedAtMs - atMs)]));
    const slowestMs = Math.max(...clearedMs);
    if (ms <= TALKS_ON_MS) return passed(`a clear after ${seconds(Math.min(...clearedMs))}`, { ms: Math.min(...clearedMs) });
    const actual =
      longest.clearedAtMs === undefined ? `no clear in one of ${all.length} interruptions` : `a clear only after ${seconds(slowestMs)}`;
    return failed("interrupt-no-clear", `${actual}: ${heard}`, { level: "warning", ms });
  }),
};

function sumOf(interruptions: readonly Interruption[]): number {
  return interruptions.reduce((sum, { continuedMs }) => sum + continuedMs, 0);
}

const stops: DoctorCheck = {
  id: "interrupt.stops",
  stage: "interrupt",
  level: "error",
  requirement: "After a clear the server sends nothing more of the interrupted reply, not even what the model sends late.",
  expected: "silence while the caller continues to speak",
  source,
  judge: onStream((stream) => {
    const cleared = interruptionsOf(stream).flatMap(({ clearedAtMs, untilMs }) =>
      clearedAtMs === undefined ? [] : [{ fromMs: clearedAtMs + IN_FLIGHT_MS, untilMs }],
    );
    if (cleared.length === 0) return untested("there was no clear");
    const observed = cleared.filter(({ fromMs, untilMs }) => untilMs - fromMs >= MIN_OBSERVED_MS);
    if (observed.length === 0) return untested("the clear came too late to judge");
    const ms = Math.round(Math.max(...observed.map((span) => audibleMs(stream, span))));
    if (ms < REMNANT_MS) return passed(ms === 0 ? "silence" : `${ms} ms of it`);
    return failed("interrupt-audio-after-clear", `${seconds(ms)} more were heard`, { ms });
  }),
};

interface Interruption {
  /** The caller's first and last word. */
  readonly atMs: number;
  readonly untilMs: number;
  /** How long the caller heard the interrupted reply continue, pauses included. */
  readonly continuedMs: number;
  readonly clearedAtMs: number | undefined;
}

/** Each time that the caller spoke while a reply was playing. */
function interruptionsOf(stream: StreamFacts): readonly Interruption[] {
  const blocks = audibleBlocks(stream);
  return stream.actions.flatMap(({ name, atMs, untilMs }) =>
    name !== "interrupted" || untilMs === undefined ? [] : (interruptionAt(atMs, untilMs, blocks, stream) ?? []),
  );
}

/** Undefined: the reply had ended. */
function interruptionAt(
  atMs: number,
  untilMs: number,
  blocks: readonly HeardBlock[],
  { fromServer }: StreamFacts,
): Interruption | undefined {
  const clear = fromServer.find((frame) => frame.message?.type === "clear" && frame.atMs >= atMs && frame.atMs <= untilMs + LATE_CLEAR_MS);
  // Until the caller's last word, what the server sends still belongs to the interrupted reply.
  const sentByMs = clear?.atMs ?? untilMs;
  let continuesUntilMs = atMs;
  for (const { fromMs, untilMs: endMs, arrivedMs } of blocks) {
    if (fromMs < atMs - PAUSE_MS) continue;
    // Sound that goes on without a pause does too.
    if (arrivedMs > sentByMs && (clear !== undefined || fromMs - continuesUntilMs > PAUSE_MS)) break;
    continuesUntilMs = Math.max(continuesUntilMs, endMs);
  }
  const continuedMs = Math.round(continuesUntilMs - atMs);
  return continuedMs === 0 ? undefined : { atMs, untilMs, continuedMs, clearedAtMs: clear?.atMs };
}

/** In the order of a call. */
export const INTERRUPT_CHECKS: readonly DoctorCheck[] = [clear, stops];
