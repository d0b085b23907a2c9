// The settings of traces, by the names that OpenTelemetry's SDKs share:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and .../protocol/exporter/
// They are read here, like all others, so that the env file and masking apply to them, and are given to the exporter.

import { type Setting, settings } from "./keys.ts";
import type { Pairs } from "./values.ts";

export interface TracesConfig {
  /** Where traces are posted. */
  readonly url: string;
  readonly headers: Pairs;
  /** Overrides a service.name in `resourceAttributes`; undefined: does not. */
  readonly resourceName: string | undefined;
  readonly resourceAttributes: Pairs;
  /** The share of calls that are traced, from 0 to 1. */
  readonly sampled: number;
  /** Whether spans have transcripts. */
  readonly capturesContent: boolean;
}

/** Finds the value of a setting; undefined when it is unset, or after a mistake. */
type Find = <T>(setting: Setting<T>) => T | undefined;

/** Undefined: no endpoint is set, so nothing is traced. */
export function readTraces(find: Find): TracesConfig | undefined {
  const base = find(settings.otlpEndpoint);
  const own = find(settings.otlpTracesEndpoint);
  const headers = find(settings.otlpHeaders) ?? [];
  const resourceAttributes = find(settings.resourceAttributes) ?? [];
  const sampled = shareOf(find(settings.tracesSampler) ?? "", find(settings.tracesSamplerArg) ?? 1);
  const capturesContent = find(settings.captureContent) ?? false;
  const resourceName = find(settings.resourceName);
  const url = own ?? (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
  return url === undefined ? undefined : Object.freeze({ url, headers, resourceName, resourceAttributes, sampled, capturesContent });
}

/** A call begins its trace, so what a sampler would do with a parent does not matter. */
function shareOf(sampler: string, ratio: number): number {
  if (sampler.endsWith("always_off")) return 0;
  return sampler.endsWith("traceidratio") ? ratio : 1;
}
