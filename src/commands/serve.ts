// `voice`: accepts calls until a signal stops it. It connects the process (log, store, model, systemd, signals) with
// the server (server/start.ts).

import { join } from "node:path";
import process from "node:process";
import * as realPlatform from "#platform";
import { realClock } from "../adapters/clock.ts";
import { lateLog } from "../adapters/log/late-log.ts";
import { safeLog } from "../adapters/log/safe-log.ts";
import { stackOf } from "../adapters/log/stack-of.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import { readOpenFileLimit } from "../adapters/open-file-limit.ts";
import { fileStore, findRecordsProblem, noStore } from "../adapters/records-file.ts";
import { readOrMakeSecret } from "../adapters/secret-file.ts";
import { type StoredCalls, storeCalls } from "../adapters/store/stored-calls.ts";
import { systemdNotifier } from "../adapters/systemd/notifier.ts";
import type { Traces } from "../adapters/traces/start-traces.ts";
import type { Clock, Log, ModelDialler } from "../call/ports.ts";
import type { ModelChoice } from "../config/agents/agent.ts";
import type { Config, ConfigResult } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { isIP, type ListenAddress } from "../config/values.ts";
import type { Platform } from "../platform/seam.ts";
import { sha256 } from "../protocol/digest.ts";
import { printable } from "../protocol/printable.ts";
import { readWebhookSecret } from "../protocol/standard-webhooks.ts";
import { usableModel } from "../server/calls/call-agent.ts";
import { closeStalledRegularly } from "../server/close-stalled.ts";
import { CONSOLE_KEY_FILE, loginUrl } from "../server/console/login-link.ts";
import { lateModel } from "../server/late-model.ts";
import { localUrl } from "../server/local-url.ts";
import { type RunningVoice, startVoice } from "../server/start.ts";
import { addressOf, type StartFacts, startNotes } from "../server/start-notes.ts";
import { version } from "../version.ts";

export interface ServeIo {
  /** Writes a line to stderr. */
  print(text: string): void;
  /** Whether stderr is a terminal: then the start notes are text instead of log lines. */
  readonly isTerminal: boolean;
}

const stderr: ServeIo = {
  print: (text) => void process.stderr.write(`${printable(text)}\n`),
  // Read after listening: making the stream takes longer than everything before it.
  get isTerminal() {
    return process.stderr.isTTY === true;
  },
};

/** Reads the settings and voice.toml again. */
export type Reload = () => Promise<ConfigResult>;

/**
 * From listening to the rest of the start: the log, its first lines, and what only calls need. A request that waited
 * for the port is answered first.
 */
const FIRST_ANSWER_MS = 20;
/** For VOICE_RECORDS to be opened at the start. The server accepts calls meanwhile. */
const RECORDS_MS = 500;
/** One Ctrl-C arrives twice under `deno task`: from the terminal, and forwarded. */
const SAME_PRESS_MS = 300;
/** For the call records to reach the disk, and the last traces their collector, at the end. */
const FLUSH_MS = 2_000;

/**
 * Serves until a signal, then drains. A second signal ends it at once. Returns the exit code. Throws a {@link
 * UsageError} when it cannot listen.
 */
export async function serve(config: Config, reload: Reload, platform: Platform = realPlatform, io: ServeIo = stderr): Promise<number> {
  const clock = realClock();
  const { logFormat: format, logLevel: level, colors } = config;
  const secrets = [...config.secrets];
  const late = lateLog();
  const log = safeLog(late.log);
  platform.onUncaught((error) => log("error", "error.uncaught", { stack: stackOf(error) }));
  const store = config.recordsFile === undefined ? noStore : fileStore(config.recordsFile, log);
  const storedCalls = stored(config, clock, log);
  const builtIn = lateModel("the built-in agent", async () => (await import("../adapters/built-in-model.ts")).builtInModel(clock));
  const diallerFor = (model: ModelChoice): ModelDialler => (model.type === "openai" ? modelSocket(model, clock) : builtIn);
  const openFileLimit = readOpenFileLimit();
  const consoleKey = keyOfConsole(config, log);
  const voice = await listenOrExplain(config, () =>
    startVoice({ config, consoleKey, platform, clock, log, store, storedCalls, diallerFor, openFileLimit }),
  );
  await wait(clock, FIRST_ANSWER_MS);
  const { makeLog } = await import("../adapters/log/log.ts");
  late.open(await makeLog({ clock, format, level, colors, secrets }));
  await serveMetrics(voice, config, log);
  const systemd = systemdNotifier({ systemd: config.systemd, clock, log });
  const recordsProblem = await Promise.race([findRecordsProblem(config.recordsFile), wait(clock, RECORDS_MS).then(() => undefined)]);
  const { runtimeVersion } = platform;
  const agentName = agentsText(config, diallerFor);
  const shows = io.isTerminal && config.consoleAccess !== "off";
  const consoleLink = shows ? loginUrl(localUrl(config.host, voice.port), voice.makeConsoleLink()) : undefined;
  printStart({ config, consoleLink, agentName, port: voice.port, version, runtimeVersion, openFileLimit, recordsProblem }, log, io);
  await warmUp(builtIn);
  systemd.ready(`accepting calls, answered by ${agentName}`);
  const tracing = traceCalls(voice, config, clock, log);
  const delivering = deliverCalls(config, storedCalls, clock, log);

  const reloadAgents =
    config.agentsFile === undefined ? undefined : agentsReloader({ reload, file: config.agentsFile, voice, log, secrets });
  const stopClosing = closeStalledRegularly((nowMs) => voice.closeStalled(nowMs), clock, log);
  const outcome = await untilStopped(platform, { clock, log, io, voice, drainMs: config.drainMs, systemd, reloadAgents });
  if (outcome === "drained")
    await Promise.race([
      Promise.all([store.flush(), storedCalls?.close(), tracing.then((traces) => traces?.stop())]),
      wait(clock, FLUSH_MS),
    ]);
  (await delivering)?.();
  systemd.stop();
  stopClosing();
  log("info", "server.stopped", { outcome });
  return outcome === "drained" ? 0 : 1;
}

