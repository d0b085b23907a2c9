// The audio of simulated calls: each 20 ms begins with a label that names its call and its number, and continues with
// the two tones of its call. A relay that passes mu-law on byte for byte keeps the label, wherever it cuts the audio;
// one that converts the audio keeps the tones. Loud labels are speech for any detector of voices, quiet ones silence.
// Mu-law as in ITU-T G.711 (audio/g711.ts).

import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { renderTones, toneLevelDbfs } from "../../audio/tone.ts";

/** 20 ms of mu-law. */
export const FRAME_BYTES = 160;
/** Calls with different labels: 16 bits. */
export const MAX_LABELLED_CALLS = 65_536;
/** Frame numbers: 20 bits, almost six hours. */
export const MAX_FRAME_NUMBER = 1_048_575;

/** Who rendered the audio. */
export type Side = "caller" | "model";

export interface FrameLabel {
  readonly side: Side;
  readonly call: number;
  readonly frame: number;
  readonly loud: boolean;
}

/** A symbol is 4 bits, one byte of mu-law. Its sign alternates, so that a label has no direct current. */
const START = [0xb, 0x1, 0xe, 0x4];
const SIDE_AT = START.length;
const CALL_AT = SIDE_AT + 1;
const FRAME_AT = CALL_AT + 4;
const CHECK_AT = FRAME_AT + 5;
const LABEL_BYTES = CHECK_AT + 3;
/** Magnitudes of 492 to 7932. */
const loudCode = (symbol: number): number => 0xa0 + 4 * symbol;
/** Magnitudes of 16 to 148, below -45 dBFS. */
const quietCode = (symbol: number): number => 0xee + symbol;

const symbolTable = (codeOf: (symbol: number) => number): Int8Array => {
  const symbols = new Int8Array(256).fill(-1);
  for (let symbol = 0; symbol < 16; symbol++) symbols[codeOf(symbol)] = symbol;
  return symbols;
};
const loudSymbols = symbolTable(loudCode);
const quietSymbols = symbolTable(quietCode);
const LOUD_START = loudCode(START[0] as number);
const QUIET_START = quietCode(START[0] as number);

/** Twelve bits over the label's fields, so that other audio is not taken for a label. */
function checksum(side: number, call: number, frame: number): number {
  const mixed = Math.imul(Math.imul(call + 1, 0x9e3779b1) ^ (frame * 16 + side), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) & 0xfff;
}

/** The tones' frequencies: whole periods in 20 ms, so that frames join without a click and tones do not mix. */
const frequencies = Array.from({ length: 26 }, (_, at) => 400 + 100 * at);
const pairs = frequencies.flatMap((_, low) =>
  frequencies.flatMap((__, high) => (high > low + 1 ? [[frequencies[low] as number, frequencies[high] as number] as const] : [])),
);
/** Calls with different pairs of tones. The pairs of further calls repeat. */
export const TONE_PAIRS: number = pairs.length;
const TONE_DBFS = -15;

/** Which pair of tones a call has. */
export function tonePairOf(call: number): number {
  return call % TONE_PAIRS;
}

/** Renders the frames of one call and side. A class because it keeps the rendered tones. */
export class LabelledAudio {
  readonly #side: Side;
  readonly #call: number;
  readonly #tones: Uint8Array;

  constructor(side: Side, call: number) {
    this.#side = side;
    this.#call = call % MAX_LABELLED_CALLS;
    const pair = pairs[tonePairOf(call)] ?? [400, 600];
    const tones = pair.map((hz) => ({ hz, dbfs: TONE_DBFS }));
    this.#tones = encodeMulaw(renderTones(tones, 0, FRAME_BYTES));
  }

