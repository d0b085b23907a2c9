// The report of a run: the common fields, and the numbers. As JSON: docs/reports.md.

import type { Report } from "../../report/finding.ts";
import { jsonReport } from "../../report/json.ts";
import type { LoadResult } from "../measure/measurements.ts";
import { lastSustained, type RampStep } from "../measure/ramp.ts";

export interface LoadReport extends Report {
  /** The URL, without credentials. */
  readonly target: string;
  /** With --ramp: of the last step that was sustained, else of the first. */
  readonly result: LoadResult;
  /** Undefined: no ramp. */
  readonly steps: readonly RampStep[] | undefined;
}

export function loadJson(report: LoadReport): string {
  const { target, result, steps } = report;
  return jsonReport(report, {
    target,
    calls: result.calls,
    peakCalls: result.peak,
    callSeconds: result.callSeconds,
    framesSent: result.framesSent,
    echoCalls: result.echoCalls,
    durations: Object.fromEntries(Object.entries(result.durations).map(([name, summary]) => [name, summary ?? null])),
    histogram: result.main === undefined ? null : { of: result.main, rows: result.histogram },
    counts: result.counts,
    reasons: result.reasons,
    server: result.target ?? null,
    meterCoreShare: result.meterShare,
    ramp:
      steps === undefined
        ? null
        : {
            sustainedCalls: lastSustained(steps) ?? null,
            steps: steps.map(({ calls, verdict }) => ({
              calls,
              verdict: verdict.type,
              why: verdict.type === "sustained" ? null : verdict.what,
            })),
          },
  });
}
