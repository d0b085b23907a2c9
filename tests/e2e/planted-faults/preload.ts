// Loaded before src/main.ts by run-planted.ts: plants the fault named in PLANTED_FAULT. Nothing of src may be imported
// here or in faults.ts, except types: what is loaded before the plugin is there stays whole.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { plugin } from "bun";
import { faults } from "./faults.ts";
import { FAULT_GLOBAL, fileOf, withFault } from "./seam.ts";

const root = resolve(import.meta.dir, "../../..");
const fault = faults.find(({ name }) => name === process.env["PLANTED_FAULT"]);
if (fault === undefined) throw new Error(`no such fault: ${process.env["PLANTED_FAULT"]}`);
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
