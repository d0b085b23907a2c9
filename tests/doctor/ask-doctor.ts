// Runs `voice doctor URL --json` in this process, so that eight runs can share one fast clock.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../src/call/ports.ts";
import { doctor } from "../../src/commands/doctor.ts";
import type { DoctorFinding } from "../../src/doctor/evidence/evidence.ts";
import type { Asking } from "./gallery/exhibit.ts";

/** The parts of the JSON that the gallery checks. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly findings: readonly Pick<DoctorFinding, "id" | "level" | "actual">[];
  readonly doctor: { readonly verdict: string; readonly cause: string };
}

export async function askDoctor(target: string, { authToken, ca, method, calls }: Asking, clock: Clock): Promise<Diagnosis> {
  const printed: string[] = [];
  const args = [
    ...[target, "--json"],
    ...(authToken === undefined ? [] : ["--auth-token", authToken]),
    ...(ca === undefined ? [] : ["--ca", ca]),
    ...(method === undefined ? [] : ["--method", method]),
    ...(calls === undefined ? [] : ["--calls", String(calls)]),
  ];
  await doctor(args, {
    clock,
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined },
    print: (text) => void printed.push(text),
    log() {},
    read: readFile,
    openFile: () => Promise.reject(new Error("BUG: no file is expected")),
    colors: false,
    showsProgress: false,
  });
  return JSON.parse(printed.join(""));
}
