// Plays the calls of one run. The second runs during the first, to see whether they share state; the others follow one
// by one, to see whether only the first had to wait. What the caller does in each: caller-scripts.ts.

import type { DoctorCall, HandshakeTry } from "../evidence/evidence.ts";
import type { DoctorWorld } from "../options.ts";
import { playFirstCall, playSecondCall, playShortCall } from "./caller-scripts.ts";
import { type CallSetup, type PlacedCall, placeDoctorCall } from "./place-doctor-call.ts";

export interface PlayedCalls {
  readonly calls: readonly [DoctorCall, ...DoctorCall[]];
  /** Handshakes of the first call. */
  readonly handshakes: readonly HandshakeTry[];
}

/**
 * Plays as many calls as the options say, but only one when its stream does not last: the cause is known then, and each
 * call may cost money.
 */
export async function playCalls(setup: CallSetup, world: DoctorWorld): Promise<PlayedCalls> {
  const call = place(setup, 1, world);
  let second: Promise<DoctorCall> | undefined;
  const startSecond = (): Promise<void> =>
    new Promise((ready) => {
      second = playSecondCall(place(setup, 2, world), ready);
    });
  const first = await playFirstCall(call, setup.options.calls > 1 ? startSecond : undefined);
  const others = second === undefined ? [] : [await second];
  for (let number = 3; second !== undefined && number <= setup.options.calls; number++) {
    others.push(await playShortCall(place(setup, number, world)));
  }
  return { calls: [first, ...others], handshakes: call.handshakes };
}

/** After `stop`, these calls wait to see whether the server closes the stream by itself. */
function place(setup: CallSetup, number: number, world: DoctorWorld): PlacedCall {
  return placeDoctorCall(setup, number, world, { stopLingerMs: 2_000 });
}
