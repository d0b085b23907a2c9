// Several calls of one run: the second beside the first, to see whether they share anything, and those after it one by one, to see what the first
// alone had to wait for. What is done in each: stream-scenes.ts.

import type { Clock } from "../../call/ports.ts";
import type { CallerAction, DoctorCall } from "../evidence/evidence.ts";
import type { PlacedCall } from "./place.ts";
import { playFirstCall, playSecondCall, playShortCall, TOGETHER_HZ } from "./stream-scenes.ts";

/** Plays and ends the first call, which is placed, and places more, up to `calls` in all: none when the first one's stream does not last. */
export async function playCalls(
  placed: PlacedCall,
  place: (number: number) => PlacedCall,
  { calls, say }: { readonly calls: number; readonly say: Uint8Array },
  clock: Clock,
): Promise<readonly [DoctorCall, ...DoctorCall[]]> {
  const actions: CallerAction[] = [];
  let second: Promise<DoctorCall> | undefined;
  const together = (): Promise<void> =>
    new Promise((ready) => {
      second = playBeside(place(2), { say, clock, ready });
    });
  await playFirstCall({ line: placed.line, clock, actions, say }, calls > 1 ? together : undefined);
  const first = await placed.end(actions, second === undefined ? undefined : TOGETHER_HZ[0]);
  const others = second === undefined ? [] : [await second];
  // A server whose first stream did not last is not dialled again: the cause is known, and each call may cost.
  for (let number = 3; second !== undefined && number <= calls; number++) others.push(await playOne(place(number), say, clock));
  return [first, ...others];
}

async function playBeside(
  placed: PlacedCall,
  { say, clock, ready }: { readonly say: Uint8Array; readonly clock: Clock; readonly ready: () => void },
): Promise<DoctorCall> {
  const actions: CallerAction[] = [];
  await playSecondCall({ line: placed.line, clock, actions, say }, ready);
  return placed.end(actions, TOGETHER_HZ[1]);
}

async function playOne(placed: PlacedCall, say: Uint8Array, clock: Clock): Promise<DoctorCall> {
  const actions: CallerAction[] = [];
  await playShortCall({ line: placed.line, clock, actions, say });
  return placed.end(actions);
}
