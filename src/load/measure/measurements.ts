// What a run measures, all calls together: durations, counts, and what the process of the server used. The names are
// those of --fail-on and of the JSON (docs/load.md).

import { type DurationSummary, Histogram, type HistogramRow } from "./histogram.ts";

export const DURATIONS = {
  webhook: "webhook answered",
  handshake: "stream opened",
  first_audio: "start to first audio",
  turn: "end of speech to first audio",
  frame: "caller's audio there and back",
  to_model: "caller's audio to the model",
  from_model: "model's first audio to the caller",
  clear: "barge-in to clear",
  lag: "the meter's own lag",
} as const;

/** Each counts something out of something else, which makes a share. */
export const COUNTS = {
  failed: "calls that did not get as far as a stream",
  dropped: "calls that the server ended",
  silent: "calls in which nothing was heard",
  unanswered: "turns without an answer",
  not_cleared: "interruptions that did not stop the audio",
  lost: "frames that did not arrive",
  duplicated: "frames that arrived twice",
  reordered: "frames that arrived after a later one",
  crosstalk: "frames of another call",
  bad: "messages that Twilio would ignore",
} as const;

export type DurationName = keyof typeof DURATIONS;
export type CountName = keyof typeof COUNTS;

export interface CountOf {
  readonly count: number;
  /** Out of how many. */
  readonly of: number;
}

/** What the process of the server used while most calls were in progress. */
export interface TargetUsage {
  readonly pid: number;
  /** CPU time per second of one call. */
  readonly userMsPerCallSecond: number;
  readonly systemMsPerCallSecond: number;
  /** CPU time per second, as a share of one core. */
  readonly coreShare: number;
  readonly idleBytes: number;
  readonly peakBytes: number;
  readonly bytesPerCall: number;
}

/** A finished run, or one step of a ramp. */
export interface LoadResult {
  readonly calls: number;
  /** Calls in progress at the same time, at most. */
  readonly peak: number;
  readonly callSeconds: number;
  readonly framesSent: number;
  readonly durations: Readonly<Record<DurationName, DurationSummary | undefined>>;
  readonly counts: Readonly<Record<CountName, CountOf>>;
  /** Calls whose audio came straight back. */
  readonly echoCalls: number;
  /** Why calls failed or ended early, most frequent first. */
  readonly reasons: readonly { readonly what: string; readonly count: number }[];
  /** Calls whose webhook could not be reached at all. */
  readonly unreachable: number;
  readonly target: TargetUsage | undefined;
  /** The duration that says most about the server, and its distribution. Undefined: there is none. */
  readonly main: DurationName | undefined;
  readonly histogram: readonly HistogramRow[];
  /** CPU time of the meter per second, as a share of one core. */
  readonly meterShare: number;
}

/** The first that was measured says most about the server. */
const MAIN_DURATIONS: readonly DurationName[] = ["frame", "turn", "to_model", "first_audio", "webhook"];
const HISTOGRAM_ROWS = 10;
/** Different reasons that are kept. Further ones count as "other". */
export const MAX_REASONS = 20;
const REASON_CHARS = 200;

const namesOf = <Name extends string>(table: Readonly<Record<Name, string>>): readonly Name[] => Object.keys(table) as Name[];

/** Collects while the calls run. A class because it counts. */
export class Measurements {
  readonly durations: Readonly<Record<DurationName, Histogram>> = Object.fromEntries(
    namesOf(DURATIONS).map((name) => [name, new Histogram()]),
  ) as Record<DurationName, Histogram>;
  readonly #counts = new Map<CountName, { count: number; of: number }>();
  readonly #reasons = new Map<string, number>();
  framesSent = 0;
  echoCalls = 0;
  unreachable = 0;
  callMs = 0;

  /** `of`: how many more there could have been. */
  count(name: CountName, count: number, of: number): void {
    const sums = this.#counts.get(name) ?? { count: 0, of: 0 };
    this.#counts.set(name, { count: sums.count + count, of: sums.of + of });
  }

  countOf(name: CountName): CountOf {
    return this.#counts.get(name) ?? { count: 0, of: 0 };
  }

  reason(what: string): void {
    const text = what.slice(0, REASON_CHARS);
    const key = this.#reasons.has(text) || this.#reasons.size < MAX_REASONS ? text : "other";
    this.#reasons.set(key, (this.#reasons.get(key) ?? 0) + 1);
  }

  result(run: Pick<LoadResult, "calls" | "peak" | "target" | "meterShare">): LoadResult {
    const durations = Object.fromEntries(namesOf(DURATIONS).map((name) => [name, this.durations[name].summary()]));
    const main = MAIN_DURATIONS.find((name) => this.durations[name].count > 0);
    const counts = Object.fromEntries(namesOf(COUNTS).map((name) => [name, this.countOf(name)]));
    return {
      ...run,
      callSeconds: this.callMs / 1_000,
      framesSent: this.framesSent,
      durations: durations as LoadResult["durations"],
      counts: counts as LoadResult["counts"],
      echoCalls: this.echoCalls,
      reasons: [...this.#reasons].map(([what, count]) => ({ what, count })).sort((one, other) => other.count - one.count),
      unreachable: this.unreachable,
      main,
      histogram: main === undefined ? [] : this.durations[main].rows(HISTOGRAM_ROWS),
    };
  }
}
