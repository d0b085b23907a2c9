// Writes calls to a store until it is killed, and prints the CallSid of each that the store has confirmed.

import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { openDatabase } from "../../../src/adapters/store/open-database.ts";
import { wholeCall } from "./writes.ts";

const [path = "", prefix = ""] = process.argv.slice(2);
const { db } = openDatabase(path, Date.now());
const write = makeWriter(db, prefix);
for (let call = 0; ; call += 1) {
  const sid = `${prefix}-${call}`;
  write(wholeCall(sid), Date.now());
  process.stdout.write(`${sid}\n`);
  await new Promise((resolve) => setTimeout(resolve));
}
