// What one bad neighbour does to other calls: one that floods, and a log that nobody reads. Fifty calls run on a server
// under test; their p99 is taken with and without it, in turn.

import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type CallerSide, FRAME_MS, Tally } from "./caller-side.ts";
import { Meter, type Percentiles, percentiles } from "./meter.ts";
import { scratch, startTarget, stopTarget } from "./target.ts";

const RUNNING = 50;
/** The flooding caller sends so many times as often as a telephone. */
const FLOOD_FACTOR = 100;
/** A call that floods is dropped within a second, and the next one takes its place. */
const FLOODERS = 40;
const ROUNDS = 3;
const WINDOW_MS = 3_000;
const SETTLE_MS = 4_000;
/** Calls that arrive in a second. Each logs some 1,500 bytes: a pipe (64 KB) is full after half of them. */
const ARRIVING_PER_S = 10;
const ARRIVING = 100;

/** Milliseconds, of both directions together the worse. */
export interface Disturbance {
  readonly quiet: Percentiles;
  readonly disturbed: Percentiles;
  /** How late the meter itself sent. */
  readonly lag: Percentiles;
  /** Calls that ended although they did nothing wrong. */
  readonly callsLost: number;
}

const worse = (one: Percentiles, other: Percentiles): Percentiles => (one.p99 > other.p99 ? one : other);

const p99Of = ({ up, down }: Tally): Percentiles => worse(percentiles(up.latency), percentiles(down.latency));

/** The running calls' latencies while `during` goes on. */
async function measure(meter: Meter, latencies: Tally, during: () => Promise<void>): Promise<void> {
  meter.tally.up.latency = latencies.up.latency;
  meter.tally.down.latency = latencies.down.latency;
  meter.isMeasuring = true;
  await Promise.all([during(), sleep(WINDOW_MS)]);
  meter.isMeasuring = false;
}

const nothing = async (): Promise<void> => {};

/** Alternates quiet windows with windows in which `disturb` goes on. */
async function compare(meter: Meter, running: readonly CallerSide[], disturb: () => Promise<void>): Promise<Disturbance> {
  const [quiet, disturbed] = [new Tally(), new Tally()];
  meter.tally.lag.clear();
  for (let round = 0; round < ROUNDS; round += 1) {
    await measure(meter, quiet, nothing);
    await measure(meter, disturbed, disturb);
  }
  const callsLost = running.filter(({ state }) => state !== "streaming").length;
  return { quiet: p99Of(quiet), disturbed: p99Of(disturbed), lag: percentiles(meter.tally.lag), callsLost };
}

async function run(meter: Meter, port: number): Promise<readonly CallerSide[]> {
  const running = meter.prepare(port, RUNNING);
  await meter.dial(running, RUNNING);
  await meter.answered();
  await sleep(SETTLE_MS);
  return running;
}

/** One call at a time sends {@link FLOOD_FACTOR} times as many frames as a telephone. */
export async function measureFlood(name: string): Promise<Disturbance> {
  const meter = new Meter("deltas");
  const target = await startTarget(name, meter.modelPort, RUNNING + FLOODERS);
  try {
    const running = await run(meter, target.port);
    const flooders = [...meter.prepare(target.port, FLOODERS, new Tally(), FRAME_MS / FLOOD_FACTOR)];
    let flooder: CallerSide | undefined;
    const compared = await compare(meter, running, async () => {
      for (const endAtMs = performance.now() + WINDOW_MS; performance.now() < endAtMs; await sleep(20)) {
        if (flooder === undefined || flooder.state === "over") {
          flooder = flooders.pop();
          await flooder?.dial();
        }
      }
      flooder?.hangUp();
    });
    console.log(`a flooding call: ${FLOODERS - flooders.length} took turns in ${(ROUNDS * WINDOW_MS) / 1_000} s`);
    return compared;
  } finally {
    meter.stop();
    await stopTarget(target);
  }
}

/** A running server whose log goes to `log`, or to a file. */
async function startArrivals(name: string, log?: number) {
  const meter = new Meter("deltas");
  const target = await startTarget(name, meter.modelPort, RUNNING + ARRIVING, log);
  const running = await run(meter, target.port);
  return { meter, target, running, arriving: meter.prepare(target.port, ARRIVING, new Tally()) };
}

/**
 * Two servers at once on one core, with calls that arrive and end: one log goes to a file, the other's to a pipe that
 * is open and never read.
 */
export async function measureUnreadLog(name: string): Promise<Disturbance> {
  const pipe = join(scratch, "unread-log");
  mkdirSync(scratch, { recursive: true });
  rmSync(pipe, { force: true });
  if (spawnSync("mkfifo", [pipe]).status !== 0) throw new Error("cannot make a pipe: is mkfifo installed?");
  const unread = openSync(pipe, "r+");
  const sides = [await startArrivals(name), await startArrivals(name, unread)];
  const measured = sides.map(() => new Tally());
  await Promise.all(
    sides.map(async ({ meter, arriving }, at) => {
      meter.tally.lag.clear();
      await measure(meter, measured[at] ?? new Tally(), async () => {
        await meter.dial(arriving, ARRIVING_PER_S);
        for (const caller of arriving) caller.hangUp();
      });
    }),
  );
  const [quiet, disturbed] = measured.map(p99Of);
  const callsLost = sides.flatMap(({ running }) => running).filter(({ state }) => state !== "streaming").length;
  const lag = percentiles(sides[0]?.meter.tally.lag ?? new Tally().lag);
  for (const { meter, target } of sides) {
    meter.stop();
    await stopTarget(target);
  }
  closeSync(unread);
  if (quiet === undefined || disturbed === undefined) throw new Error("BUG: two servers were measured");
  return { quiet, disturbed, lag, callsLost };
}
