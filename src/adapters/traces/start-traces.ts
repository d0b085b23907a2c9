// Traces by OpenTelemetry: imported only when a collector is configured, after the server listens. What is in them:
// call-spans.ts. Their names: names.ts.

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOffSampler, AlwaysOnSampler, TraceIdRatioBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import type { CallObserver, Clock, Log } from "../../call/ports.ts";
import type { TracesConfig } from "../../config/traces.ts";
import { version } from "../../version.ts";
import { callSpans } from "./call-spans.ts";
import { RESOURCE } from "./names.ts";
import { type SpanCounts, SpanQueue } from "./span-queue.ts";

export interface TracesOptions {
  readonly config: TracesConfig;
  /** The name that /healthz reports. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Replaced in tests. */
  readonly exportTimeoutMs?: number;
}

export interface Traces {
  readonly observe: CallObserver;
  counts(): SpanCounts;
  /** Sends what waits. The caller bounds the wait. */
  stop(): Promise<void>;
}

/** For the collector's answer to one request. The exporter's default; a voice that stops waits less. */
const EXPORT_TIMEOUT_MS = 10_000;

export function startTraces(options: TracesOptions): Traces {
  const { config, instance, clock, log, exportTimeoutMs: timeoutMillis = EXPORT_TIMEOUT_MS } = options;
  const { url, headers, resourceName, resourceAttributes, sampled, capturesContent } = config;
  // Given here, what the exporter would read from the environment does not count.
  const exporter = new OTLPTraceExporter({ url, headers: Object.fromEntries(headers), timeoutMillis });
  const queue = new SpanQueue(exporter, clock, log);
  const own = { [RESOURCE.version]: version, [RESOURCE.instance]: instance, [RESOURCE.name]: "voice" };
  const named = resourceName === undefined ? {} : { [RESOURCE.name]: resourceName };
  const resource = defaultResource().merge(resourceFromAttributes({ ...own, ...Object.fromEntries(resourceAttributes), ...named }));
  const provider = new TracerProvider({ resource, sampler: samplerOf(sampled), spanProcessors: [queue] });
  const tracer = provider.getTracer("voice", version);
  return {
    observe: callSpans({ tracer, capturesContent }),
    counts: () => queue.counts,
    stop: () => provider.shutdown(),
  };
}

function samplerOf(sampled: number) {
  if (sampled === 0) return new AlwaysOffSampler();
  return sampled === 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(sampled);
}
