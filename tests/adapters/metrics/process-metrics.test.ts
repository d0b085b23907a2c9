// The process's own metrics.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { buildInfo, processMetrics } from "../../../src/adapters/metrics/process-metrics.ts";

const nowMs = Date.now();
const facts = { nowMs, openFileLimit: 1_024, residentBytes: () => 5_000 };

function valuesOf(families: ReturnType<typeof processMetrics>): Record<string, number> {
  return Object.fromEntries(families.map((family) => [family.name, family.type === "histogram" ? -1 : (family.samples[0]?.value ?? -1)]));
}

test("processMetrics: plausible values: time spent, a start in the past, memory, files", () => {
  const values = valuesOf(processMetrics(facts));
  const {
    process_cpu_user_seconds_total: user = 0,
    process_cpu_system_seconds_total: system = 0,
    process_start_time_seconds: start = 0,
  } = values;
  assert(user > 0 && Math.abs((values["process_cpu_seconds_total"] ?? 0) - user - system) < 1e-9);
  assert(start <= Math.ceil(nowMs / 1_000) && start > nowMs / 1_000 - 86_400);
  assertEquals([values["process_resident_memory_bytes"], values["process_max_fds"]], [5_000, 1_024]);
  assert((values["process_open_fds"] ?? 0) >= 3);
});

test("processMetrics: what cannot be read is left out, not 0", () => {
  const names = Object.keys(valuesOf(processMetrics({ ...facts, openFileLimit: undefined }, "/nowhere")));
  assertEquals(
    names.filter((name) => name.endsWith("_fds")),
    [],
  );
  assertEquals(names.length, 5);
});

test("buildInfo: 1, with the build as labels", () => {
  const { samples } = buildInfo({ version: "1", revision: "a", runtime: "Bun 1" }) as { samples: unknown } & ReturnType<typeof buildInfo>;
  assertEquals(samples, [{ labels: { version: "1", revision: "a", runtime: "Bun 1" }, value: 1 }]);
});
