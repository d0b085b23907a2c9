// One round of the meter: starts a server under test, plays the callers and the model in this process on one clock,
// and measures what a second of a call costs. Open loop: frames leave when they are due, whether or not the target
// keeps up.

import { setTimeout as sleep } from "node:timers/promises";
import { CallerSide, FRAME_MS, Tally } from "./caller-side.ts";
import type { Histogram } from "./flow.ts";
import { type Column, ModelSide } from "./model-side.ts";
import { type CpuTime, cpuTime, residentKb, startTarget, stopTarget } from "./target.ts";
import { Wire } from "./wire.ts";

/** How fast calls arrive before the measured time. */
const RAMP_PER_S = 100;
const ANSWER_MS = 10_000;
/** For frames under way to arrive. */
const DRAIN_MS = 500;
const TICK_MS = 1;

export interface RoundOptions {
  readonly target: string;
  readonly column: Column;
  readonly calls: number;
  /** Before the measured time, for the target's compiler to finish with what the calls run. */
  readonly settleSeconds: number;
  readonly seconds: number;
  /** After the calls, before memory is read again. */
  readonly quietSeconds: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** CPU in milliseconds per second of one call, memory in KB, times in milliseconds. */
export interface Round {
  readonly target: string;
  readonly column: Column;
  readonly calls: number;
  readonly cpu: number;
  readonly cpuUser: number;
  readonly cpuSystem: number;
  /** Resident memory with the calls, less the memory before the first call, per call. */
  readonly memoryKb: number;
  /** The same after the calls have ended and the process was quiet. */
  readonly memoryAfterKb: number;
  readonly up: Percentiles;
  readonly down: Percentiles;
  readonly bargeIn: Percentiles;
  readonly handshake: Percentiles;
  readonly lost: number;
  readonly outOfOrder: number;
  readonly crossed: number;
  readonly callsLost: number;
  readonly failure: string | undefined;
  /** The meter's own: how late it sent, and its share of its core. */
  readonly lag: Percentiles;
  readonly meterShare: number;
}

export const percentiles = (histogram: Histogram): Percentiles => ({
  p50: histogram.percentile(0.5),
  p99: histogram.percentile(0.99),
  max: histogram.maxMs,
});

/** The callers and the model's server. */
export class Meter {
  readonly tally = new Tally();
  readonly callers: CallerSide[] = [];
  readonly modelPort: number;
  readonly #models = new Set<ModelSide>();
  readonly #stopListening: () => void;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  constructor(column: Column) {
    const server = Wire.listen((wire) => {
      const model = new ModelSide(wire, column, this.callers);
      this.#models.add(model);
      return model;
    });
    this.modelPort = server.port;
    this.#stopListening = server.stop;
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const caller of this.callers) caller.tick(nowMs);
    for (const model of this.#models) model.tick(nowMs);
  }

  /** Makes `count` more callers, which do not dial yet. `frameMs`: how often they send. */
  prepare(port: number, count: number, tally = this.tally, frameMs = FRAME_MS): readonly CallerSide[] {
    const callers = Array.from({ length: count }, (_, n) => new CallerSide(this.callers.length + n, port, tally, frameMs));
    this.callers.push(...callers);
    return callers;
  }

  /** Has the callers dial, `perSecond` of them a second, whether or not they are answered. */
  async dial(callers: readonly CallerSide[], perSecond: number): Promise<void> {
    const startedAtMs = performance.now();
    for (const [n, caller] of callers.entries()) {
      const waitMs = startedAtMs + (n * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      void caller.dial();
    }
  }

  /** Waits until audio has come to every call that has not failed. */
  async answered(): Promise<void> {
    for (const giveUpAtMs = performance.now() + ANSWER_MS; performance.now() < giveUpAtMs; await sleep(20)) {
      if (this.callers.every(({ isAnswered, state }) => isAnswered || state === "over")) return;
    }
  }

  set isMeasuring(is: boolean) {
    this.tally.up.isMeasuring = is;
    this.tally.down.isMeasuring = is;
  }

  /** Neither end sends more audio. */
  pause(): void {
    for (const caller of this.callers) caller.pause();
    for (const model of this.#models) model.pause();
  }

  settle(): void {
    for (const caller of this.callers) caller.settle();
  }

  hangUp(): void {
    for (const caller of this.callers) caller.hangUp();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.hangUp();
    this.#stopListening();
  }
}

const totalMs = ({ userMs, systemMs }: CpuTime): number => userMs + systemMs;

/** What was read off while the calls ran. */
interface Reading {
  readonly live: number;
  readonly callMs: number;
  readonly wallMs: number;
  readonly cpu: CpuTime;
  readonly meterMs: number;
  readonly lag: Percentiles;
  readonly residentKb: number;
}

/** Reads the target's use over `seconds` of running calls; afterwards no more frames are under way. */
async function measure(meter: Meter, pid: number, seconds: number): Promise<Reading> {
  meter.tally.lag.clear();
  meter.isMeasuring = true;
  const [before, meterBefore, startedAtMs] = [cpuTime(pid), cpuTime(process.pid), performance.now()];
  await sleep(seconds * 1_000);
  const [after, meterAfter, endedAtMs] = [cpuTime(pid), cpuTime(process.pid), performance.now()];
  const live = meter.callers.filter(({ state }) => state === "streaming").length;
  const [lag, resident] = [percentiles(meter.tally.lag), residentKb(pid)];
  meter.pause();
  await sleep(DRAIN_MS);
  meter.settle();
  meter.isMeasuring = false;
  const wallMs = endedAtMs - startedAtMs;
  return {
    live,
    callMs: live * wallMs,
    wallMs,
    cpu: { userMs: after.userMs - before.userMs, systemMs: after.systemMs - before.systemMs },
    meterMs: totalMs(meterAfter) - totalMs(meterBefore),
    lag,
    residentKb: resident,
  };
}

function resultOf({ target, column, calls }: RoundOptions, tally: Tally, read: Reading, idleKb: number, afterKb: number): Round {
  const callSeconds = read.callMs / 1_000;
  return {
    target,
    column,
    calls,
    cpu: totalMs(read.cpu) / callSeconds,
    cpuUser: read.cpu.userMs / callSeconds,
    cpuSystem: read.cpu.systemMs / callSeconds,
    memoryKb: (read.residentKb - idleKb) / calls,
    memoryAfterKb: (afterKb - idleKb) / calls,
    up: percentiles(tally.up.latency),
    down: percentiles(tally.down.latency),
    bargeIn: percentiles(tally.bargeIn),
    handshake: percentiles(tally.handshake),
    lost: tally.up.lost + tally.down.lost,
    outOfOrder: tally.up.outOfOrder + tally.down.outOfOrder,
    crossed: tally.up.crossed + tally.down.crossed,
    callsLost: calls - read.live,
    failure: tally.failures[0],
    lag: read.lag,
    meterShare: read.meterMs / read.wallMs,
  };
}

/** One round with a fresh target. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const { target: name, column, calls, settleSeconds, seconds, quietSeconds } = options;
  const meter = new Meter(column);
  const target = await startTarget(name, meter.modelPort, calls + 1);
  try {
    const idleKb = residentKb(target.pid);
    await meter.dial(meter.prepare(target.port, calls), RAMP_PER_S);
    await meter.answered();
    await sleep(settleSeconds * 1_000);
    const reading = await measure(meter, target.pid, seconds);
    meter.hangUp();
    await sleep(quietSeconds * 1_000);
    return resultOf(options, meter.tally, reading, idleKb, residentKb(target.pid));
  } finally {
    meter.stop();
    await stopTarget(target);
  }
}
