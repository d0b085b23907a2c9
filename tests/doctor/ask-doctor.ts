// Runs `voice doctor URL --json` in this process, so that eight runs can share one fast clock.

import { randomBytes } from "node:crypto";
import type { Clock } from "../../src/call/ports.ts";
import { doctor } from "../../src/commands/doctor.ts";
import { readSmallFile } from "../../src/config/small-file.ts";
import type { DoctorFinding } from "../../src/doctor/evidence/evidence.ts";
import type { DoctorFlags, RunningServer } from "./gallery/exhibit.ts";

/** The parts of the JSON that the gallery checks. */
export interface DoctorJson {
  readonly ok: boolean | null;
  readonly exitCode: number;
  readonly checks: readonly Pick<DoctorFinding, "id" | "level" | "actual" | "cause">[];
  readonly verdict: string;
  readonly cause: string;
}

export async function askDoctor(
  { url, twilioUrl }: Pick<RunningServer, "url" | "twilioUrl">,
  { authToken, ca, method, calls, patient }: DoctorFlags,
  clock: Clock,
): Promise<DoctorJson> {
  const printed: string[] = [];
  const accountSid = twilioUrl === undefined ? undefined : "AC0123456789abcdef0123456789abcdef";
  const args = [
    ...[url, "--json"],
    ...(authToken === undefined ? [] : ["--auth-token", authToken]),
    ...(ca === undefined ? [] : ["--ca", ca]),
    ...(method === undefined ? [] : ["--method", method]),
    ...(patient === true ? ["--patient"] : []),
    // One call, to keep the gallery short. The exhibits of concurrency, and some healthy ones, ask for two.
    ...["--calls", String(calls ?? 1)],
  ];
  await doctor(args, {
    clock,
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid, certFile: undefined, extraCertFile: undefined },
    print: (text) => void printed.push(text),
    log() {},
    read: readSmallFile,
    openFile: () => Promise.reject(new Error("BUG: no file is expected")),
    colors: false,
    showsProgress: false,
    ...(twilioUrl === undefined ? {} : { twilioUrl }),
  });
  return JSON.parse(printed.join(""));
}
