// What chaos has in store for one call, drawn from its dice: how its dials go, what becomes of the frames of both legs,
// what the caller does. Nothing is done here.

import { Buffer } from "node:buffer";
import type { WireFault } from "../../../src/simulators/openai/faults.ts";
import type { ModelBehavior } from "../../../src/simulators/sockets/model-simulator.ts";
import type { TelephoneCommand } from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import type { PatientClock } from "../../support/patient-clock.ts";
import { type Dice, dice } from "./dice.ts";

/** What a call says and hears: two loud codes of mu-law in turns, which no other call has. */
export interface Voices {
  readonly caller: readonly [number, number];
  readonly model: readonly [number, number];
}

/** One thing the caller, or the network, does, so many milliseconds after the one before. */
export interface Deed {
  readonly afterMs: number;
  readonly command: TelephoneCommand | "freezeModel" | "breakModel";
}

/** What comes of one call. */
export interface ChaosPlan {
  readonly number: number;
  readonly voices: Voices;
  /** Of each dial in turn; later ones go well. */
  readonly dials: readonly (Partial<ModelBehavior> | { readonly url: string } | undefined)[];
  readonly deeds: readonly Deed[];
  /** What becomes of a frame of the caller's, and of the model's. */
  readonly callerFrames: FrameFate;
  readonly modelFrames: FrameFate;
}

/** Sends, delays, loses, doubles, exchanges frames. */
export type FrameFate = (frame: string, send: (frame: string) => void) => void;

const handshakes = ["429", "500", "503", "unanswered"] as const;
const fatal = ["401", "403", "404"] as const;
const wire: readonly WireFault[] = [
  "mute",
  "no-session-updated",
  "rate-limit",
  "stall",
  "cut-short",
  "filtered",
  "two-items",
  "burst",
  "late-deltas",
  "drop-mid-reply",
  "crash-mid-reply",
  "expire-mid-reply",
  "quota",
];

/** Draws the plan of call `number` under a seed. */
export function drawPlan(seed: number, number: number, clock: PatientClock): ChaosPlan {
  const throws = dice(Math.imul(seed, 1_000_003) + number);
  const voices = voicesOf(number);
  return {
    number,
    voices,
    dials: Array.from({ length: throws.between(0, 3) }, () => drawDial(throws)),
    deeds: drawDeeds(throws, voices),
    callerFrames: drawFate(throws, clock, (frame) => frame.startsWith('{"event":"media"')),
    modelFrames: drawFate(throws, clock, (frame) => frame.includes('"response.output_audio')),
  };
}

/** Loud codes: magnitudes 0x10 to 0x4f, positive for one, negative for the other; 1,600 pairs, and none is silence. */
function voicesOf(number: number): Voices {
  const pair = (index: number): readonly [number, number] => [0x10 + (index % 40), 0x90 + (Math.floor(index / 40) % 40)];
  return { caller: pair(number), model: pair(1_599 - number) };
}

/** So much of a voice, PCMU. */
export function voiced([one, other]: readonly [number, number], ms: number): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, at) => (at % 2 === 0 ? one : other));
}

function drawDial(throws: Dice): Partial<ModelBehavior> | { readonly url: string } | undefined {
  const kind = throws.next();
  if (kind < 0.4) return undefined;
  if (kind < 0.55) return { handshake: throws.one(handshakes) };
  if (kind < 0.6) return { handshake: throws.one(fatal) };
  if (kind < 0.7) return { url: "ws://127.0.0.1:1/v1/realtime" };
  return { faults: [throws.one(wire)], thinkMs: throws.between(0, 500), speedUp: throws.between(1, 20) };
}

function drawDeeds(throws: Dice, { caller }: Voices): readonly Deed[] {
  const deeds = Array.from({ length: throws.between(1, 4) }, (): Deed => {
    const afterMs = throws.between(200, 2_500);
    const kind = throws.next();
    if (kind < 0.5) return { afterMs, command: { type: "say", speech: voiced(caller, throws.between(300, 1_200)) } };
    if (kind < 0.65) return { afterMs, command: { type: "press", digit: throws.one([..."0123456789*#"]) } };
    if (kind < 0.75) return { afterMs, command: { type: "dropSocket" } };
    if (kind < 0.82)
      return { afterMs, command: { type: "sendText", text: throws.one(["{", "[]", '{"event":"hologram"}', '{"event":"media"}']) } };
    if (kind < 0.88) return { afterMs, command: { type: "sendBinary", bytes: Uint8Array.of(1, 2, 3) } };
    return { afterMs, command: throws.chance(0.5) ? "freezeModel" : "breakModel" };
  });
  return [...deeds, { afterMs: throws.between(500, 9_000), command: { type: "hangUp", asked: throws.chance(0.5) } }];
}

/**
 * Delay goes for all frames in their order; loss, doubling and exchange for `some` alone: the others come once, or
 * nothing could be said of a call at all.
 */
function drawFate(throws: Dice, clock: PatientClock, some: (frame: string) => boolean): FrameFate {
  const delayMs = throws.chance(0.4) ? throws.between(20, 400) : 0;
  const [loses, doubles, exchanges] = throws.chance(0.4) ? [0.02, 0.02, 0.02] : [0, 0, 0];
  let held: string | undefined;
  return (frame, send) => {
    const deliver = (each: string): void => void (delayMs === 0 ? send(each) : clock.after(delayMs, () => send(each)));
    if (some(frame) && throws.chance(loses)) return;
    if (some(frame) && held === undefined && throws.chance(exchanges)) {
      held = frame;
      return;
    }
    deliver(frame);
    if (some(frame) && throws.chance(doubles)) deliver(frame);
    if (held !== undefined) deliver(held);
    held = undefined;
  };
}

/** Bytes of `heard` that are neither of this voice, nor among what else may be heard. */
export function strangeBytes(heard: Uint8Array, voice: readonly [number, number], others: ReadonlySet<number>): number {
  return Buffer.from(heard).filter((code) => !voice.includes(code) && !others.has(code)).length;
}
