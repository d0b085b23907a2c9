// The goodbye: the last words of an agent that ends the call. The call is over once the caller has heard them.

import type { EndReason } from "../end-reason.ts";
import type { Transfer } from "./transfer.ts";

export interface Goodbye {
  readonly end: EndReason;
  /**
   * "requested": the model has been asked for it. "said": all of it was sent. The caller has heard it when nothing
   * plays any more.
   */
  readonly state: "requested" | "said";
  /** The model hung up by this function call, in this session; undefined: voice ends the call. */
  readonly by: { readonly callId: string; readonly session: number } | undefined;
  /** Audio sent to the caller before it, bytes: without more, the caller has heard no goodbye. */
  readonly sentBytes: number;
  /** The call does not end: the caller is transferred. */
  readonly transfer?: Transfer;
}

/** Whether the call ends although the caller speaks or presses a key. Otherwise it goes on then. */
export function isFinal(goodbye: Goodbye | undefined): boolean {
  return goodbye?.end.cause === "tooLong" || goodbye?.end.cause === "overBudget";
}
