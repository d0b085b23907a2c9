// bun run bench: voice, the bare relay and the usual bridge on Node, in turn in one run, against the targets below: CPU
// and memory per call, start-up, barge-in to clear, burst, bad neighbours, and how cost grows, as a plot. Exit code 1
// when a target is missed. Takes 25 minutes on a machine that does nothing else; --only takes parts of it.
//
//   bun run bench [--only start,cost,barge-in,burst,neighbours,growth] [--rounds 3] [--calls 150] [--seconds 10]

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureBurst } from "./burst.ts";
import { costTable, inTurn, meterLimit, SETTLE_SECONDS, table } from "./call-cost.ts";
import { type Percentiles, type Round, runRound } from "./meter.ts";
import { type Disturbance, measureFlood, measureUnreadLog } from "./neighbours.ts";
import { type Line, plotSvg } from "./plot.ts";
import { buildEmptyHono, measureStarts } from "./start-up.ts";
import { pinMeter } from "./target.ts";

const VOICE = "./voice";
const servers = [VOICE, "relay", "node"];
/** At most so many times the bare relay's, or the empty server's. */
const CPU_RATIO = 1.25;
const MEMORY_RATIO = 1.5;
const START_RATIO = 1.6;
const HANDSHAKE_MS = 250;
/** A call above it is no longer sustained; also for calls that run during a burst. */
const P99_MS = 20;
/** At most so many times the p99 of calls without a bad neighbour. */
const NEIGHBOUR_RATIO = 2;
const START_REPEATS = 40;
const GROWTH_CALLS = [1, 50, 150, 300, 450, 600, 800];
const plotFile = join(import.meta.dir, "../../docs/performance.svg");

interface Size {
  readonly calls: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** What was measured against what is wanted. */
interface Verdict {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}

async function measureStart(): Promise<Verdict[]> {
  const [empty = Number.NaN, voice = Number.NaN] = await measureStarts([buildEmptyHono(), VOICE], START_REPEATS);
  console.log(`start-up: voice ${voice.toFixed(1)} ms, empty compiled Hono server ${empty.toFixed(1)} ms\n`);
  return [{ what: "start-up, times the empty Hono server's", measured: voice / empty, atMost: START_RATIO }];
}

async function measureCost(size: Size): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const column of ["echo", "deltas"] as const) {
    const rounds = await inTurn(servers, column, size, false);
    console.log(`${costTable(rounds)}\n`);
    const [voice, relay] = rounds;
    if (voice === undefined || relay === undefined) continue;
    verdicts.push({ what: `${column}: CPU per call-second, times the bare relay's`, measured: voice.cpu / relay.cpu, atMost: CPU_RATIO });
    verdicts.push({
      what: `${column}: memory per call, times the bare relay's`,
      measured: voice.memoryKb / relay.memoryKb,
      atMost: MEMORY_RATIO,
    });
    verdicts.push({
      what: `${column}: frames lost, repeated or in another call`,
      measured: voice.lost + voice.outOfOrder + voice.crossed,
      atMost: 0,
    });
  }
  return verdicts;
}

async function measureBargeIn(size: Size): Promise<Verdict[]> {
  console.log(`${costTable(await inTurn([VOICE, "node"], "barge-in", size, false))}\n`);
  return [];
}

const all = ({ p50, p99, max }: Percentiles): string => [p50, p99, max].map((ms) => ms.toFixed(1)).join(" / ");

async function measureBursts(): Promise<Verdict[]> {
  const rows = [["target", "webhook p50/p99/max", "handshake p50/p99/max", "calls lost", "running up", "running down", "lag"]];
  const verdicts: Verdict[] = [];
  for (const server of servers) {
    const burst = await measureBurst(server);
    const { webhook, handshake, callsLost, up, down, lag } = burst;
    rows.push([server, all(webhook), all(handshake), String(callsLost), all(up), all(down), all(lag)]);
    if (burst.failure !== undefined) rows.push([server, burst.failure]);
    if (server !== VOICE) continue;
    verdicts.push({ what: "burst: longest handshake, ms", measured: handshake.max, atMost: HANDSHAKE_MS });
    verdicts.push({ what: "burst: calls lost", measured: callsLost, atMost: 0 });
    verdicts.push({ what: "burst: p99 of running calls, ms", measured: Math.max(up.p99, down.p99), atMost: P99_MS });
  }
  console.log(`burst: 300 calls within a second, 20 running, ms\n${table(rows)}\n`);
  return verdicts;
}

