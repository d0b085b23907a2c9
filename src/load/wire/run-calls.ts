// One run, or one step of a ramp: calls arrive at their times, whatever has become of the earlier ones, and what they
// measure is collected until the last has ended.

import type { Clock } from "../../call/ports.ts";
import type { Platform } from "../../platform/seam.ts";
import type { TelephoneOptions } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import { arrivalTimes, peakCalls } from "../measure/arrivals.ts";
import { MAX_LABELLED_CALLS } from "../measure/fingerprint.ts";
import { type LoadResult, Measurements } from "../measure/measurements.ts";
import type { ModelServer } from "../model/model-server.ts";
import type { LoadOptions } from "../options.ts";
import type { FrameRegistry } from "./frame-registry.ts";
import { type LoadCallHandle, type LoadWorld, placeLoadCall } from "./load-call.ts";
import { Pacer } from "./pacer.ts";
import { ownCpuMs, type ProcessTimes, type UsageSample, usageOf } from "./process-usage.ts";

const PROGRESS_MS = 1_000;
const SAMPLE_MS = 500;
/** How long an interrupted run waits for its calls to close. */
const INTERRUPTED_MS = 5_000;
/** Samples kept: an hour and the calls' arrival. Later ones are left out. */
const MAX_SAMPLES = 10_000;

export interface RunCallsIo {
  readonly clock: Clock;
  readonly dial: Platform["dial"];
  readonly registry: FrameRegistry;
  readonly model: ModelServer | undefined;
  /** Makes all identifiers of the run differ from another run's. */
  readonly seed: string;
  refuse(url: string): Promise<string | undefined>;
  /** What the target has used so far. */
  readUsage(pid: number): ProcessTimes;
  progress(text: string): void;
  /** Resolves when the run is to end early. */
  readonly interrupted: Promise<void>;
}

export interface CallsToRun {
  readonly calls: number;
  /** The number of the first call, which its audio carries. */
  readonly firstNumber: number;
  /** All calls end at the same time, `seconds` after the last one arrived. */
  readonly together: boolean;
}

/** Never rejects on what the server does. */
export async function runCalls({ calls, firstNumber, together }: CallsToRun, options: LoadOptions, io: RunCallsIo): Promise<LoadResult> {
  const measurements = new Measurements();
  io.model?.measureInto(measurements);
  const arrivals = arrivalTimes(calls, options.rate);
  const lastMs = arrivals.at(-1) ?? 0;
  const durationMs = options.seconds * 1_000;
  const peak = together ? calls : peakCalls(calls, options.rate, options.seconds);
  const watch = new Watch(options, calls, measurements, io);
  const world: LoadWorld = {
    clock: io.clock,
    dial: io.dial,
    pacer: new Pacer(io.clock),
    registry: io.registry,
    measurements,
    refuse: io.refuse,
    activeChanged: (by) => watch.activeChanged(by),
  };
  const telephone = telephoneOptions(options);
  const placed: LoadCallHandle[] = [];
  let isInterrupted = false;
  void io.interrupted.then(() => {
    isInterrupted = true;
    for (const call of placed) call.hangUp();
  });
  const startedMs = io.clock.nowMs();
  await Promise.all(
    arrivals.map(async (atMs, at) => {
      await Promise.race([pass(io.clock, startedMs + atMs - io.clock.nowMs()), io.interrupted]);
      if (isInterrupted) return;
      const number = (firstNumber + at) % MAX_LABELLED_CALLS;
      const call = placeLoadCall(
        {
          telephone: { ...telephone, seed: `${io.seed} ${firstNumber + at}` },
          number,
          durationMs: together ? lastMs - atMs + durationMs : durationMs,
        },
        world,
      );
      placed.push(call);
      await Promise.race([call.done, io.interrupted.then(() => pass(io.clock, INTERRUPTED_MS))]);
    }),
  );
  const { target, meterShare } = watch.stop(peak);
  return measurements.result({ calls, peak, target, meterShare });
}

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** As the doctor's: a server on this machine may have its TLS in a proxy that is not there. */
function telephoneOptions({ target, method, authToken, params }: LoadOptions): Omit<TelephoneOptions, "seed"> {
  const isPlain = /^http:/i.test(target);
  return {
    webhook: { url: target, method },
    authToken,
    params,
    keepHeardMs: 0,
    allowPlainSocket: isPlain,
    ...(isPlain ? { plainSocketHost: new URL(target).host } : {}),
  };
}

/** Follows a run from outside: calls in progress, what the processes use, progress. A class because it owns timers. */
class Watch {
  readonly #options: LoadOptions;
  readonly #calls: number;
  readonly #measurements: Measurements;
  readonly #io: RunCallsIo;
  readonly #startedMs: number;
  readonly #startedCpuMs = ownCpuMs();
  readonly #samples: UsageSample[] = [];
  #active = 0;
  #stopTimer = (): void => {};

  constructor(options: LoadOptions, calls: number, measurements: Measurements, io: RunCallsIo) {
    this.#options = options;
    this.#calls = calls;
    this.#measurements = measurements;
    this.#io = io;
    this.#startedMs = io.clock.nowMs();
    this.#sample(0);
  }

  activeChanged(by: 1 | -1): void {
    this.#active += by;
  }

  stop(peak: number): Pick<LoadResult, "target" | "meterShare"> {
    this.#stopTimer();
    const { pid } = this.#options;
    const elapsedMs = Math.max(1, this.#io.clock.nowMs() - this.#startedMs);
    return {
      target: pid === undefined ? undefined : usageOf(pid, this.#samples, peak),
      meterShare: (ownCpuMs() - this.#startedCpuMs) / elapsedMs,
    };
  }

  #sample(sinceProgressMs: number): void {
    const { clock, progress, readUsage } = this.#io;
    const { pid } = this.#options;
    if (pid !== undefined && this.#samples.length < MAX_SAMPLES) {
      this.#samples.push({ ...this.#usage(pid, readUsage), atMs: clock.nowMs(), active: this.#active });
    }
    const isDue = sinceProgressMs >= PROGRESS_MS;
    if (isDue) progress(this.#progressText());
    this.#stopTimer = clock.after(SAMPLE_MS, () => this.#sample((isDue ? 0 : sinceProgressMs) + SAMPLE_MS));
  }

  /** The last sample again when the process has ended. */
  #usage(pid: number, readUsage: RunCallsIo["readUsage"]): ProcessTimes {
    const last = this.#samples.at(-1);
    if (last === undefined) return readUsage(pid);
    try {
      return readUsage(pid);
    } catch {
      return last; // its calls are dropped, which is reported
    }
  }

  #progressText(): string {
    const { durations } = this.#measurements;
    const seconds = Math.round((this.#io.clock.nowMs() - this.#startedMs) / 1_000);
    const p95 = (name: "first_audio" | "turn" | "frame"): string => {
      const ms = durations[name].percentileMs(95);
      return ms === undefined ? "" : `, ${name} p95 ${ms.toFixed(0)} ms`;
    };
    const failed = this.#measurements.countOf("failed").count + this.#measurements.countOf("dropped").count;
    const bad = failed === 0 ? "" : `, ${failed} failed`;
    return `${seconds} s: ${this.#active} of ${this.#calls} calls in progress${bad}${p95("first_audio")}${p95("turn")}${p95("frame")}`;
  }
}
