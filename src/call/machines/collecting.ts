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
  /**
   * It is complete. Until `untilMs` a key that ends digits by habit is not one of its own, and nothing is shown of what
   * was masked.
   */
  | { readonly state: "closed"; readonly kind: DigitsKind; readonly untilMs: number };

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
  if (collecting?.state !== "closed" || atMs >= collecting.untilMs) return false;
  return collecting.kind.isMasked || key === collecting.kind.terminator;
}

/** Whether a key that is pressed now is probably a digit too many. */
export function isDigitTooMany(collecting: Collecting | undefined, atMs: number): boolean {
  return collecting?.state === "closed" && atMs < collecting.untilMs;
}

/** Whether a key that is pressed now must be shown nowhere. */
export function hidesKeys(collecting: Collecting | undefined, atMs: number): boolean {
  if (collecting?.kind.isMasked !== true) return false;
  return collecting.state === "open" || atMs < collecting.untilMs;
}
