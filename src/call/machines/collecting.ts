// What the caller types while the agent collects digits. When that ends is decided in rules/collect-digits.ts.

import type { DigitsKind } from "../call-settings.ts";

/** Digits of one kind: an account number, a PIN. */
export type Collecting =
  | {
      readonly state: "open";
      readonly callId: string;
      readonly kind: DigitsKind;
      readonly max: number;
      readonly digits: string;
      readonly keyAtMs: number | undefined;
    }
  /** Complete, since `atMs`. */
  | { readonly state: "closed"; readonly kind: DigitsKind; readonly atMs: number };

/** After the last digit: some callers press # although nothing is missing, or a digit too many. */
export const LATE_KEYS_MS = 3_000;
/** After the last digit: for the rest of its tone. */
export const TONE_REST_MS = 500;

export type OpenCollecting = Extract<Collecting, { state: "open" }>;

export interface KeyTaken {
  readonly collecting: OpenCollecting;
  readonly isComplete: boolean;
}

export function takeKey(collecting: OpenCollecting, key: string, atMs: number): KeyTaken {
  const { kind, max } = collecting;
  if (key === kind.terminator) return { collecting: { ...collecting, keyAtMs: atMs }, isComplete: true };
  const digits = collecting.digits + key;
  return { collecting: { ...collecting, digits, keyAtMs: atMs }, isComplete: digits.length >= max };
}

/** Whether a key is neither for the agent nor for a function: it comes after digits that are complete. */
export function isLateKey(collecting: Collecting | undefined, key: string, atMs: number): boolean {
  if (collecting?.state !== "closed" || atMs >= collecting.atMs + LATE_KEYS_MS) return false;
  return collecting.kind.isMasked || key === collecting.kind.terminator;
}

/** Whether a key that is pressed now is probably a digit too many. */
export function isDigitTooMany(collecting: Collecting | undefined, atMs: number): boolean {
  return collecting?.state === "closed" && atMs < collecting.atMs + LATE_KEYS_MS;
}

/**
 * Whether the model must not hear the caller: the tones of masked digits may be in the audio. Until the first key it
 * hears a caller who speaks instead of typing.
 */
export function mutesCaller(collecting: Collecting | undefined, atMs: number): boolean {
  if (collecting?.kind.isMasked !== true) return false;
  return collecting.state === "open" ? collecting.keyAtMs !== undefined : atMs < collecting.atMs + TONE_REST_MS;
}

/** Whether a key that is pressed now must be shown nowhere. */
export function hidesKeys(collecting: Collecting | undefined, atMs: number): boolean {
  if (collecting?.kind.isMasked !== true) return false;
  return collecting.state === "open" || atMs < collecting.atMs + LATE_KEYS_MS;
}