async function measureNeighbours(): Promise<Verdict[]> {
  const rows = [["neighbour", "p50/p99/max without", "with", "calls lost", "lag"]];
  const verdicts: Verdict[] = [];
  const add = (what: string, { quiet, disturbed, lag, callsLost }: Disturbance): void => {
    rows.push([what, all(quiet), all(disturbed), String(callsLost), all(lag)]);
    verdicts.push({
      what: `${what}: p99 of the other calls, times that without it`,
      measured: disturbed.p99 / quiet.p99,
      atMost: NEIGHBOUR_RATIO,
    });
    verdicts.push({ what: `${what}: other calls lost`, measured: callsLost, atMost: 0 });
  };
  add("a flooding call", await measureFlood(VOICE));
  add("a log that nobody reads", await measureUnreadLog(VOICE));
  console.log(`neighbours: what 50 other calls feel, ms\n${table(rows)}\n`);
  return verdicts;
}

const isSustained = ({ up, down, lost, callsLost }: Round): boolean =>
  Math.max(up.p99, down.p99) <= P99_MS && lost === 0 && callsLost === 0;

/** One server from one call to the last number that it sustains. A slow round is tried again: others may have run. */
async function grow(server: string, seconds: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const calls of GROWTH_CALLS) {
    const options = { target: server, column: "deltas" as const, calls, settleSeconds: SETTLE_SECONDS, seconds, quietSeconds: 0 };
    const first = await runRound(options);
    const round = isSustained(first) ? first : await runRound(options);
    if (!isSustained(round)) {
      console.log(
        `${server}: ${calls} calls are not sustained: ${meterLimit(round) ?? `p99 ${Math.max(round.up.p99, round.down.p99).toFixed(1)} ms, ${round.lost} frames lost`}`,
      );
      break;
    }
    rounds.push(round);
  }
  return rounds;
}

async function measureGrowth({ seconds }: Size): Promise<Verdict[]> {
  const lines: Line[] = [];
  for (const server of servers) {
    const rounds = await grow(server, seconds);
    console.log(`${costTable(rounds)}\n`);
    const name = server === VOICE ? "voice" : server === "relay" ? "bare relay, Bun" : "ws on Node";
    lines.push({ name, points: rounds.map(({ calls, cpu }) => [calls, cpu]) });
  }
  writeFileSync(plotFile, plotSvg(lines, "CPU milliseconds per second of a call, deltas of 200 ms"));
  return [];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "start,cost,barge-in,burst,neighbours,growth" },
      rounds: { type: "string", default: "3" },
      calls: { type: "string", default: "150" },
      seconds: { type: "string", default: "10" },
    },
  });
  const size = { calls: Number(values.calls), seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const parts = values.only.split(",");
  console.log(`${cpus().length} cores, ${cpus()[0]?.model}, Bun ${Bun.version}\n`);
  const verdicts: Verdict[] = [];
  if (parts.includes("start")) verdicts.push(...(await measureStart())); // before the pin: a start uses every core
  if (!pinMeter()) console.log("one core: the meter shares it with the target, so do not quote these numbers\n");
  if (parts.includes("cost")) verdicts.push(...(await measureCost(size)));
  if (parts.includes("barge-in")) verdicts.push(...(await measureBargeIn(size)));
  if (parts.includes("burst")) verdicts.push(...(await measureBursts()));
  if (parts.includes("neighbours")) verdicts.push(...(await measureNeighbours()));
  if (parts.includes("growth")) verdicts.push(...(await measureGrowth(size)));
  const rows = verdicts.map(({ what, measured, atMost }) => [
    what,
    measured.toFixed(2),
    `at most ${atMost}`,
    measured <= atMost ? "met" : "MISSED",
  ]);
  if (rows.length > 0) console.log(table(rows));
  return verdicts.every(({ measured, atMost }) => measured <= atMost) ? 0 : 1;
}

process.exit(await main());
