// Whether a voice that runs for long keeps what it no longer needs. Run by hand:
//
//   bun run soak [minutes] [executable]     default: 30 minutes, ./voice if it is there, else this source
//
// Rounds of 120 calls, 40 at once, with the faults of the chaos test. After each round, when no call is left, it reads
// the process's resident memory, files, sockets and threads, and how often an idle second wakes it (timers). A line
// through what follows the warm-up must be flat. Prints the numbers and the slopes per hour. Exits with 1 when
// something grows.

import { existsSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { playRound, startVoiceProcess, stopVoiceProcess, type VoiceProcess } from "./play-calls.ts";
import { grows, mayGrow, trendOf } from "./regression.ts";
import { type Resources, resourcesOf, wakeUpsOf } from "./resources.ts";

const DEFAULT_MINUTES = 30;
const CALLS = 120;
const AT_ONCE = 40;
const SEED = 7;
/** For closing handshakes, and for the collector of garbage, after a round. */
const SETTLE_MS = 4_000;
const IDLE_MS = 2_000;
/**
 * Left out: code is compiled, the heap finds its size, and ended calls are kept until Twilio no longer asks about them
 * (KEEP_ENDED_MS, ten minutes).
 */
const WARM_UP_HOURS = 12 / 60;

interface Sample extends Resources {
  readonly hours: number;
  readonly calls: number;
  readonly wakeUpsPerSecond: number;
}

/** What may grow by how much in an hour. */
const bounds: readonly { readonly what: string; readonly of: (sample: Sample) => number; readonly perHour: number }[] = [
  // A call that left 4 KiB behind would be 14 MiB after an hour of one call a second.
  { what: "resident memory, MiB", of: ({ rssKib }) => rssKib / 1_024, perHour: 14 },
  { what: "files", of: ({ files }) => files, perHour: 1 },
  { what: "sockets", of: ({ sockets }) => sockets, perHour: 1 },
  { what: "threads", of: ({ threads }) => threads, perHour: 4 }, // the runtime's, three to six
  { what: "wake-ups a second when idle", of: ({ wakeUpsPerSecond }) => wakeUpsPerSecond, perHour: 10 },
];

async function takeSample({ pid }: VoiceProcess, startedMs: number, calls: number): Promise<Sample> {
  await sleep(SETTLE_MS);
  const before = wakeUpsOf(pid);
  await sleep(IDLE_MS);
  const wakeUpsPerSecond = ((wakeUpsOf(pid) - before) * 1_000) / IDLE_MS;
  return { ...resourcesOf(pid), wakeUpsPerSecond, calls, hours: (performance.now() - startedMs) / 3_600_000 };
}

function describe({ hours, calls, rssKib, files, sockets, threads, wakeUpsPerSecond }: Sample): string {
  const memory = `${(rssKib / 1_024).toFixed(1)} MiB`;
  return `${(hours * 60).toFixed(1)} min, ${calls} calls: ${memory}, ${files} files, ${sockets} sockets, ${threads} threads, ${wakeUpsPerSecond} wake-ups a second`;
}

/** Prints each quantity's slope. Returns whether one grows. */
function judge(samples: readonly Sample[]): boolean {
  const kept = samples.filter(({ hours }) => hours >= WARM_UP_HOURS);
  const [first, last] = [kept[0], kept.at(-1)];
  if (first === undefined || last === undefined || kept.length < 3) {
    console.log(`too short: fewer than three rounds after the warm-up of ${WARM_UP_HOURS * 60} minutes`);
    return true;
  }
  console.log(
    `after the warm-up: ${kept.length} rounds, ${last.calls - first.calls} calls, ${((last.hours - first.hours) * 60).toFixed(1)} min`,
  );
  let isGrowing = false;
  for (const { what, of, perHour } of bounds) {
    const trend = trendOf(kept.map((sample) => ({ x: sample.hours, y: of(sample) })));
    const verdict = grows(trend, perHour) ? "GROWS" : mayGrow(trend, perHour) ? "not clear: run longer" : "flat";
    const range = `${of(first).toFixed(1)} to ${of(last).toFixed(1)}`;
    console.log(
      `${what}: ${range}, slope ${trend.slope.toFixed(2)} ± ${(2 * trend.error).toFixed(2)} an hour, bound ${perHour}: ${verdict}`,
    );
    isGrowing ||= grows(trend, perHour);
  }
  return isGrowing;
}

async function main([minutes = String(DEFAULT_MINUTES), executable]: readonly string[]): Promise<number> {
  const runMs = Number(minutes) * 60_000;
  if (!(runMs > 0)) {
    console.error(`voice: error: ${minutes} is not a number of minutes\nvoice: hint: bun run soak 30`);
    return 2;
  }
  const built = executable ?? (existsSync("./voice") ? "./voice" : undefined);
  const command = built === undefined ? [process.execPath, "src/main.ts"] : [built];
  const voice = await startVoiceProcess(command);
  console.log(`${command.join(" ")}: ${minutes} minutes of rounds of ${CALLS} calls, ${AT_ONCE} at once`);
  const startedMs = performance.now();
  const samples: Sample[] = [];
  for (let calls = 0; performance.now() - startedMs < runMs; ) {
    await playRound(voice, { seed: SEED, from: calls, calls: CALLS, atOnce: AT_ONCE, faster: 1 });
    calls += CALLS;
    const sample = await takeSample(voice, startedMs, calls);
    samples.push(sample);
    console.log(describe(sample));
  }
  const isGrowing = judge(samples);
  await stopVoiceProcess(voice);
  return isGrowing ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
