// Runs `voice doctor URL --json` in this process, so that eight runs can share one fast clock.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../src/call/ports.ts";
import { doctor } from "../../src/commands/doctor.ts";
import type { Finding } from "../../src/doctor/evidence/evidence.ts";
import type { Asking } from "./gallery/exhibit.ts";

/** The parts of the JSON that the gallery checks. */
export interface Report {
  readonly ok: boolean | null;
  readonly verdict: string;
  readonly cause: string;
  readonly checks: readonly Pick<Finding, "id" | "level" | "ok" | "actual">[];
  readonly exitCode: number;
}

export async function askDoctor(target: string, { authToken, ca, method, calls }: Asking, clock: Clock): Promise<Report> {
  const printed: string[] = [];
  const args = [
    ...[target, "--json"],
    ...(authToken === undefined ? [] : ["--auth-token", authToken]),
    ...(ca === undefined ? [] : ["--ca", ca]),
    ...(method === undefined ? [] : ["--method", method]),
    ...(calls === undefined ? [] : ["--calls", String(calls)]),
  ];
  const exitCode = await doctor(args, {
    clock,
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined },
    print: (text) => void printed.push(text),
    log() {},
    read: readFile,
    write: () => Promise.reject(new Error("BUG: no file is expected")),
    colors: false,
    showsProgress: false,
  });
  return { ...JSON.parse(printed.join("")), exitCode };
}
