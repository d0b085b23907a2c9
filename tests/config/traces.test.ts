// The settings of traces, by OpenTelemetry's names.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { readConfig } from "../../src/config/config.ts";
import type { TracesConfig } from "../../src/config/traces.ts";

function traces(env: Readonly<Record<string, string>>): TracesConfig | undefined {
  const result = readConfig({}, env, "/nowhere");
  if ("mistakes" in result) throw new Error(JSON.stringify(result.mistakes));
  return result.config.traces;
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

test("traces: without an endpoint nothing is traced, whatever else is set", () => {
  assertEquals(traces({ OTEL_SERVICE_NAME: "a", OTEL_TRACES_SAMPLER: "always_on", OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined);
});

test("traces: OTEL_SDK_DISABLED switches them off", () => {
  assertEquals(traces({ ...endpoint, OTEL_SDK_DISABLED: "true" }), undefined);
  assert(traces({ ...endpoint, OTEL_SDK_DISABLED: "false" }) !== undefined);
});

test("traces: without an endpoint the other settings are not read, so what is meant for other programs does not matter", () => {
  assertEquals(
    traces({ OTEL_TRACES_SAMPLER: "jaeger_remote", OTEL_TRACES_SAMPLER_ARG: "endpoint=http://a", OTEL_RESOURCE_ATTRIBUTES: "a" }),
    undefined,
  );
});

test("traces: an endpoint alone: every call, without content, as voice", () => {
  assertEquals(traces(endpoint), {
    url: "http://127.0.0.1:4318/v1/traces",
    headers: [],
    resourceName: undefined,
    resourceAttributes: [],
    sampled: 1,
    capturesContent: false,
  });
});

for (const [base, own, url] of [
  ["https://otel.example/", "", "https://otel.example/v1/traces"],
  ["https://otel.example/otlp", "", "https://otel.example/otlp/v1/traces"],
  ["https://otel.example", "https://traces.example/a", "https://traces.example/a"],
  ["", "https://traces.example", "https://traces.example/"],
] as const) {
  test(`traces: base "${base}", own "${own}": posted to ${url}`, () => {
    assertEquals(traces({ OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own })?.url, url);
  });
}

for (const [sampler, arg, sampled] of [
  ["always_on", "0.1", 1],
  ["parentbased_always_on", "", 1],
  ["always_off", "", 0],
  ["parentbased_always_off", "1", 0],
  ["traceidratio", "0.25", 0.25],
  ["parentbased_traceidratio", ".5", 0.5],
  ["traceidratio", "", 1],
] as const) {
  test(`traces: OTEL_TRACES_SAMPLER=${sampler}, argument "${arg}": ${sampled} of the calls`, () => {
    assertEquals(traces({ ...endpoint, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg })?.sampled, sampled);
  });
}

test("traces: headers and attributes are decoded, and the log hides the headers", () => {
  const result = readConfig(
    {},
    {
      ...endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abcdefgh, x-tenant=1",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.name=a%2Cb",
    },
    "/nowhere",
  );
  assert("config" in result);
  const { traces: read, secrets } = result.config;
  assertEquals(read?.headers, [
    ["authorization", "Bearer abcdefgh"],
    ["x-tenant", "1"],
  ]);
  assertEquals(read?.resourceAttributes, [
    ["deployment.environment.name", "prod"],
    ["service.name", "a,b"],
  ]);
  assertEquals(secrets, ["Bearer abcdefgh"]);
});

for (const [value, captured] of [
  ["true", true],
  ["True", true],
  ["SPAN_ONLY", true],
  ["span_and_event", true],
  ["false", false],
  ["EVENT_ONLY", false],
  ["NO_CONTENT", false],
  ["", false],
] as const) {
  test(`traces: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=${value}: ${captured ? "with" : "without"} content`, () => {
    assertEquals(traces({ ...endpoint, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: value })?.capturesContent, captured);
  });
}

for (const [key, value] of [
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://127.0.0.1:4317"],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:password@127.0.0.1"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "authorization"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=%E0%A4%A"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a b=c"],
  ["OTEL_RESOURCE_ATTRIBUTES", Array.from({ length: 65 }, (_, n) => `a${n}=1`).join(",")],
  ["OTEL_TRACES_SAMPLER", "sometimes"],
  ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
  ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "maybe"],
] as const) {
  test(`traces: ${key}=${value.slice(0, 40)} is a mistake with a hint, and shows no header`, () => {
    const result = readConfig({}, { ...endpoint, [key]: value }, "/nowhere");
    assert("mistakes" in result);
    assertEquals(
      result.mistakes.map(({ what }) => what),
      [key],
    );
    assert(key !== "OTEL_EXPORTER_OTLP_HEADERS" || !JSON.stringify(result.mistakes).includes(value));
  });
}
