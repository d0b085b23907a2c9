// Runs the doctor against one webhook, in a process of its own, so that its memory can be measured. Prints one JSON
// line. For hostile-servers.test.ts.

import { patientClock } from "../support/patient-clock.ts";
import { askDoctor } from "./ask-doctor.ts";

const { cause } = await askDoctor({ url: process.argv[2] ?? "" }, {}, patientClock(6));
// The most that this process has ever used, in KiB on Linux and macOS.
console.log(JSON.stringify({ cause, peakMb: Math.round(process.resourceUsage().maxRSS / 1_024) }));
process.exit(0);
