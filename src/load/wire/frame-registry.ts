// The frames of all calls of a run, by call: what the caller's side sent, the model's side looks up, and the other way
// round. Both sides are in one process, so that one clock measures each way.

import { tonePairOf } from "../measure/fingerprint.ts";
import { FrameAccount } from "../measure/frame-account.ts";

export interface CallFrames {
  /** The caller's frames that came back to the caller. */
  readonly echo: FrameAccount;
  /** The caller's frames that arrived at the model. */
  readonly toModel: FrameAccount;
  /** The model's frames that arrived at the caller. */
  readonly fromModel: FrameAccount;
}

/** A class because calls come and go. */
export class FrameRegistry {
  readonly #calls = new Map<number, CallFrames>();
  readonly #pairs = new Map<number, number>();

  open(call: number): CallFrames {
    const frames: CallFrames = { echo: new FrameAccount(), toModel: new FrameAccount(), fromModel: new FrameAccount() };
    this.#calls.set(call, frames);
    const pair = tonePairOf(call);
    this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1);
    return frames;
  }

  /** Frames of it that arrive later are another call's leftovers: they count as crosstalk. */
  close(call: number): void {
    if (!this.#calls.delete(call)) return;
    const pair = tonePairOf(call);
    this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) - 1);
  }

  /** Undefined: no such call is in progress. */
  of(call: number): CallFrames | undefined {
    return this.#calls.get(call);
  }

  /** Whether a call in progress has these tones. */
  hasTones(pair: number): boolean {
    return (this.#pairs.get(pair) ?? 0) > 0;
  }
}
