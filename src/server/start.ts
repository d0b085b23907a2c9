// The server, wired: driver, calls, door, routes, port. Reads no environment and takes no signal (serve.ts), so that selftest starts the very same.

import { randomUUID } from "node:crypto";
import process from "node:process";
import { type Alert, makeAlert } from "../adapters/alert.ts";
import { boundedLog } from "../adapters/log/bounded-log.ts";
import { safeLog } from "../adapters/log/safe-log.ts";
import { chime } from "../audio/chime.ts";
import type { CallSettings } from "../call/call-settings.ts";
import type { Clock, Log, ModelDialler, RecordStore } from "../call/ports.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { Door } from "./auth/authenticator.ts";
import { CallDriver } from "./calls/call-driver.ts";
import { Calls, LAST_WORDS_MS } from "./calls/call-registry.ts";
import { makeApp } from "./http/app.ts";
import { makeHealth } from "./http/health.ts";
import { apologise } from "./http/twiml-answers.ts";
import { callsWithin, waitingWithin } from "./open-files.ts";
import { MAX_MESSAGE_BYTES } from "./stream/open-stream.ts";
import { WaitingRoom, type WaitingRoomLimits, waitingRoomLimits } from "./stream/pending-sockets.ts";

/** What the server is made of. */
export interface StartVoiceOptions {
  readonly config: Config;
  readonly platform: Pick<Platform, "listen" | "runtimeVersion">;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: RecordStore;
  readonly dialler: ModelDialler;
  /** Other times than {@link callTimes}: for tests. */
  readonly times?: Partial<CallTimes>;
  /** Files that the process may have open; undefined: as many as it likes. */
  readonly openFiles?: number | undefined;
  /** The process's resident memory now; for tests. */
  readonly residentBytes?: () => number;
}

/** A server that runs. */
export interface RunningVoice {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number;
  readonly calls: Calls;
  /** Takes no new call, lets running ones go on for `ms`, then ends them with words; resolves when the server has stopped. */
  drain(ms: number): Promise<void>;
  /** Ends everything now. */
  stop(): Promise<void>;
}

type CallTimes = Omit<CallSettings, "greeting" | "canTransfer">;

/**
 * How long a call waits for what must come. No caller is left over 6 s without sound or words: what is waited for in silence, a reply or more of one, is given
 * up in time for a sound while it is mended. Twilio's stream starts 40 ms after the webhook's answer, and the webhook itself may take 15 s.
 */
export const callTimes: CallTimes = {
  startMs: 15_000,
  modelReadyMs: 6_000,
  replyMs: 4_000,
  prewarmMs: 15_000,
  fillerMs: 1_500,
  stallMs: 4_000,
  rollOverMs: 55 * 60_000,
  afterMs: 10_000,
};
const MIB = 1_048_576;
/** From the last words to every call's end, and Twilio's coming for them: the call's own patience (`afterMs`) is longer. */
const LAST_CALLS_MS = LAST_WORDS_MS + 1_000;
/** How long answers that are under way may take to go out. */
const LAST_ANSWERS_MS = 2_000;

/** Starts the server; throws what the platform throws when it cannot listen. */
export function startVoice(options: StartVoiceOptions): RunningVoice {
  const { config, platform, clock } = options;
  const log = safeLog(options.log);
  const instance = randomUUID();
  const alert = makeAlert({ url: config.alertUrl, authToken: config.twilioAuthToken, instance, clock, log });
  const calls = makeCalls({ ...options, log }, alert);
  const door = new Door(config, clock);
  const room = new WaitingRoom(clock, roomLimits(options.openFiles));
  const health = makeHealth(calls, platform.runtimeVersion, instance);
  const app = makeApp({ config, door, calls, room, health, instance, clock, alert, log: boundedLog(log, clock) });
  const listening = platform.listen({
    hostname: config.host,
    port: config.port,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    fetch: (request, connection) => app.fetch(request, connection),
    failed(error) {
      log("error", "server.threw", { stack: stackOf(error) });
      return apologise("", config, calls);
    },
    threw: (error) => log("error", "socket.threw", { stack: stackOf(error) }),
  });
  const stop = async (): Promise<void> => {
    calls.startDraining();
    await listening.stopNow();
  };
  return {
    port: listening.port,
    calls,
    stop,
    async drain(ms) {
      calls.startDraining();
      if (!(await calls.idle(ms))) {
        calls.drainAll();
        await calls.idle(LAST_CALLS_MS);
      }
      const late = new Promise<void>((resolve) => void clock.after(LAST_ANSWERS_MS, resolve));
      await Promise.race([listening.stop(), late]);
      await stop();
    },
  };
}

/** The stack of what was thrown, or what it says where it has none. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function roomLimits(openFiles: number | undefined): WaitingRoomLimits {
  return openFiles === undefined ? waitingRoomLimits : { ...waitingRoomLimits, sockets: waitingWithin(openFiles) };
}

function makeCalls(options: StartVoiceOptions, alert: Alert): Calls {
  const { config, clock, log, store, dialler, times, openFiles, residentBytes = () => process.memoryUsage.rss() } = options;
  const { greeting, instructions, voiceName: voice, transcriptionModel, transferTo, maxMemoryMb } = config;
  const settings: CallSettings = { greeting, canTransfer: transferTo !== undefined, ...callTimes, ...times };
  const session = { instructions, voice, transcriptionModel };
  let filler: string | undefined;
  const limits = {
    maxCalls: Math.min(config.maxCalls, openFiles === undefined ? config.maxCalls : callsWithin(openFiles)),
    maxMemoryBytes: maxMemoryMb === undefined ? undefined : maxMemoryMb * MIB,
    residentBytes,
    prewarmMs: settings.prewarmMs,
  };
  return new Calls(limits, clock, (identity, ended) => {
    const deps = { settings, clock, dialler, store, log, session, alert, ended };
    return new CallDriver(identity, {
      ...deps,
      // Made when the first caller has to wait: most processes never need it, and none before it listens.
      get filler() {
        filler ??= chime();
        return filler;
      },
    });
  });
}
