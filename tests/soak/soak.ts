// Whether a voice that runs for long keeps what it no longer needs. Run by hand:
//
//   bun run soak [minutes] [executable]     default: 30 minutes, ./voice if it is there, else this source
//
// Rounds of 120 calls, 40 at once, with the faults of the chaos test. First 6,000 calls, six times faster than real
// time, which fill what is bounded. Then, for the minutes given, in real time: after each round, when no call is left,
// it reads the process's resident memory, files, sockets and threads, and how often an idle second wakes it (timers).
// A line through them must be flat. Prints the numbers and the slopes per hour. Exits with 1 when something grows.

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
 * Before anything is judged: three times the ended calls that are kept (MAX_ENDED_KEPT). By then code is compiled, and
 * the heap's blocks have nearly found their number (docs/performance.md).
 */
const FILL_CALLS = 6_000;
const FILL_FASTER = 6;
/** Rounds in real time that are not judged: their pace leaves another amount of garbage. */
const UNJUDGED_ROUNDS = 3;

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
  // The runtime's, three to seven. One left behind by each of a thousand calls would be ten.
  { what: "threads", of: ({ threads }) => threads, perHour: 8 },
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
  const kept = samples.slice(UNJUDGED_ROUNDS);
  const [first, last] = [kept[0], kept.at(-1)];
  if (first === undefined || last === undefined || kept.length < 3) {
    console.log(`too short: fewer than three rounds after the first ${UNJUDGED_ROUNDS}`);
    return true;
  }
  console.log(`judged: ${kept.length} rounds, ${last.calls - first.calls} calls, ${((last.hours - first.hours) * 60).toFixed(1)} min`);
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
  console.log(`${command.join(" ")}: ${FILL_CALLS} calls, then ${minutes} minutes of rounds of ${CALLS}, ${AT_ONCE} at once`);
  let calls = 0;
  const round = { seed: SEED, calls: CALLS, atOnce: AT_ONCE };
  for (; calls < FILL_CALLS; calls += CALLS) await playRound(voice, { ...round, from: calls, faster: FILL_FASTER });
  console.log(`filled: ${describe(await takeSample(voice, performance.now(), calls))}`);
  const samples: Sample[] = [];
  for (const startedMs = performance.now(); performance.now() - startedMs < runMs; ) {
    await playRound(voice, { ...round, from: calls, faster: 1 });
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
