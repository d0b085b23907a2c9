// Options and a world for tests of the probes.

import { randomBytes } from "node:crypto";
import { realClock } from "../../../src/adapters/clock.ts";
import type { DoctorOptions, DoctorWorld } from "../../../src/doctor/options.ts";

/** The defaults of the command line. */
export function madeOptions(fields: Partial<DoctorOptions> = {}): DoctorOptions {
  return {
    target: "https://voice.example.net/twilio/voice",
    authToken: undefined,
    accountSid: undefined,
    checks: [],
    strict: false,
    method: "POST",
    mayFallBackToGet: false,
    patient: false,
    calls: 1,
    from: undefined,
    to: undefined,
    speech: new Uint8Array(0),
    params: {},
    digits: undefined,
    trust: {},
    insecure: false,
    userAgent: undefined,
    also: [],
    json: false,
    junit: undefined,
    wav: undefined,
    trace: undefined,
    ...fields,
  };
}

/** The real clock, no trusted certificates, no output. */
export function madeWorld(fields: Partial<DoctorWorld> = {}): DoctorWorld {
  return { clock: realClock(), random: (count) => randomBytes(count), trust: {}, progress: () => {}, trace: () => {}, ...fields };
}
