// Runs the whole selftest: laboratory, scenes side by side, checks. Prints nothing (report.ts).

import type { Clock } from "../call/ports.ts";
import type { Platform } from "../platform/seam.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { LeftOver } from "./checks/hang-up.ts";
import type { ProxiedEvidence } from "./checks/webhook.ts";
import { startLab } from "./lab.ts";
import { type CheckResult, plannedChecks } from "./plan.ts";
import { askThroughProxy } from "./proxied.ts";
import { scenesAt } from "./scenes.ts";
import { type Played, playScene } from "./stage.ts";

/** After so long whatever has not come to an end fails: the whole takes about five seconds. */
export const LIMIT_MS = 60_000;
/** How long the server may take to let go of what belonged to calls that are over. */
const SETTLE_MS = 5_000;
/** How long it may take to stop. */
const STOP_MS = 500;

/** What a selftest found. */
export interface SelftestResult {
  readonly checks: readonly CheckResult[];
  readonly ms: number;
  /** The call in which both sides talk; undefined when it did not come to an end. */
  readonly conversation: CallEvidence | undefined;
}

/** Starts the server, calls it, judges, stops it. Rejects only when nothing can listen on this machine. */
export async function runSelftest(platform: Platform, limitMs: number = LIMIT_MS): Promise<SelftestResult> {
  const lab = startLab(platform);
  const { clock, listenedAtMs } = lab;
  const scenes = new Map<string, Played>();
  let proxied: ProxiedEvidence | undefined;
  let leftOver: LeftOver | undefined;
  const all = async (): Promise<void> => {
    const calls = scenesAt(lab.baseUrl).map(async (scene) => void scenes.set(scene.name, await playScene(lab, scene)));
    proxied = await askThroughProxy(lab);
    await Promise.all(calls);
    leftOver = await lab.settle(SETTLE_MS);
  };
  await within(clock, limitMs, all());
  await within(clock, STOP_MS, lab.stop());
  const checks = plannedChecks.map((check) => check.judge({ scenes, listenedAtMs, proxied, leftOver, thrown: lab.thrown }));
  return { checks, ms: clock.nowMs() - listenedAtMs, conversation: scenes.get("conversation")?.evidence };
}

/** Waits for a promise, but not longer than so many milliseconds. */
async function within(clock: Clock, ms: number, promise: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const callOff = clock.after(ms, resolve);
  await Promise.race([promise, late]);
  callOff();
}
