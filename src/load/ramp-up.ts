// The steps of --ramp, one after the other: places as many calls as measure/ramp.ts says, judges them, and goes on.

import type { LoadResult } from "./measure/measurements.ts";
import { judgeStep, nextCalls, type RampStep } from "./measure/ramp.ts";
import type { Threshold } from "./measure/thresholds.ts";

export interface RampOptions {
  /** Calls of the first step. */
  readonly first: number;
  /** Calls of the largest step. */
  readonly most: number;
  readonly thresholds: readonly Threshold[];
}

export interface RampOutcome {
  readonly steps: readonly RampStep[];
  /** Of the largest step that was sustained, else of the first. Undefined: interrupted before any was over. */
  readonly shown: LoadResult | undefined;
}

/** `place` runs one step; its calls are numbered from `firstNumber`. A step that was interrupted does not count. */
export async function rampUp(
  { first, most, thresholds }: RampOptions,
  place: (calls: number, firstNumber: number) => Promise<LoadResult>,
  interrupted: Promise<void>,
): Promise<RampOutcome> {
  const steps: RampStep[] = [];
  let baseline: LoadResult | undefined;
  let shown: LoadResult | undefined;
  let firstNumber = 0;
  let isInterrupted = false;
  void interrupted.then(() => {
    isInterrupted = true;
  });
  for (let calls = nextCalls(steps, first, most); calls !== undefined; calls = nextCalls(steps, first, most)) {
    const result = await place(calls, firstNumber);
    if (isInterrupted) break;
    firstNumber += calls;
    baseline ??= result;
    const verdict = judgeStep(result, baseline, thresholds);
    steps.push({ calls, verdict });
    if (shown === undefined || (verdict.type === "sustained" && calls > shown.calls)) shown = result;
  }
  return { steps, shown };
}
