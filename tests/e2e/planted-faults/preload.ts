// Loaded before src/main.ts by run-planted.ts. Plants the fault named in PLANTED_FAULT, if any, and reports how long
// the machine kept the process waiting. Nothing of src may be imported here or in faults.ts, except types: what is
// loaded before the plugin is installed stays unchanged.

import { readFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { plugin } from "bun";
import { faults } from "./faults.ts";
import { FAULT_GLOBAL, fileOf, withFault } from "./seam.ts";

const root = resolve(import.meta.dir, "../../..");

function plant(name: string): void {
  const fault = faults.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`no such fault: ${name}`);
  const { symbol, put } = fault.at;
  const path = join(root, fileOf(root, symbol));
  Reflect.set(globalThis, FAULT_GLOBAL, put);
  plugin({
    name: "planted fault",
    setup(build) {
      const exactly = new RegExp(`^${RegExp.escape(path)}$`);
      build.onLoad({ filter: exactly }, () => ({ contents: withFault(readFileSync(path, "utf8"), symbol), loader: "ts" }));
    },
  });
}

/** Prints the longest time for which the event loop stood still, as `stalled 322 ms`, when the process ends. */
function reportStall(): void {
  const tickMs = 20;
  let tickedMs = performance.now();
  let longestMs = 0;
  const tick = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - tickedMs - tickMs);
    tickedMs = nowMs;
  };
  setInterval(tick, tickMs).unref();
  process.on("exit", () => writeSync(2, `stalled ${Math.round(longestMs)} ms\n`));
}

const name = process.env["PLANTED_FAULT"];
if (name !== undefined) plant(name);
reportStall();
