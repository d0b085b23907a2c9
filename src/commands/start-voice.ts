// The server, wired: driver, calls, door, routes, port. Reads no environment and takes no signal (serve.ts), so that selftest starts the very same.

import type { CallSettings } from "../call/call-settings.ts";
import type { Clock, Log, ModelDialler, RecordStore } from "../call/ports.ts";
import type { Config } from "../config.ts";
import type { Platform } from "../platform/seam.ts";
import { makeApp } from "../server/app.ts";
import { boundedLog } from "../server/bounded-log.ts";
import { Calls, LAST_WORDS_MS } from "../server/calls.ts";
import { Door } from "../server/door.ts";
import { CallDriver } from "../server/driver.ts";
import { makeHealth } from "../server/health.ts";
import { MAX_MESSAGE_BYTES } from "../server/media.ts";
import { WaitingRoom } from "../server/waiting-room.ts";
import { apologise } from "../server/webhook.ts";

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

type CallTimes = Pick<CallSettings, "startMs" | "modelReadyMs" | "replyMs" | "afterMs">;

/** How long a call waits for what must come. Twilio's stream starts 40 ms after the webhook's answer; people hang up on some eight seconds of silence. */
export const callTimes: CallTimes = { startMs: 15_000, modelReadyMs: 8_000, replyMs: 8_000, afterMs: 10_000 };
/** From the last words to every call's end, and Twilio's coming for them: the call's own patience (`afterMs`) is longer. */
const LAST_CALLS_MS = LAST_WORDS_MS + 1_000;
/** How long answers that are under way may take to go out. */
const LAST_ANSWERS_MS = 2_000;

/** Starts the server; throws what the platform throws when it cannot listen. */
export function startVoice(options: StartVoiceOptions): RunningVoice {
  const { config, platform, clock, log } = options;
  const calls = makeCalls(options);
  const door = new Door(config, clock);
  const room = new WaitingRoom(clock);
  const health = makeHealth(calls, platform.runtimeVersion);
  const app = makeApp({ config, door, calls, room, health, clock, log: boundedLog(log, clock) });
  const listening = platform.listen({
    hostname: config.host,
    port: config.port,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    fetch: (request, connection) => app.fetch(request, connection),
    failed(error) {
      log("error", "server.threw", { stack: stackOf(error) });
      return apologise(config);
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

function makeCalls({ config, clock, log, store, dialler, times }: StartVoiceOptions): Calls {
  const settings: CallSettings = { greeting: config.greeting, ...callTimes, ...times };
  const session = { instructions: config.instructions, voice: config.voiceName };
  return new Calls(config.maxCalls, clock, (identity, ended) => {
    return new CallDriver(identity, { settings, clock, dialler, store, log, session, ended });
  });
}