/** With [after_call] in voice.toml. Returns what ends it. */
async function deliverCalls(
  { stateFolder, agents: { afterCall } }: Config,
  storedCalls: StoredCalls | undefined,
  clock: Clock,
  log: Log,
): Promise<(() => void) | undefined> {
  if (afterCall === undefined) return undefined;
  const secret = readWebhookSecret(afterCall.secret);
  if (stateFolder === undefined || storedCalls === undefined || secret === undefined) {
    log("error", "delivery.off", { reason: "calls are delivered from the store, and there is no state folder", fix: "set VOICE_STATE" });
    return undefined;
  }
  const { deliver } = await import("../adapters/webhooks/deliver.ts");
  const { callReader } = await import("../adapters/store/call-reader.ts");
  const ask = callReader(stateFolder, clock);
  return deliver({
    url: afterCall.url,
    secret,
    clock,
    log,
    async due(nowMs, limit) {
      const answer = await ask({ type: "due", nowMs, limit });
      return answer.type === "due" ? answer.deliveries : [];
    },
    attempted: (attempt) => storedCalls.write({ type: "delivery.tried", ...attempt }),
  });
}

/** In the state folder, where `voice console` finds it. Undefined: one for this process. */
function keyOfConsole({ stateFolder }: Config, log: Log): (() => Uint8Array) | undefined {
  if (stateFolder === undefined) return undefined;
  let key: Uint8Array | undefined;
  return () => {
    try {
      key ??= readOrMakeSecret(join(stateFolder, CONSOLE_KEY_FILE));
    } catch (error) {
      log("warning", "console.keyNotKept", { problem: (error as Error).message, effect: "voice console cannot make a link" });
      key = crypto.getRandomValues(new Uint8Array(32));
    }
    return key;
  };
}

/** Undefined without a state folder. */
function stored({ stateFolder: folder, agents }: Config, clock: Clock, log: Log): StoredCalls | undefined {
  return folder === undefined ? undefined : storeCalls({ folder, ...agents.privacy, deliver: agents.afterCall?.events ?? [], clock, log });
}

/** "OpenAI gpt-realtime-2.1 at api.openai.com", or with voice.toml "reception (OpenAI …), billing (OpenAI …)". */
function agentsText(config: Config, diallerFor: (model: ModelChoice) => ModelDialler): string {
  const { agents, file } = config.agents;
  const named = agents.map(({ name, models }) => ({ name, model: diallerFor(usableModel(models[0], config)).name }));
  return named.map(({ name, model }) => (file === undefined ? model : `${name} (${model})`)).join(", ");
}

/** Loads what the first call needs and a start does not. Each part is short: a call that has begun waits for one. */
async function warmUp(builtIn: ReturnType<typeof lateModel>): Promise<void> {
  sha256("");
  await builtIn.warm();
}

/** At VOICE_METRICS_LISTEN, if it is set. Rejects with a {@link UsageError} when it cannot listen. */
async function serveMetrics(voice: RunningVoice, { metricsListen }: Config, log: Log): Promise<void> {
  if (metricsListen === undefined) return;
  try {
    const port = await listenOrExplain(metricsListen, () => voice.serveMetrics(metricsListen), "--metrics-listen");
    log("info", "metrics.served", { address: addressOf(metricsListen.host, port) });
  } catch (error) {
    await voice.stop();
    throw error;
  }
}

/** With a collector configured. The server accepts calls while this is imported. */
async function traceCalls(voice: RunningVoice, config: Config, clock: Clock, log: Log): Promise<Traces | undefined> {
  if (config.traces === undefined) return undefined;
  const { startTraces } = await import("../adapters/traces/start-traces.ts");
  const traces = startTraces({ config: config.traces, instance: voice.instance, clock, log });
  voice.trace(traces);
  log("info", "traces.started", { collector: new URL(config.traces.url).host });
  return traces;
}

