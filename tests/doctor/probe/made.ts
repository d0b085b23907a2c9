// Options and a world for tests of the doctor's parts.

import { randomBytes } from "node:crypto";
import { realClock } from "../../../src/adapters/clock.ts";
import type { DoctorOptions, DoctorWorld } from "../../../src/doctor/options.ts";

/** As on a plain command line, but for what is named. */
export function madeOptions(fields: Partial<DoctorOptions> = {}): DoctorOptions {
  return {
    target: "https://voice.example.net/twilio/voice",
    authToken: undefined,
    accountSid: undefined,
    method: "POST",
    calls: 1,
    from: undefined,
    to: undefined,
    params: {},
    digits: undefined,
    insecure: false,
    userAgent: undefined,
    also: [],
    ...fields,
  };
}

/** The real clock, no trust in anybody, nothing told. */
export function madeWorld(fields: Partial<DoctorWorld> = {}): DoctorWorld {
  return { clock: realClock(), random: (count) => randomBytes(count), trust: {}, progress: () => {}, trace: () => {}, ...fields };
}
