// Judges one call of the chaos test by the rules that hold for every call.

import { Buffer } from "node:buffer";
import { chime } from "../../../src/audio/chime.ts";
import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { type ChaosPlan, foreignBytes } from "./plan.ts";

/** The longest silence allowed while something is due, ms, including the delays that chaos adds. */
const SILENCE_MAX_MS = 7_000;
/** Silence in mu-law (ITU-T G.711): voice's padding and the telephone's. */
const SILENCE: ReadonlySet<number> = new Set([0xff, 0x7f]);
const NOTHING: ReadonlySet<number> = new Set();
const filler = Buffer.from(chime(), "base64");

interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  /**
   * `unheard`: the caller, into a stream that broke meanwhile, or entirely over the agent's voice: a frozen model does
   * not react, and loudness cannot tell words from an echo. No answer is due. But a caller who speaks is not waiting.
   */
  readonly by: "voice" | "caller" | "unheard";
}

/** The rules that the call breaks. `heardByModel`: the audio sent on each of the call's model connections. */
export function judgeCall(plan: ChaosPlan, call: TelephoneCall, heardByModel: readonly Uint8Array[]): readonly string[] {
  const complaints: string[] = [];
  for (const { heard } of call.streams) {
    for (const { bytes } of heard?.pieces ?? []) {
      const foreign = filler.includes(bytes) ? 0 : foreignBytes(bytes, plan.voices.model, NOTHING);
      if (foreign > 0) complaints.push(`the caller heard ${foreign} bytes that belong to another call`);
    }
  }
  for (const heard of heardByModel) {
    const foreign = foreignBytes(heard, plan.voices.caller, SILENCE);
    if (foreign > 0) complaints.push(`the model heard ${foreign} bytes that belong to another call`);
  }
  const error = call.line.find(({ kind }) => kind === "applicationError");
  if (error !== undefined) complaints.push("the caller heard the application error");
  if (call.end === undefined) complaints.push("the call did not end");
  const silentMs = longestDueSilence(call);
  if (silentMs > SILENCE_MAX_MS) complaints.push(`the caller heard nothing for ${Math.round(silentMs)} ms; ${describe(call)}`);
  return complaints;
}

/**
 * The longest silence in which something was due: from when the call is answered, or from when the caller has spoken,
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
    if (by !== "unheard") isDue = by === "caller";
    quietFromMs = Math.max(quietFromMs, untilMs);
  }
  return isDue ? Math.max(longest, end.atMs - quietFromMs) : longest;
}

/** Everything that sounded, in order. */
function stretchesOf(call: TelephoneCall): readonly Stretch[] {
  const breaks = call.streams.flatMap(({ end }) => (end === undefined || end.by === "caller" ? [] : [end.atMs]));
  const stretches = call.line.flatMap((event): Stretch[] => {
    const { kind, atMs } = event;
    if (kind === "audio") return [{ fromMs: atMs, untilMs: event.untilMs, by: "voice" }];
    if (kind === "say") return [{ fromMs: atMs, untilMs: atMs + event.text.length * 10, by: "voice" }];
    if (kind !== "spoke") return [];
    const isLost = breaks.some((breakMs) => breakMs >= atMs && breakMs <= event.untilMs + 1_000);
    const isOver = call.line.some((other) => other.kind === "audio" && other.atMs <= atMs && other.untilMs >= event.untilMs);
    return [{ fromMs: atMs, untilMs: event.untilMs, by: isLost || isOver ? "unheard" : "caller" }];
  });
  return stretches.sort((one, other) => one.fromMs - other.fromMs);
}

function describe(call: TelephoneCall): string {
  const since = call.placedAtMs;
  return call.line
    .map((event) => `${event.kind} ${Math.round(event.atMs - since)}${"untilMs" in event ? `-${Math.round(event.untilMs - since)}` : ""}`)
    .join(", ");
}
