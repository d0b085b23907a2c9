// The random plan of one call: how its dials go, what happens to the frames of both legs, what the caller does. It is
// carried out in run.ts.

import { Buffer } from "node:buffer";
import type { WireFault } from "../../../src/simulators/openai/faults.ts";
import type { ModelBehaviour } from "../../../src/simulators/sockets/model-simulator.ts";
import type { TelephoneCommand } from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import type { PatientClock } from "../../support/patient-clock.ts";
import { type Dice, dice } from "./dice.ts";

/** What is said in a call, by each side: two loud mu-law codes alternating, unique to this call. */
export interface Voices {
  readonly caller: readonly [number, number];
  readonly model: readonly [number, number];
}

/** What the caller or the network does, this long after the previous action. */
export interface Action {
  readonly afterMs: number;
  readonly command: TelephoneCommand | "freezeModel" | "breakModel";
}

export interface ChaosPlan {
  readonly number: number;
  readonly voices: Voices;
  /** For each dial in turn. Later ones succeed. */
  readonly dials: readonly (Partial<ModelBehaviour> | { readonly url: string } | undefined)[];
  readonly actions: readonly Action[];
  /** What happens to each frame of the caller, and of the model. */
  readonly callerFrames: FrameTreatment;
  readonly modelFrames: FrameTreatment;
}

/** Sends, delays, drops, duplicates or reorders frames. */
export type FrameTreatment = (frame: string, send: (frame: string) => void) => void;

const handshakes = ["429", "500", "503", "unanswered"] as const;
const fatal = ["401", "403", "404"] as const;
const wire: readonly WireFault[] = [
  "silent",
  "no-session-updated",
  "rate-limited",
  "response-stalls",
  "incomplete-max-tokens",
  "incomplete-content-filter",
  "audio-in-two-items",
  "audio-all-at-once",
  "audio-after-cancel",
  "connection-lost-mid-response",
  "close-1011-mid-response",
  "session-expires-mid-response",
  "quota-exceeded",
];

/** How late a duplicate may be: long after the response that it belongs to. */
const LATE_MS = 3_000;

export function drawPlan(seed: number, number: number, clock: PatientClock): ChaosPlan {
  const random = dice(Math.imul(seed, 1_000_003) + number);
  const voices = voicesOf(number);
  return {
    number,
    voices,
    dials: Array.from({ length: random.between(0, 3) }, () => drawDial(random)),
    actions: drawActions(random, voices),
    callerFrames: drawTreatment(random, clock, (frame) => frame.startsWith('{"event":"media"')),
    modelFrames: drawTreatment(random, clock, (frame) => frame.includes('"response.output_audio')),
  };
}

/** Loud codes: magnitudes 0x10 to 0x4f, one positive, one negative. 1,600 pairs, none of which is silence. */
function voicesOf(number: number): Voices {
  const pair = (index: number): readonly [number, number] => [0x10 + (index % 40), 0x90 + (Math.floor(index / 40) % 40)];
  return { caller: pair(number), model: pair(1_599 - number) };
}

/** PCMU in this voice. */
export function voiced([one, other]: readonly [number, number], ms: number): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, at) => (at % 2 === 0 ? one : other));
}

function drawDial(random: Dice): Partial<ModelBehaviour> | { readonly url: string } | undefined {
  const kind = random.next();
  if (kind < 0.4) return undefined;
  if (kind < 0.55) return { handshake: random.one(handshakes) };
  if (kind < 0.6) return { handshake: random.one(fatal) };
  if (kind < 0.7) return { url: "ws://127.0.0.1:1/v1/realtime" };
  return { faults: [random.one(wire)], thinkMs: random.between(0, 500), speedUp: random.between(1, 20) };
}

function drawActions(random: Dice, { caller }: Voices): readonly Action[] {
  const actions = Array.from({ length: random.between(1, 4) }, (): Action => {
    const afterMs = random.between(200, 2_500);
    const kind = random.next();
    if (kind < 0.5) return { afterMs, command: { type: "say", speech: voiced(caller, random.between(300, 1_200)) } };
    if (kind < 0.65) return { afterMs, command: { type: "press", digit: random.one([..."0123456789*#"]) } };
    if (kind < 0.75) return { afterMs, command: { type: "dropSocket" } };
    if (kind < 0.82)
      return { afterMs, command: { type: "sendText", text: random.one(["{", "[]", '{"event":"hologram"}', '{"event":"media"}']) } };
    if (kind < 0.88) return { afterMs, command: { type: "sendBinary", bytes: Uint8Array.of(1, 2, 3) } };
    return { afterMs, command: random.chance(0.5) ? "freezeModel" : "breakModel" };
  });
  return [...actions, { afterMs: random.between(500, 9_000), command: { type: "hangUp", requestsAction: random.chance(0.5) } }];
}

/**
 * Delay applies to all frames and keeps their order. Loss, duplication and reordering apply to `some` only: if the
 * others did not arrive exactly once, no rule could hold.
 */
function drawTreatment(random: Dice, clock: PatientClock, some: (frame: string) => boolean): FrameTreatment {
  const delayMs = random.chance(0.4) ? random.between(20, 400) : 0;
  const [loss, duplication, reordering] = random.chance(0.4) ? [0.02, 0.02, 0.02] : [0, 0, 0];
  let held: string | undefined;
  return (frame, send) => {
    const deliver = (each: string): void => void (delayMs === 0 ? send(each) : clock.after(delayMs, () => send(each)));
    if (some(frame) && random.chance(loss)) return;
    if (some(frame) && held === undefined && random.chance(reordering)) {
      held = frame;
      return;
    }
    deliver(frame);
    if (some(frame) && random.chance(duplication)) {
      if (random.chance(0.5)) deliver(frame);
      else clock.after(delayMs + random.between(1, LATE_MS), () => send(frame));
    }
    if (held !== undefined) deliver(held);
    held = undefined;
  };
}

/** How many bytes of `heard` are neither of this voice nor one of `others`. */
export function foreignBytes(heard: Uint8Array, voice: readonly [number, number], others: ReadonlySet<number>): number {
  return Buffer.from(heard).filter((code) => !voice.includes(code) && !others.has(code)).length;
}
