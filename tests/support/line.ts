// One voice and simulated callers on real loopback sockets, for end-to-end tests: the server as `voice` starts it, and
// the simulator of Twilio.

import { randomBytes } from "node:crypto";
import * as platform from "#platform";
import type { Clock, ModelDialler, RecordStore } from "../../src/call/ports.ts";
import type { CallRecord } from "../../src/call/record.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { type RunningVoice, type StartVoiceOptions, startVoice } from "../../src/server/start.ts";
import { placeTelephoneCall, type TelephoneCallHandle } from "../../src/simulators/sockets/place-telephone-call.ts";
import type { TelephoneOptions } from "../../src/simulators/twilio/telephone/inputs-outputs.ts";
import type { TelephoneCall } from "../../src/simulators/twilio/telephone/telephone-state.ts";

/** The Auth Token of {@link lineConfig}. */
export const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";

export interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A running voice, and what it logged and recorded. */
export interface Line {
  readonly voice: RunningVoice;
  readonly logged: readonly LoggedEvent[];
  readonly records: readonly CallRecord[];
  /** Places a call to it. */
  call(options?: Partial<TelephoneOptions>): TelephoneCallHandle;
}

/** Whether the caller hears something, which an interruption would cut. */
export function isHearing({ stream }: TelephoneCall): boolean {
  return stream?.caller.heardFromMs !== undefined;
}

/** How many stretches of audio the caller has heard to their end. */
export function stretchesHeard({ line }: TelephoneCall): number {
  return line.filter(({ kind }) => kind === "audio").length;
}

/** The configuration that this environment gives, on a free loopback port. */
export function lineConfig(env: Readonly<Record<string, string>> = {}): Config {
  const read = readConfig({}, { HOST: "127.0.0.1", PORT: "0", TWILIO_AUTH_TOKEN: AUTH_TOKEN, ...env });
  if ("mistakes" in read) throw new Error(`BUG: the test's configuration: ${JSON.stringify(read.mistakes)}`);
  return read.config;
}

/** `dialler`: one for every model, or one for each. */
export function openLine(
  clock: Clock,
  dialler: ModelDialler | StartVoiceOptions["diallerFor"],
  config: Config = lineConfig(),
  store?: RecordStore,
): Line {
  const logged: LoggedEvent[] = [];
  const records: CallRecord[] = [];
  const voice = startVoice({
    config,
    platform,
    clock,
    diallerFor: typeof dialler === "function" ? dialler : () => dialler,
    log: (level, event, fields) => void logged.push({ level, event, fields }),
    store: store ?? { save: (record) => void records.push(record) },
  });
  const base = `http://127.0.0.1:${voice.port}`;
  return {
    voice,
    logged,
    records,
    call: (options = {}) =>
      placeTelephoneCall(
        {
          webhook: { url: `${base}/twilio/voice` },
          statusCallback: { url: `${base}/twilio/status` },
          authToken: AUTH_TOKEN,
          seed: "line",
          allowPlainSocket: true,
          ...options,
        },
        { clock, random: (count) => randomBytes(count) },
      ),
  };
}
