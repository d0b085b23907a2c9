// Liveness and readiness, for load balancers.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { makeDesk, voiceForm } from "../fakes.ts";

test("healthz: always 200, with the build, and an instance that differs for each run of the process", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  desk.calls.startDraining();
  const health = (await (await desk.fetch("/healthz")).json()) as Record<string, unknown>;
  const other = (await (await makeDesk().fetch("/healthz")).json()) as Record<string, unknown>;
  assertEquals([health.status, health.runtime, health.calls], ["ok", "Test 1", 1]);
  assert(typeof health.version === "string" && health.instance !== other.instance);
});

test("readyz: 200, and 503 while draining", async () => {
  const desk = makeDesk();
  assertEquals((await desk.fetch("/readyz")).status, 200);
  desk.calls.startDraining();
  assertEquals((await desk.fetch("/readyz")).status, 503);
});
