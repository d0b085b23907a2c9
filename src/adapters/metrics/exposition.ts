// Metrics as text for Prometheus, by prom-client, which is imported by the first scrape.
// https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/

import type { Metric } from "prom-client";
import type { Family } from "./family.ts";

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Writes what `read` returns. `accept`: the request's Accept header; OpenMetrics if it names that, otherwise
 * Prometheus' own format. Each scrape has a registry of its own: prom-client renames counters for OpenMetrics, and
 * they would keep that name.
 */
export async function exposition(read: () => readonly Family[], accept: string): Promise<Exposition> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const type = wantsOpenMetrics(accept) ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const registry = new Registry<typeof type>();
  registry.setContentType(type);
  for (const family of read()) {
    if (family.type === "histogram") {
      registry.registerMetric(histogram(family));
      continue;
    }
    const { name, help, samples } = family;
    const options = { name, help, labelNames: Object.keys(samples[0]?.labels ?? {}), registers: [registry] };
    if (family.type === "counter") {
      const counter = new Counter(options);
      for (const { labels, value } of samples) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(options);
      for (const { labels, value } of samples) gauge.set(labels, value);
    }
  }
  return { contentType: type, text: await registry.metrics() };
}

/** RFC 9110 section 12.5.1: a weight of 0 means that the type is not acceptable. */
function wantsOpenMetrics(accept: string): boolean {
  return accept.split(",").some((part) => /^\s*application\/openmetrics-text\b/i.test(part) && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(part));
}

/** prom-client's own histograms cannot be filled with counts. A registry reads only this of a metric. */
function histogram({ name, help, buckets }: Extract<Family, { type: "histogram" }>): Metric {
  const counts = buckets.cumulative();
  const bounds: readonly (number | string)[] = [...buckets.bounds, "+Inf"];
  const values = [
    ...bounds.map((le, index) => ({ metricName: `${name}_bucket`, labels: { le }, value: counts[index] ?? 0 })),
    { metricName: `${name}_sum`, labels: {}, value: buckets.sum },
    { metricName: `${name}_count`, labels: {}, value: counts.at(-1) ?? 0 },
  ];
  const read = { name, help, type: "histogram", get: () => Promise.resolve({ name, help, type: "histogram", values }) };
  return read as unknown as Metric;
}
