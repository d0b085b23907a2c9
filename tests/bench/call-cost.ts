// What a second of a call costs: CPU, memory, latency and loss of a server under test. This process plays both ends on
// one clock; the target has a core of its own.
//
//   bun tests/bench/call-cost.ts [--calls 150] [--seconds 10] [--rounds 1] [--column echo] [--json] [TARGET ...]
//
// A target is the path of a voice executable (default ./voice), "relay" (bare-relay.ts) or "node" (node-bridge.ts).
// Columns are explained in model-side.ts; default: echo and deltas. With several rounds the targets take turns, and the
// medians are printed. Stop other work on the machine first.

import { parseArgs } from "node:util";
import { type Percentiles, type Round, runRound } from "./meter.ts";
import type { Column } from "./model-side.ts";
import { pinMeter } from "./target.ts";

/** Beyond these the meter, not the target, may be what is late. */
const MAX_LAG_P99_MS = 5;
const MAX_METER_SHARE = 0.85;
const QUIET_SECONDS = 3;
/** With 75 calls voice's code is compiled for 20 seconds, which a server that runs for days does once. */
export const SETTLE_SECONDS = 20;

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * The round whose CPU is the median, with the medians of memory: latencies and losses belong to that one round. Rounds
 * in which the meter was the limit count only when there is no other: a target that gets frames late works in batches,
 * which costs less.
 */
export function medianRound(rounds: readonly Round[]): Round {
  const good = rounds.filter((round) => meterLimit(round) === undefined);
  const counted = good.length > 0 ? good : rounds;
  const middle = [...counted].sort((a, b) => a.cpu - b.cpu)[Math.floor(counted.length / 2)];
  if (middle === undefined) throw new Error("no rounds");
  const memory = (read: (round: Round) => number): number => median(counted.map(read));
  return { ...middle, memoryKb: memory(({ memoryKb }) => memoryKb), memoryAfterKb: memory((round) => round.memoryAfterKb) };
}

const fixed = (value: number, digits: number): string => (Number.isNaN(value) ? "-" : value.toFixed(digits));
const both = ({ p50, p99 }: Percentiles): string => `${fixed(p50, 1)} / ${fixed(p99, 1)}`;

/** Why a round's latencies are not the target's; undefined when they are. */
export function meterLimit({ lag, meterShare }: Round): string | undefined {
  if (lag.p99 > MAX_LAG_P99_MS) return `the meter was late itself (p99 ${fixed(lag.p99, 1)} ms)`;
  return meterShare > MAX_METER_SHARE ? `the meter used ${fixed(meterShare * 100, 0)} % of its core` : undefined;
}

const HEAD = [
  "target",
  "column",
  "calls",
  "CPU ms/call s",
  "user",
  "kernel",
  "KB/call",
  "after",
  "up p50/p99",
  "down p50/p99",
  "clear p50/p99",
  "lost",
  "lag p99",
  "meter",
];

function cells(round: Round): string[] {
  const { cpu, cpuUser, cpuSystem, memoryKb, memoryAfterKb, up, down, bargeIn, lost, outOfOrder, crossed, lag, meterShare } = round;
  return [
    round.target,
    round.column,
    String(round.calls),
    fixed(cpu, 2),
    fixed(cpuUser, 2),
    fixed(cpuSystem, 2),
    fixed(memoryKb, 0),
    fixed(memoryAfterKb, 0),
    both(up),
    both(down),
    both(bargeIn),
    String(lost + outOfOrder + crossed),
    fixed(lag.p99, 1),
    `${fixed(meterShare * 100, 0)} %`,
  ];
}

/** Lines of equal columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function costTable(rounds: readonly Round[]): string {
  const notes = rounds.flatMap((round) => {
    const limit = meterLimit(round);
    const failed = round.callsLost > 0 ? [`${round.target}, ${round.column}: ${round.callsLost} calls lost: ${round.failure}`] : [];
    return [...failed, ...(limit === undefined ? [] : [`${round.target}, ${round.column}: do not quote: ${limit}`])];
  });
  return [table([HEAD, ...rounds.map(cells)]), ...notes].join("\n");
}

/** Each target against the bare relay, when that was measured too. */
function ratios(rounds: readonly Round[]): string[] {
  return rounds.flatMap((round) => {
    const relay = rounds.find(({ target, column }) => target === "relay" && column === round.column);
    if (relay === undefined || round.target === "relay") return [];
    const [cpu, memory] = [round.cpu / relay.cpu, round.memoryKb / relay.memoryKb];
    return [`${round.target}, ${round.column}: ${cpu.toFixed(2)} x the bare relay's CPU, ${memory.toFixed(2)} x its memory`];
  });
}

function isColumn(name: string): name is Column {
  return name === "echo" || name === "deltas" || name === "barge-in";
}

/** Rounds in which the targets take turns. One that was noisy is repeated once. Returns the median of each target. */
export async function inTurn(
  targets: readonly string[],
  column: Column,
  { calls, seconds, rounds }: { readonly calls: number; readonly seconds: number; readonly rounds: number },
  showsEach: boolean,
): Promise<Round[]> {
  const results = targets.map((): Round[] => []);
  for (let n = 0; n < rounds * targets.length; n += 1) {
    const target = targets[n % targets.length] ?? "";
    const options = { target, column, calls, settleSeconds: SETTLE_SECONDS, seconds, quietSeconds: QUIET_SECONDS };
    const first = await runRound(options);
    const round = meterLimit(first) === undefined ? first : await runRound(options);
    results[n % targets.length]?.push(round);
    if (showsEach) console.error(costTable([round]).split("\n").slice(1).join("\n"));
  }
  return results.map(medianRound);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      calls: { type: "string", default: "150" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "1" },
      column: { type: "string", multiple: true, default: ["echo", "deltas"] },
      json: { type: "boolean", default: false },
    },
  });
  if (!pinMeter()) console.error("call-cost: one core: the meter and the target share it, so do not quote these numbers");
  const targets = positionals.length === 0 ? ["./voice"] : positionals;
  const { calls, seconds, rounds, json } = values;
  const size = { calls: Number(calls), seconds: Number(seconds), rounds: Number(rounds) };
  const results: Round[] = [];
  for (const column of values.column.filter(isColumn)) results.push(...(await inTurn(targets, column, size, !json)));
  console.log(values.json ? JSON.stringify(results) : [costTable(results), ...ratios(results)].join("\n"));
}

if (import.meta.main) {
  await main();
  process.exit();
}