/** Rejects with a {@link UsageError} when `listen` cannot listen. */
async function listenOrExplain<T>({ host, port }: ListenAddress, listen: () => T, flag?: string): Promise<T> {
  const other = port === 65_535 ? port - 1 : port + 1;
  try {
    return listen();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const reasons: Readonly<Record<string, readonly [string, string]>> = {
      EADDRINUSE: [
        "another process listens there",
        `stop it, or try ${flag === undefined ? `--port ${other}` : `${flag} ${addressOf(host, other)}`}`,
      ],
      EACCES: ["not permitted", "ports below 1024 need root: try --port 8080"],
      EADDRNOTAVAIL: ["this machine does not have that address", "try --host 0.0.0.0"],
      EINVAL: ["this machine cannot listen on that address", "name its interface (fe80::1%eth0), or try --host 0.0.0.0"],
    };
    // For a name that does not resolve, Bun reports whatever error came before, such as EADDRINUSE.
    const resolves =
      isIP(host) !== 0 ||
      (await import("node:dns/promises")
        .then(({ lookup }) => lookup(host))
        .then(
          () => true,
          () => false,
        ));
    if (!resolves) throw new UsageError(`cannot listen on ${host} port ${port}: that name does not resolve`, "try --host 0.0.0.0");
    const [reason, hint] = reasons[String(code)] ?? [(error as Error).message, "check HOST and PORT"];
    throw new UsageError(`cannot listen on ${host} port ${port}: ${reason}`, hint);
  }
}

function printStart(facts: StartFacts, log: Log, io: ServeIo): void {
  for (const note of startNotes(facts)) {
    if (io.isTerminal && note.level !== "debug") io.print(note.text);
    else log(note.level, note.event, note.fields);
  }
}

interface StopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly io: ServeIo;
  readonly voice: RunningVoice;
  readonly drainMs: number;
  readonly systemd: Pick<ReturnType<typeof systemdNotifier>, "stopping">;
  /** Undefined: there is no voice.toml. */
  readonly reloadAgents: (() => void) | undefined;
}

interface ReloadParts {
  readonly reload: Reload;
  /** The path of voice.toml at the start. */
  readonly file: string;
  readonly voice: RunningVoice;
  readonly log: Log;
  /** What the log masks: the secrets of the new file are added. */
  readonly secrets: string[];
}

/**
 * Reads voice.toml again, for new calls. A file that is gone or has a mistake changes nothing. Further requests wait
 * for the first.
 */
function agentsReloader({ reload, file, voice, log, secrets }: ReloadParts): () => void {
  const reloadOnce = async (): Promise<void> => {
    const result = await reload();
    const mistakes = "mistakes" in result ? result.mistakes.map(({ what, problem }) => `${what}: ${problem}`).join("; ") : undefined;
    if ("mistakes" in result || result.config.agents.file === undefined) {
      // An editor that replaces the file removes it for a moment: that must not turn the agents into the default one.
      const problem = mistakes ?? `${file}: does not exist`;
      voice.keepAgents(problem);
      log("error", "agents.notReloaded", { mistakes: problem, effect: "the agents before stay" });
      return;
    }
    const { agents } = result.config;
    secrets.push(...result.config.secrets.filter((secret) => !secrets.includes(secret)));
    voice.useAgents(agents);
    log("info", "agents.reloaded", { file: agents.file, agents: agents.agents.map(({ name }) => name).join(", ") });
  };
  let last = Promise.resolve();
  return () => {
    last = last.then(reloadOnce).catch((error) => void log("error", "error.uncaught", { stack: stackOf(error) }));
  };
}

/**
 * Resolves when the first signal's drain is over, or at the second signal. SIGHUP drains when a terminal was closed.
 * Elsewhere it asks to read the configuration again: that is voice.toml. Settings are read at the start only.
 */
function untilStopped(
  platform: Platform,
  { clock, log, io, voice, drainMs, systemd, reloadAgents }: StopOptions,
): Promise<"drained" | "forced"> {
  return new Promise((resolve, reject) => {
    let isDraining = false;
    let pressedAtMs = Number.NEGATIVE_INFINITY;
    platform.onSignal((signal) => {
      const isSamePress = signal === "SIGINT" && clock.nowMs() - pressedAtMs < SAME_PRESS_MS;
      if (signal === "SIGINT" && !isSamePress) pressedAtMs = clock.nowMs();
      if (isSamePress) return;
      if (signal === "SIGHUP" && (isDraining || !io.isTerminal)) {
        if (isDraining) return;
        if (reloadAgents !== undefined) reloadAgents();
        else
          log("warning", "server.hangupIgnored", {
            reason: "there is no voice.toml, and settings are read at the start only",
            fix: "restart voice",
          });
        return;
      }
      if (isDraining) {
        resolve("forced");
        return;
      }
      isDraining = true;
      const { running } = voice.calls;
      log("info", "server.draining", { signal, calls: running, drainMs });
      if (running > 0 && io.isTerminal) io.print(drainText(running, drainMs));
      systemd.stopping(`draining ${running} calls`);
      voice.drain(drainMs).then(() => resolve("drained"), reject);
    });
  });
}

function drainText(calls: number, drainMs: number): string {
  const running = calls === 1 ? "1 call is running" : `${calls} calls are running`;
  return `voice: ${running} and may go on for up to ${Math.ceil(drainMs / 1_000)} s; press Ctrl-C again to stop now`;
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
