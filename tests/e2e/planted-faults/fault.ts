// A fault to plant, and which checks of the selftest must turn red for it.

import type { Seam } from "./seam.ts";

export interface Fault {
  readonly name: string;
  readonly at: Seam;
  /** Checks that must fail. */
  readonly red: readonly string[];
  /** Checks that may fail too, because the fault keeps their calls from getting that far. "*": any. */
  readonly also?: readonly string[];
}
