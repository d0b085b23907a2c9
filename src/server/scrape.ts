// Puts /metrics together: the calls, the event loop, the process, the build. Nothing here runs before the first scrape.

import type { CallMetrics } from "../adapters/metrics/call-metrics.ts";
import { EventLoopLag } from "../adapters/metrics/event-loop-lag.ts";
import { exposition } from "../adapters/metrics/exposition.ts";
import { byLabel } from "../adapters/metrics/family.ts";
import { buildInfo, processMetrics } from "../adapters/metrics/process-metrics.ts";
import type { SpanCounts } from "../adapters/traces/span-queue.ts";
import type { Clock } from "../call/ports.ts";
import { gitSha, version } from "../version.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { Scrape } from "./http/metrics.ts";

export interface ScrapeParts {
  readonly metrics: CallMetrics;
  readonly calls: CallRegistry;
  readonly clock: Clock;
  /** "Bun 1.4.5" */
  readonly runtimeVersion: string;
  readonly openFileLimit: number | undefined;
  residentBytes(): number;
}

export interface Scraper {
  readonly scrape: Scrape;
  /** From now on the metrics have these counts. */
  addSpans(counts: () => SpanCounts): void;
  /** Stops the timer that scrapes started. */
  stop(): void;
}

export function makeScraper({ metrics, calls, clock, runtimeVersion, openFileLimit, residentBytes }: ScrapeParts): Scraper {
  const lag = new EventLoopLag(clock);
  let countSpans = (): SpanCounts => ({ exported: 0, dropped: 0 });
  const read = () => [
    ...metrics.families(calls),
    lag.scraped(),
    byLabel("counter", "voice_spans_total", "Spans of traces that left this process, or were dropped.", "result", { ...countSpans() }),
    buildInfo({ version, revision: gitSha, runtime: runtimeVersion }),
    ...processMetrics({ nowMs: clock.nowMs(), openFileLimit, residentBytes }),
  ];
  return {
    scrape: (accept) => exposition(read, accept),
    addSpans(counts) {
      countSpans = counts;
    },
    stop: () => lag.stop(),
  };
}
