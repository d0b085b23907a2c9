// One run of the selftest: starts the harness, plays the scenes at the same time, judges what was seen. Prints nothing
// (selftest.ts).

import type { Clock } from "../call/ports.ts";
import type { Platform } from "../platform/seam.ts";
import type { Finding } from "../report/finding.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { Leftovers } from "./checks/hang-up.ts";
import type { ProxiedEvidence } from "./checks/webhook.ts";
import { startHarness } from "./harness.ts";
import { plannedChecks } from "./planned-checks.ts";
import { playScenario, type ScenarioResult } from "./play-scenario.ts";
import { sendProxiedWebhook } from "./proxied-webhook.ts";
import { scenariosFor } from "./scenarios.ts";

/** Calls that have not ended by then fail. A run takes about five seconds. */
export const LIMIT_MS = 60_000;
/** How long the server may take to release what belonged to calls that have ended. */
const SETTLE_MS = 5_000;
/** How long the server may take to stop. */
const STOP_MS = 500;

export interface SelftestRun {
  readonly findings: readonly Finding[];
  /** Epoch ms. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** The call in which both sides talk; undefined when it did not end. */
  readonly conversation: CallEvidence | undefined;
}

/** Rejects only when nothing can listen on this machine. */
export async function runSelftest(platform: Platform, clock: Clock, limitMs: number = LIMIT_MS): Promise<SelftestRun> {
  const harness = startHarness(platform, clock);
  const { listenedAtMs } = harness;
  const scenes = new Map<string, ScenarioResult>();
  let proxied: ProxiedEvidence | undefined;
  let leftovers: Leftovers | undefined;
  const all = async (): Promise<void> => {
    const calls = scenariosFor(harness.baseUrl).map(async (scene) => void scenes.set(scene.name, await playScenario(harness, scene)));
    proxied = await sendProxiedWebhook(harness);
    await Promise.all(calls);
    leftovers = await harness.settle(SETTLE_MS);
  };
  await within(clock, limitMs, all());
  await within(clock, STOP_MS, harness.stop());
  const findings = plannedChecks.map((check) => check.judge({ scenes, listenedAtMs, proxied, leftovers, thrown: harness.thrown }));
  const durationMs = clock.nowMs() - listenedAtMs;
  return { findings, startedAtMs: listenedAtMs, durationMs, conversation: scenes.get("conversation")?.evidence };
}

/** Waits for a promise, but at most `ms`. */
async function within(clock: Clock, ms: number, promise: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const callOff = clock.after(ms, resolve);
  await Promise.race([promise, late]);
  callOff();
}