  /** 160 bytes. `frame` counts from 0. */
  frame(frame: number, loud: boolean): Uint8Array {
    const bytes = loud ? this.#tones.slice() : new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE);
    const side = this.#side === "caller" ? 1 : 2;
    const number = frame & MAX_FRAME_NUMBER;
    const check = checksum(side, this.#call, number);
    const codeOf = loud ? loudCode : quietCode;
    for (let at = 0; at < LABEL_BYTES; at++) bytes[at] = codeOf(symbolAt(at, side, this.#call, number, check)) ^ signAt(at);
    return bytes;
  }
}

const signAt = (at: number): number => (at & 1) << 7;

function symbolAt(at: number, side: number, call: number, frame: number, check: number): number {
  if (at < SIDE_AT) return START[at] as number;
  if (at < CALL_AT) return side;
  if (at < FRAME_AT) return (call >> (4 * (FRAME_AT - 1 - at))) & 0xf;
  if (at < CHECK_AT) return (frame >> (4 * (CHECK_AT - 1 - at))) & 0xf;
  return (check >> (4 * (LABEL_BYTES - 1 - at))) & 0xf;
}

/** Finds the labels in a stream of mu-law bytes. A class because it keeps what may become a label. */
export class LabelReader {
  #rest = new Uint8Array(0);
  /** Bytes of the current frame that are still to come. */
  #skip = 0;

  /** Takes the next bytes, cut anywhere, and returns the labels that they complete. */
  push(bytes: Uint8Array): readonly FrameLabel[] {
    const labels: FrameLabel[] = [];
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    let at = this.#skip;
    while (at + LABEL_BYTES <= all.length) {
      const label = readLabel(all, at);
      if (label !== undefined) labels.push(label);
      at += label === undefined ? 1 : FRAME_BYTES;
    }
    this.#rest = at < all.length ? all.slice(at) : new Uint8Array(0);
    this.#skip = Math.max(0, at - all.length);
    return labels;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

function readLabel(bytes: Uint8Array, from: number): FrameLabel | undefined {
  const first = bytes[from];
  if (first !== LOUD_START && first !== QUIET_START) return undefined;
  const loud = first === LOUD_START;
  const symbols = loud ? loudSymbols : quietSymbols;
  const read = (at: number): number => symbols[(bytes[from + at] as number) ^ signAt(at)] as number;
  for (let at = 1; at < START.length; at++) if (read(at) !== START[at]) return undefined;
  const number = (at: number, end: number): number => {
    let value = 0;
    for (let digit = at; digit < end; digit++) {
      const symbol = read(digit);
      if (symbol < 0) return -1;
      value = value * 16 + symbol;
    }
    return value;
  };
  const [side, call] = [read(SIDE_AT), number(CALL_AT, FRAME_AT)];
  const [frame, check] = [number(FRAME_AT, CHECK_AT), number(CHECK_AT, LABEL_BYTES)];
  if (call < 0 || frame < 0 || check !== checksum(side, call, frame)) return undefined;
  return side === 1 || side === 2 ? { side: side === 1 ? "caller" : "model", call, frame, loud } : undefined;
}

/** Part of a block's power that its two tones must have: they have 0.7 at least beside a label, speech has less. */
const MIN_TONE_SHARE = 0.65;
/** Quieter blocks are not judged. */
const MIN_TONE_DBFS = -40;

/** The pair of tones that a block consists of. Undefined: it is something else. `bytes`: at least 20 ms of mu-law. */
export function findTonePair(bytes: Uint8Array): number | undefined {
  const samples = decodeMulaw(bytes.subarray(0, FRAME_BYTES));
  const level = levelDbfs(samples);
  if (samples.length < FRAME_BYTES || level < MIN_TONE_DBFS) return undefined;
  const power = (dbfs: number): number => 10 ** (dbfs / 10);
  const levels = frequencies.map((hz) => ({ hz, power: power(toneLevelDbfs(samples, hz)) }));
  const [one, other] = levels.sort((a, b) => b.power - a.power);
  if (one === undefined || other === undefined || one.power + other.power < MIN_TONE_SHARE * power(level)) return undefined;
  if (other.power < one.power / 10) return undefined;
  const [low, high] = [Math.min(one.hz, other.hz), Math.max(one.hz, other.hz)];
  const found = pairs.findIndex((pair) => pair[0] === low && pair[1] === high);
  return found < 0 ? undefined : found;
}

/** Magnitudes above this are sound: about -38 dBFS. Mu-law codes are inverted: a low code is loud. */
const AUDIBLE_CODE = 0x5f;
/** Fewer loud bytes are a click. */
const AUDIBLE_BYTES = 8;

/** Whether someone would hear the audio: not silence, a quiet label or line noise. */
export function isAudible(bytes: Uint8Array): boolean {
  let loud = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (((bytes[at] as number) & 0x7f) < AUDIBLE_CODE) loud += 1;
    if (loud === AUDIBLE_BYTES) return true;
  }
  return false;
}
