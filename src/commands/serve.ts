// `voice`: accepts calls until a signal stops it. It connects the process (log, store, model, systemd, signals) with
// the server (server/start.ts).

import process from "node:process";
import * as realPlatform from "#platform";
import { builtInModel } from "../adapters/built-in-model.ts";
import { realClock } from "../adapters/clock.ts";
import { makeLog } from "../adapters/log/log.ts";
import { safeLog } from "../adapters/log/safe-log.ts";
import { stackOf } from "../adapters/log/stack-of.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import { readOpenFileLimit } from "../adapters/open-file-limit.ts";
import { fileStore, noStore } from "../adapters/store.ts";
import { systemdNotifier } from "../adapters/systemd/notifier.ts";
import type { Clock, Log, ModelDialler } from "../call/ports.ts";
import type { AgentConfig, Config } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Platform } from "../platform/seam.ts";
import { printable } from "../protocol/printable.ts";
import { type RunningVoice, type StartVoiceOptions, startVoice } from "../server/start.ts";
import { agentFor, type StartFacts, startNotes } from "../server/start-notes.ts";
import { version } from "../version.ts";

export interface ServeIo {
  /** Writes a line to stderr. */
  print(text: string): void;
  /** Whether stderr is a terminal: then the start notes are text instead of log lines. */
  readonly isTerminal: boolean;
}

const stderr: ServeIo = {
  print: (text) => void process.stderr.write(`${printable(text)}\n`),
  isTerminal: process.stderr.isTTY === true,
};

/** For the call records to reach the disk at the end. */
const FLUSH_MS = 2_000;

/**
 * Serves until SIGTERM or SIGINT, then drains. A second signal ends it at once. Returns the exit code. Throws a {@link
 * UsageError} when it cannot listen.
 */
export async function serve(config: Config, platform: Platform = realPlatform, io: ServeIo = stderr): Promise<number> {
  const clock = realClock();
  const { logFormat: format, logLevel: level, colors, secrets } = config;
  const log = safeLog(await makeLog({ clock, format, level, colors, secrets }));
  platform.onUncaught((error) => log("error", "error.uncaught", { stack: stackOf(error) }));
  const store = config.recordsFile === undefined ? noStore : fileStore(config.recordsFile, log);
  const dialler = diallerOf(agentFor(config), clock);
  const openFileLimit = readOpenFileLimit();
  const voice = listenOrExplain({ config, platform, clock, log, store, dialler, openFileLimit });
  const systemd = systemdNotifier({ systemd: config.systemd, clock, log });
  printStart(
    { config, agentName: dialler.name, port: voice.port, version, runtimeVersion: platform.runtimeVersion, openFileLimit },
    log,
    io,
  );
  systemd.ready(`accepting calls, answered by ${dialler.name}`);

  const outcome = await untilStopped(platform, log, voice, config.drainMs, (status) => systemd.stopping(status));
  if (outcome === "drained") await Promise.race([store.flush(), wait(clock, FLUSH_MS)]);
  systemd.stop();
  log("info", "server.stopped", { outcome });
  return outcome === "drained" ? 0 : 1;
}

function diallerOf(agent: AgentConfig, clock: Clock): ModelDialler {
  return agent.type === "openai" ? modelSocket(agent, clock) : builtInModel(clock);
}

/** Starts the server. Throws a {@link UsageError} when the port is taken or not permitted. */
function listenOrExplain(options: StartVoiceOptions): RunningVoice {
  try {
    return startVoice(options);
  } catch (error) {
    const { host, port } = options.config;
    const code = (error as { code?: unknown }).code;
    const reasons: Readonly<Record<string, readonly [string, string]>> = {
      EADDRINUSE: ["another process listens there", `stop it, or try --port ${port === 65_535 ? port - 1 : port + 1}`],
      EACCES: ["not permitted", "ports below 1024 need root: try --port 8080"],
      EADDRNOTAVAIL: ["this machine does not have that address", "try --host 0.0.0.0"],
    };
    const reason = reasons[String(code)];
    if (reason === undefined) throw error;
    throw new UsageError(`cannot listen on ${host} port ${port}: ${reason[0]}`, reason[1]);
  }
}

function printStart(facts: StartFacts, log: Log, io: ServeIo): void {
  for (const note of startNotes(facts)) {
    if (io.isTerminal && note.level !== "debug") io.print(note.text);
    else log(note.level, note.event, note.fields);
  }
}

/** Resolves when the first signal's drain is over, or at the second signal. */
function untilStopped(
  platform: Platform,
  log: Log,
  voice: RunningVoice,
  drainMs: number,
  stopping: (status: string) => void,
): Promise<"drained" | "forced"> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    platform.onSignal((signal) => {
      signals += 1;
      if (signals > 1) {
        resolve("forced");
        return;
      }
      log("info", "server.draining", { signal, calls: voice.calls.running, drainMs });
      stopping(`draining ${voice.calls.running} calls`);
      voice.drain(drainMs).then(() => resolve("drained"), reject);
    });
  });
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
