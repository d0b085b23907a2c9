// What one run of the doctor is asked to do, and what it reaches the outside world by: types. The arguments are read in
// commands/doctor.ts.

import type { Clock } from "../call/ports.ts";
import type { TlsTrust } from "../simulators/sockets/raw-connection.ts";
import type { DoctorCheck } from "./evidence/evidence.ts";

/**
 * The arguments and the environment, checked, with the files they name already read. One frozen value, passed down
 * whole.
 */
export interface DoctorOptions {
  /** An absolute http, https, ws or wss URL, or a telephone number in E.164. */
  readonly target: string;
  /** The checks to judge, in the order of a call. */
  readonly checks: readonly DoctorCheck[];
  /** Warnings fail too. */
  readonly strict: boolean;
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  /** How the webhook is requested. */
  readonly method: "POST" | "GET";
  /** No method was given: a webhook that rejects POST and answers GET is called by GET. */
  readonly mayFallBackToGet: boolean;
  /** The conversation takes a minute instead of 15 seconds. */
  readonly patient: boolean;
  /** 1 to 20. Undefined: two on this machine or network, where they cost little; otherwise one. */
  readonly calls: number | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What the caller says: PCMU, 8,000 Hz. */
  readonly speech: Uint8Array;
  /** With a webhook: extra parameters of its request. With a wss URL: `start.customParameters`. */
  readonly params: Readonly<Record<string, string>>;
  /** What the caller presses at a `<Gather>`. */
  readonly digits: string | undefined;
  /** Hosts, with or without a port. */
  readonly also: readonly string[];
  readonly trust: TlsTrust;
  readonly insecure: boolean;
  /** Undefined: Twilio's own. */
  readonly userAgent: string | undefined;
  readonly json: boolean;
  /** Paths of files to write. */
  readonly junit: string | undefined;
  readonly wav: string | undefined;
  readonly trace: string | undefined;
}

/** What the probes need of the outside world. */
export interface DoctorWorld {
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(count: number): Uint8Array;
  readonly trust: TlsTrust;
  /** One line of progress. */
  progress(text: string): void;
  /** One line of `--trace`: a value for JSON. */
  trace(entry: Readonly<Record<string, unknown>>): void;
}
