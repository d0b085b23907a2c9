// Plays the calls of one run. A first call that fails is placed again, because the server may have been asleep. The
// second call runs during the first, to see whether they share state; the others follow one by one, to see whether only
// the first had to wait. What the caller does in each: caller-scripts.ts.

import type { DoctorCall, HandshakeTry } from "../evidence/evidence.ts";
import { failedLeg } from "../evidence/failed-leg.ts";
import type { DoctorWorld } from "../options.ts";
import { playFirstCall, playSecondCall, playShortCall, type TwoCalls } from "./caller-scripts.ts";
import { type CallSetup, type PlacedCall, placeDoctorCall } from "./place-doctor-call.ts";

/**
 * Pauses before a failed call is placed again. A platform that starts a stopped instance answers the first request with
 * an error, and works seconds later; most containers start within ten.
 */
const WAKE_MS = [2_500, 7_500] as const;

export interface PlayedCalls {
  readonly calls: readonly [DoctorCall, ...DoctorCall[]];
  /** Calls that failed before the first of `calls`, which got further. */
  readonly failedBefore: readonly DoctorCall[];
  /** Handshakes of the first call. */
  readonly handshakes: readonly HandshakeTry[];
}

type Played = Omit<PlayedCalls, "failedBefore">;

/** Places the calls, again after a pause as long as they fail. Those that got furthest are returned. */
export async function playCalls(setup: CallSetup, world: DoctorWorld): Promise<PlayedCalls> {
  let best = await playOnce(setup, world);
  const failed: DoctorCall[] = [];
  for (const ms of WAKE_MS) {
    const leg = failedLeg(best.calls[0]);
    if (leg === undefined || !mayWake(best)) break;
    world.progress(`the ${leg} failed: trying again, the server may have been asleep`);
    await new Promise<void>((resolve) => void world.clock.after(ms, resolve));
    const again = await playOnce(setup, world);
    if (!isFurther(again.calls[0], best.calls[0])) continue;
    failed.push(best.calls[0]);
    best = again;
  }
  return { ...best, failedBefore: failed };
}

const LEGS = ["webhook", "handshake", "start"] as const;

function isFurther(call: DoctorCall, than: DoctorCall): boolean {
  const [leg, before] = [failedLeg(call), failedLeg(than)];
  return leg === undefined || (before !== undefined && LEGS.indexOf(leg) > LEGS.indexOf(before));
}

/** Nothing that Twilio reports as a wrong URL, an unknown name or a bad certificate ends by waiting. */
const lasting: readonly number[] = [11100, 11210, 11220, 11237, 31910, 31922, 31923, 31941];

function mayWake({ calls: [first], handshakes }: Played): boolean {
  const { frames, call } = first;
  const { problems, exchanges, streams } = call;
  // A server that breaks the WebSocket, or floods it, is awake.
  if (frames.some(({ type }) => type === "broken")) return false;
  const isTls = exchanges.some(({ failure }) => failure?.kind === "tls" || failure?.kind === "unreachable");
  // A URL that the doctor does not dial, a private one or a model's, is as unreachable later.
  if (handshakes.at(-1)?.failure?.kind === "unreachable") return false;
  const wasDialled = exchanges.length > 0 || streams.length > 0;
  return wasDialled && !isTls && !problems.some(({ twilioCode, level }) => level === "error" && lasting.includes(twilioCode));
}

/**
 * Plays as many calls as the options say, but only one when its stream does not last: the cause is known then, and each
 * call may cost money.
 */
async function playOnce(setup: CallSetup, world: DoctorWorld): Promise<Played> {
  const call = place(setup, 1, world);
  let second: Promise<DoctorCall> | undefined;
  const startSecond = (two: TwoCalls): void => {
    second = playSecondCall(place(setup, 2, world), two);
  };
  const first = await playFirstCall(call, setup.calls > 1 ? startSecond : undefined);
  const others = second === undefined ? [] : [await second];
  for (let number = 3; second !== undefined && number <= setup.calls; number++) {
    others.push(await playShortCall(place(setup, number, world)));
  }
  const [other] = others;
  const isLimited = other !== undefined && endedAtSameAge(first, other);
  return { calls: [isLimited ? { ...first, isLimited } : first, ...others], handshakes: call.handshakes };
}

/** Two streams that end at ages closer than this have met the same limit. */
const SAME_AGE_MS = 1_500;

/** Whether both streams were ended by the server or the network, at one age: then neither call ended the other. */
function endedAtSameAge(one: DoctorCall, other: DoctorCall): boolean {
  const [age, othersAge] = [ageAtEndMs(one), ageAtEndMs(other)];
  return age !== undefined && othersAge !== undefined && Math.abs(age - othersAge) < SAME_AGE_MS;
}

/** Undefined: the caller hung up, or no stream opened. */
function ageAtEndMs({ call, actions }: DoctorCall): number | undefined {
  const stream = call.streams.find(({ openedAtMs }) => openedAtMs !== undefined);
  if (stream?.openedAtMs === undefined || stream.end === undefined || actions.some(({ name }) => name === "hung-up")) return undefined;
  return stream.end.atMs - stream.openedAtMs;
}

/** After `stop`, these calls wait to see whether the server closes the stream by itself. */
function place(setup: CallSetup, number: number, world: DoctorWorld): PlacedCall {
  return placeDoctorCall(setup, number, world, { stopLingerMs: 2_000 });
}
