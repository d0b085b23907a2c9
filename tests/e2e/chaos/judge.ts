// Looks at one call of the chaos: what must hold for it, whatever has happened to it.

import { Buffer } from "node:buffer";
import { chime } from "../../../src/audio/chime.ts";
import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { type ChaosPlan, strangeBytes } from "./plan.ts";

/** The longest that nothing may be heard while something is due, ms; a loaded line's delays are in it. */
const SILENCE_MAX_MS = 7_000;
/** Silence as mu-law has it (ITU-T G.711): our own padding, and the telephone's. */
const SILENCE: ReadonlySet<number> = new Set([0xff, 0x7f]);
const NOTHING: ReadonlySet<number> = new Set();
const filler = Buffer.from(chime(), "base64");

interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  /**
   * `nobody`: the caller, into a stream that broke meanwhile, or wholly over the agent's own voice, where a model that
   * is frozen notices nothing and loudness cannot tell words from an echo. It reached nobody and is owed no answer, but
   * whoever speaks does not wait.
   */
  readonly by: "voice" | "caller" | "nobody";
}

/** What does not hold; empty when all does. `heardByModel`: what each of the call's connections was sent. */
export function judgeCall(plan: ChaosPlan, call: TelephoneCall, heardByModel: readonly Uint8Array[]): readonly string[] {
  const complaints: string[] = [];
  for (const { heard } of call.streams) {
    for (const { bytes } of heard?.pieces ?? []) {
      const strange = filler.includes(bytes) ? 0 : strangeBytes(bytes, plan.voices.model, NOTHING);
      if (strange > 0) complaints.push(`the caller heard ${strange} bytes that are of another call`);
    }
  }
  for (const heard of heardByModel) {
    const strange = strangeBytes(heard, plan.voices.caller, SILENCE);
    if (strange > 0) complaints.push(`the model heard ${strange} bytes that are of another call`);
  }
  const error = call.line.find(({ kind }) => kind === "applicationError");
  if (error !== undefined) complaints.push("the caller heard the application error");
  if (call.end === undefined) complaints.push("the call did not end");
  const silentMs = longestDueSilence(call);
  if (silentMs > SILENCE_MAX_MS) complaints.push(`the caller was left in silence for ${Math.round(silentMs)} ms; ${tell(call)}`);
  return complaints;
}

/**
 * The longest silence in which something was due: from the answer of the call on, and from what the caller has said on,
 * until voice is heard.
 */
function longestDueSilence(call: TelephoneCall): number {
  const { answeredAtMs, end } = call;
  if (answeredAtMs === undefined || end === undefined) return 0;
  const stretches = stretchesOf(call);
  let isDue = true;
  let quietFromMs = answeredAtMs;
  let longest = 0;
  for (const { fromMs, untilMs, by } of stretches) {
    if (isDue) longest = Math.max(longest, fromMs - quietFromMs);
    if (by !== "nobody") isDue = by === "caller";
    quietFromMs = Math.max(quietFromMs, untilMs);
  }
  return isDue ? Math.max(longest, end.atMs - quietFromMs) : longest;
}

/** All that sounded, in order. */
function stretchesOf(call: TelephoneCall): readonly Stretch[] {
  const breaks = call.streams.flatMap(({ end }) => (end === undefined || end.by === "caller" ? [] : [end.atMs]));
  const stretches = call.line.flatMap((event): Stretch[] => {
    const { kind, atMs } = event;
    if (kind === "audio") return [{ fromMs: atMs, untilMs: event.untilMs, by: "voice" }];
    if (kind === "words") return [{ fromMs: atMs, untilMs: atMs + event.text.length * 10, by: "voice" }];
    if (kind !== "spoke") return [];
    const isLost = breaks.some((breakMs) => breakMs >= atMs && breakMs <= event.untilMs + 1_000);
    const isOver = call.line.some((other) => other.kind === "audio" && other.atMs <= atMs && other.untilMs >= event.untilMs);
    return [{ fromMs: atMs, untilMs: event.untilMs, by: isLost || isOver ? "nobody" : "caller" }];
  });
  return stretches.sort((one, other) => one.fromMs - other.fromMs);
}

function tell(call: TelephoneCall): string {
  const since = call.placedAtMs;
  return call.line
    .map((event) => `${event.kind} ${Math.round(event.atMs - since)}${"untilMs" in event ? `-${Math.round(event.untilMs - since)}` : ""}`)
    .join(", ");
}
