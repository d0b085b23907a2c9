// Many calls at once: calls are running on a server under test, and then 300 more arrive within one second: webhook,
// stream, model. The longest handshake, the calls that were lost, and what the running calls felt. In column "deltas":
// with 320 calls that echo each frame, the steady load alone would fill the core.

import { setTimeout as sleep } from "node:timers/promises";
import { Tally } from "./caller-side.ts";
import { Meter, type Percentiles, percentiles } from "./meter.ts";
import { startTarget, stopTarget } from "./target.ts";

const RUNNING = 20;
const ARRIVING = 300;
/** After the last arrival, while the model's connections are set up. */
const AFTER_MS = 2_000;

/** Percentiles are milliseconds. */
export interface Burst {
  readonly target: string;
  readonly webhook: Percentiles;
  readonly handshake: Percentiles;
  readonly callsLost: number;
  /** The running calls during the burst: from the caller to the model, and back. */
  readonly up: Percentiles;
  readonly down: Percentiles;
  readonly failure: string | undefined;
  /** How late the meter itself sent. */
  readonly lag: Percentiles;
}

export async function measureBurst(name: string): Promise<Burst> {
  const meter = new Meter("deltas");
  const target = await startTarget(name, meter.modelPort, RUNNING + ARRIVING);
  try {
    await meter.dial(meter.prepare(target.port, RUNNING), RUNNING);
    await meter.answered();
    const arriving = new Tally();
    const callers = meter.prepare(target.port, ARRIVING, arriving);
    await sleep(AFTER_MS);
    meter.tally.lag.clear();
    meter.isMeasuring = true;
    await meter.dial(callers, ARRIVING);
    await sleep(AFTER_MS);
    meter.isMeasuring = false;
    const lag = percentiles(meter.tally.lag);
    await meter.answered();
    const { up, down, failures } = meter.tally;
    return {
      target: name,
      webhook: percentiles(arriving.webhook),
      handshake: percentiles(arriving.handshake),
      callsLost: meter.callers.filter(({ isAnswered, state }) => !isAnswered || state !== "streaming").length,
      up: percentiles(up.latency),
      down: percentiles(down.latency),
      failure: failures[0] ?? arriving.failures[0],
      lag,
    };
  } finally {
    meter.stop();
    await stopTarget(target);
  }
}
