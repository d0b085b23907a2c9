// Puts /metrics together: the calls, the event loop, the process, the build. Nothing here runs before the first scrape.

import type { CallMetrics } from "../adapters/metrics/call-metrics.ts";
import { EventLoopLag } from "../adapters/metrics/event-loop-lag.ts";
import { exposition } from "../adapters/metrics/exposition.ts";
import { byLabel, type Family, single } from "../adapters/metrics/family.ts";
import { buildInfo, processMetrics } from "../adapters/metrics/process-metrics.ts";
import type { StoredCalls } from "../adapters/store/stored-calls.ts";
import type { SpanCounts } from "../adapters/traces/span-queue.ts";
import type { Clock } from "../call/ports.ts";
import { gitSha, version } from "../version.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { Scrape } from "./http/metrics.ts";

export interface ScrapeParts {
  readonly metrics: CallMetrics;
  readonly calls: CallRegistry;
  readonly storedCalls: Pick<StoredCalls, "health"> | undefined;
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

export function makeScraper({ metrics, calls, storedCalls, clock, runtimeVersion, openFileLimit, residentBytes }: ScrapeParts): Scraper {
  const lag = new EventLoopLag(clock);
  let countSpans = (): SpanCounts => ({ exported: 0, dropped: 0 });
  const read = () => [
    ...metrics.families(calls),
    lag.scraped(),
    byLabel("counter", "voice_spans_total", "Spans of traces that left this process, or were dropped.", "result", { ...countSpans() }),
    ...storeMetrics(storedCalls),
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

/** Without a store there are none. */
function storeMetrics(storedCalls: ScrapeParts["storedCalls"]): readonly Family[] {
  if (storedCalls === undefined) return [];
  const { problem, queued, dropped } = storedCalls.health();
  return [
    single("gauge", "voice_store_up", "1 while the store of calls works, otherwise 0.", problem === undefined ? 1 : 0),
    single("gauge", "voice_store_queued", "Writes that wait for the store of calls.", queued),
    single("counter", "voice_store_dropped_total", "Writes that the store of calls did not get.", dropped),
  ];
}
