// `voice doctor URL --json` within this process, so that eight can run side by side on one fast clock.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../src/call/ports.ts";
import { doctor } from "../../src/doctor/doctor.ts";
import type { Finding } from "../../src/doctor/evidence/evidence.ts";
import type { Asking } from "./gallery/exhibit.ts";

/** As much of the JSON as the gallery looks at. */
export interface Report {
  readonly ok: boolean | null;
  readonly verdict: string;
  readonly cause: string;
  readonly checks: readonly Pick<Finding, "id" | "level" | "ok" | "actual">[];
  readonly exitCode: number;
}

/** Examines a server; what is not asked is as on a plain command line. */
export async function askDoctor(target: string, { authToken, ca, method, calls }: Asking, clock: Clock): Promise<Report> {
  const told: string[] = [];
  const words = [
    ...[target, "--json"],
    ...(authToken === undefined ? [] : ["--auth-token", authToken]),
    ...(ca === undefined ? [] : ["--ca", ca]),
    ...(method === undefined ? [] : ["--method", method]),
    ...(calls === undefined ? [] : ["--calls", String(calls)]),
  ];
  const exitCode = await doctor(words, {
    clock,
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined },
    tell: (text) => void told.push(text),
    talk() {},
    read: readFile,
    write: () => Promise.reject(new Error("BUG: nothing is asked to be written")),
    colors: false,
    showsProgress: false,
  });
  return { ...JSON.parse(told.join("")), exitCode };
}
