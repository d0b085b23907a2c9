// What a run of the doctor is told, read and checked, and what it reaches the world by: types. The reading: ../doctor.ts.

import type { Clock } from "../call/ports.ts";
import type { Trust } from "../simulators/sockets/connection.ts";

/** What the arguments say of the calls; which checks count, and how they are told, is the command's. */
export interface DoctorOptions {
  /** http, https, ws or wss, absolute; or a telephone number in E.164. */
  readonly target: string;
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  /** How the number's webhook is requested. */
  readonly method: "POST" | "GET";
  /** Nobody said which: a webhook that refuses POST and answers GET is called by GET. */
  readonly mayTurnToGet?: boolean;
  /** From 1. */
  readonly calls: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** With a webhook, parameters added to its request; with a wss URL, start.customParameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly digits: string | undefined;
  readonly insecure: boolean;
  /** Undefined: Twilio's own. */
  readonly userAgent: string | undefined;
  /** Hosts, perhaps with a port. */
  readonly also: readonly string[];
}

/** What a run needs of the world. */
export interface DoctorWorld {
  readonly clock: Clock;
  /** So many unforeseeable bytes. */
  random(count: number): Uint8Array;
  readonly trust: Trust;
  /** One line of progress. */
  progress(text: string): void;
  /** One line of `--trace`: an object that JSON takes. */
  trace(entry: Readonly<Record<string, unknown>>): void;
}
