// Seams of `step`, which returns every effect of a call: its effects or its events are replaced.

import type { step } from "../../../src/call/call.ts";
import type { Effect } from "../../../src/call/effects.ts";
import type { CallEvent } from "../../../src/call/events.ts";
import { type Seam, seam } from "./seam.ts";

/** The step with each effect replaced by others: none drops it. */
export const effectsBecome = (become: (effect: Effect, event: CallEvent) => readonly Effect[]): Seam =>
  seam<typeof step>("step", (real) => (call, event) => {
    const after = real(call, event);
    return { ...after, effects: after.effects.flatMap((effect) => become(effect, event)) };
  });

/** The step with each event replaced by another. */
export const eventBecomes = (become: (event: CallEvent) => CallEvent): Seam =>
  seam<typeof step>("step", (real) => (call, event) => real(call, become(event)));
