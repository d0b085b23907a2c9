// Runs the doctor against one webhook, in a process of its own, so that its memory can be measured. Prints one JSON
// line. For hostile-servers.test.ts.

import { existsSync, readFileSync } from "node:fs";
import { patientClock } from "../support/patient-clock.ts";
import { askDoctor } from "./ask-doctor.ts";

/**
 * The most that this process has ever used. On Linux from proc(5): getrusage(2) counts the parent's memory at the fork
 * as well. Elsewhere its maxRSS, KiB on macOS.
 */
function peakBytes(): number {
  const status = "/proc/self/status";
  const peakKib = existsSync(status) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1] : undefined;
  return 1_024 * Number(peakKib ?? process.resourceUsage().maxRSS);
}

const { cause } = await askDoctor({ url: process.argv[2] ?? "" }, {}, patientClock(6));
console.log(JSON.stringify({ cause, peakMb: Math.round(peakBytes() / 1_048_576) }));
process.exit(0);
