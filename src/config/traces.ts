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

/**
 * Undefined: no endpoint is set, or the SDK is switched off, so nothing is traced. The other settings are then not
 * read: they are often set for every program of a machine.
 */
export function readTraces(find: Find): TracesConfig | undefined {
  const base = find(settings.otlpEndpoint);
  const url = find(settings.otlpTracesEndpoint) ?? (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
  if (url === undefined || find(settings.otelDisabled) === true) return undefined;
  return Object.freeze({
    url,
    headers: find(settings.otlpHeaders) ?? [],
    resourceName: find(settings.resourceName),
    resourceAttributes: find(settings.resourceAttributes) ?? [],
    sampled: shareOf(find(settings.tracesSampler) ?? "", find(settings.tracesSamplerArg) ?? 1),
    capturesContent: find(settings.captureContent) ?? false,
  });
}

/** A call begins its trace, so what a sampler would do with a parent does not matter. */
function shareOf(sampler: string, ratio: number): number {
  if (sampler.endsWith("always_off")) return 0;
  return sampler.endsWith("traceidratio") ? ratio : 1;
}
