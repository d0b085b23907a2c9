// Puts the server together: alerts, calls, authentication, routes, port. It reads no environment and handles no signals
// (commands/serve.ts), so that the selftest starts the same server.

import process from "node:process";
import { boundedLog } from "../adapters/log/bounded-log.ts";
import { safeLog } from "../adapters/log/safe-log.ts";
import { stackOf } from "../adapters/log/stack-of.ts";
import { CallMetrics } from "../adapters/metrics/call-metrics.ts";
import type { StoredCalls } from "../adapters/store/stored-calls.ts";
import type { SpanCounts } from "../adapters/traces/span-queue.ts";
import { type Alert, makeAlert } from "../adapters/webhooks/alert.ts";
import { chime } from "../audio/chime.ts";
import type { CallIdentity } from "../call/events.ts";
import type { CallObserver, Clock, Log, ModelDialler, RecordStore, ToolPort } from "../call/ports.ts";
import type { Agent, AgentBook, ModelChoice } from "../config/agents/agent.ts";
import type { Config } from "../config/config.ts";
import type { ListenAddress } from "../config/values.ts";
import type { Listening, ListenOptions, Platform } from "../platform/seam.ts";
import type { CurrentAgents } from "./auth/authenticate-webhook.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { agentOf, agentSettings, sessionFor, usableModel } from "./calls/call-agent.ts";
import { CallDriver } from "./calls/call-driver.ts";
import { AFTER_REQUEST_MS, CallRegistry } from "./calls/call-registry.ts";
import { type CallTimes, callTimes } from "./calls/call-times.ts";
import { DayBudgets, MemorySpending } from "./calls/day-budgets.ts";
import { modelFacts } from "./calls/model-facts.ts";
import { ModelHealth } from "./calls/model-health.ts";
import { RefusedSettings } from "./calls/refused-settings.ts";
import { type BeginWatch, safeWatch } from "./calls/safe-watch.ts";
import { maxCallsFor, maxPendingFor, USUAL_FILE_LIMIT } from "./capacity.ts";
import { LiveCalls } from "./console/live-calls.ts";
import { makeApp } from "./http/app.ts";
import { makeHealth } from "./http/health.ts";
import { answerMetricsOnly } from "./http/metrics.ts";
import { answerAfterThrow } from "./http/twiml-answers.ts";
import { lateConsole } from "./late-console.ts";
import { lateTools } from "./late-tools.ts";
import { makeScraper } from "./scrape.ts";
import { MAX_MESSAGE_BYTES } from "./stream/open-stream.ts";
import { PendingSockets, pendingLimits } from "./stream/pending-sockets.ts";

export interface StartVoiceOptions {
  readonly config: Config;
  readonly platform: Pick<Platform, "listen" | "runtimeVersion">;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: RecordStore;
  /** Dials a model. Asked once for each model of a set of agents. */
  readonly diallerFor: (model: ModelChoice) => ModelDialler;
  /** Replaces some of {@link callTimes} in tests. */
  readonly times?: Partial<CallTimes>;
  /** Where calls are kept; undefined: nowhere. */
  readonly storedCalls?: Pick<StoredCalls, "observe" | "health"> | undefined;
  /** Signs the console's login links; undefined: a random one. */
  readonly consoleKey?: (() => Uint8Array) | undefined;
  /** How many files the process may have open; undefined: no limit. */
  readonly openFileLimit?: number | undefined;
  /** The process's resident memory now; replaced in tests. */
  readonly residentBytes?: () => number;
}

export interface RunningVoice {
  /** A random name for this run of the process. */
  readonly instance: string;
  /** The port it listens on, also when the configured port is 0. */
  readonly port: number;
  readonly calls: CallRegistry;
  /** A token with which a browser logs in to the console, once. */
  makeConsoleLink(): string;
  /** Replaces the agents: for new calls. Running ones keep theirs. */
  useAgents(book: AgentBook): void;
  /** The file that was read has a mistake: the agents stay, and /readyz shows why. */
  keepAgents(problem: string): void;
  /**
   * Refuses new calls, gives running ones `ms` to end, then ends them with a sentence. Resolves when the server has
   * stopped.
   */
  drain(ms: number): Promise<void>;
  /** Ends everything at once. */
  stop(): Promise<void>;
  /**
   * Serves /metrics at another address too, until the end. Returns the port. Throws what the platform throws when it
   * cannot listen.
   */
  serveMetrics(address: ListenAddress): number;
  /** When open files run short, closes connections that have not sent a whole request. Returns how many. */
  closeStalled(nowMs: number): number;
  /** Shows calls to traces too: those whose webhook comes from now on. */
  trace(traces: TracesView): void;
}

/** What the server needs of traces. */
export interface TracesView {
  readonly observe: CallObserver;
  counts(): SpanCounts;
}

const MIB = 1_048_576;
/**
 * For the last calls to end, and for Twilio to request what comes next; shorter than the call's own wait for that
 * (`afterMs`).
 */
const DRAIN_END_MS = AFTER_REQUEST_MS + 1_000;
/** For HTTP responses in progress. */
const RESPONSES_MS = 2_000;

/** Starts the server. Throws what the platform throws when it cannot listen. */
export function startVoice(options: StartVoiceOptions): RunningVoice {
  const { config, platform, clock, openFileLimit, storedCalls } = options;
  const { runtimeVersion } = platform;
  const callLog = safeLog(options.log);
  /** For what requests cause. */
  const log = boundedLog(callLog, clock);
  const instance = crypto.randomUUID();
  const alert = makeAlert({ url: config.alertUrl, authToken: config.twilioAuthToken, instance, clock, log: callLog });
  const agents: CurrentAgents = { book: config.agents };
  const metrics = new CallMetrics();
  const modelHealth = new ModelHealth(clock);
  const live = new LiveCalls();
  const observers = [metrics.observe, live.observe, ...(storedCalls === undefined ? [] : [storedCalls.observe])];
  const beginWatch = safeWatch(observers, callLog);
  const residentBytes = options.residentBytes ?? (() => process.memoryUsage.rss());
  const calls = makeCalls({ ...options, residentBytes, log: callLog }, { alert, beginWatch, agents, health: modelHealth });
  const scraper = makeScraper({ metrics, calls, storedCalls, clock, openFileLimit, residentBytes, runtimeVersion });
  const auth = new Authenticator(config, clock);
  const sockets = maxPendingFor(openFileLimit ?? USUAL_FILE_LIMIT);
  const pending = new PendingSockets(clock, { ...pendingLimits, sockets });
  const health = makeHealth({ calls, agents, models: modelHealth, storedCalls, runtimeVersion, instance });
  const metricsParts = { scrape: scraper.scrape, metricsToken: config.metricsToken, log };
  const parts = { config, auth, calls, agents, clock, log };
  const lateRoutes = lateConsole(live, { ...parts, access: config.consoleAccess, consoleKey: options.consoleKey ?? randomKey });
  const app = makeApp({ ...parts, ...metricsParts, console: lateRoutes.routes, pending, health, instance, alert });
  const listen = listener(options, log, calls);
  const listening = listen(config, (request, connection) => app.fetch(request, connection));
  let metricsListening: Listening | undefined;
  const stop = async (): Promise<void> => {
    calls.startDraining();
    scraper.stop();
    await Promise.all([listening.stopNow(), metricsListening?.stopNow()]);
  };
  return {
    instance,
    makeConsoleLink: () => lateRoutes.makeLink(),
    port: listening.port,
    calls,
    useAgents(book) {
      agents.book = book;
      agents.problem = undefined;
    },
    keepAgents(problem) {
      agents.problem = problem;
    },
    drain: (ms) => drain(ms, calls, listening, clock).then(stop),
    stop,
    closeStalled: (nowMs) => listening.closeStalled(nowMs) + (metricsListening?.closeStalled(nowMs) ?? 0),
    serveMetrics(address) {
      metricsListening = listen(address, (request, connection) => answerMetricsOnly(request, connection, metricsParts));
      return metricsListening.port;
    },
    trace(traces) {
      observers.push(traces.observe);
      scraper.addSpans(traces.counts);
    },
  };
}

type Listen = (at: ListenAddress, fetch: ListenOptions["fetch"]) => Listening;

function listener({ config, platform, openFileLimit }: StartVoiceOptions, log: Log, calls: CallRegistry): Listen {
  return (at, fetch) =>
    platform.listen({
      hostname: at.host,
      port: at.port,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      openFileLimit,
      fetch,
      failed(error) {
        log("error", "server.threw", { stack: stackOf(error) });
        return answerAfterThrow("", config, calls);
      },
      threw: (error) => log("error", "socket.threw", { stack: stackOf(error) }),
    });
}

/** For this process only. */
function randomKey(): Uint8Array {
  madeKey ??= crypto.getRandomValues(new Uint8Array(32));
  return madeKey;
}

let madeKey: Uint8Array | undefined;

type CallsOptions = StartVoiceOptions & Required<Pick<StartVoiceOptions, "residentBytes">>;

interface CallsParts {
  readonly alert: Alert;
  readonly beginWatch: BeginWatch;
  readonly agents: CurrentAgents;
  readonly health: ModelHealth;
}

function makeCalls(options: CallsOptions, { alert, beginWatch, agents, health }: CallsParts): CallRegistry {
  const { config, clock, log, store, diallerFor, times, openFileLimit, residentBytes } = options;
  const { transferTo, maxMemoryMb } = config;
  const settings = { canTransfer: transferTo !== undefined, ...callTimes, ...times };
  const diallers = new WeakMap<ModelChoice, ModelDialler>();
  const diallerOf = (model: ModelChoice): ModelDialler => {
    const dialler = diallers.get(model) ?? diallerFor(model);
    diallers.set(model, dialler);
    return dialler;
  };
  const runners = new WeakMap<Agent, ToolPort>();
  const toolsOf = (agent: Agent): ToolPort => {
    const runner =
      runners.get(agent) ??
      lateTools(async () => (await import("../adapters/tools/tool-runner.ts")).toolRunner(agent.tools, { clock, log }));
    runners.set(agent, runner);
    return runner;
  };
  const refusals = new RefusedSettings(clock);
  const budgets = new DayBudgets({ spending: new MemorySpending(), clock, log, alert });
  let filler: string | undefined;
  const limits = {
    maxCalls: Math.min(config.maxCalls, openFileLimit === undefined ? config.maxCalls : maxCallsFor(openFileLimit)),
    maxMemoryBytes: maxMemoryMb === undefined ? undefined : maxMemoryMb * MIB,
    residentBytes,
    isOverBudget: (identity: CallIdentity) => budgets.isSpent(agentOf(agents.book, identity, clock.nowMs())),
    prewarmMs: settings.prewarmMs,
  };
  return new CallRegistry(limits, clock, (identity, ended) => {
    const { book } = agents;
    const nowMs = clock.nowMs();
    const agent = agentOf(book, identity, nowMs);
    const models = agent.models.map((model) => usableModel(model, config, identity));
    const firstModel = health.firstOf(models);
    const model = modelFacts(models[firstModel] ?? agent.models[0]);
    const configured = agent.models.map((choice, index) => ({
      choice,
      dialler: diallerOf(models[index] ?? choice),
      // Made for each connection: instructions may be long, and ended calls are kept for a while.
      get session() {
        return sessionFor(agent, book, identity, nowMs, choice);
      },
    }));
    const refused = configured.map((one) => refusals.knownOf(one));
    return new CallDriver(identity, {
      settings: { ...settings, ...agentSettings(agent, book, models), firstModel, refused },
      tools: toolsOf(agent),
      models: configured,
      clock,
      store,
      log,
      alert,
      watch: beginWatch(
        { identity, atMs: nowMs, agent: agent.name, model },
        refusals.watching(configured, refused),
        health.watching(models, firstModel),
      ),
      ended,
      spend: (usd) => budgets.spend(agent, usd),
      // Made when the first caller has to wait, so that it does not delay the start. Most processes never need it.
      get filler() {
        filler ??= chime();
        return filler;
      },
    });
  });
}

async function drain(ms: number, calls: CallRegistry, listening: Listening, clock: Clock): Promise<void> {
  calls.startDraining();
  if (!(await calls.idle(ms))) {
    calls.drainAll();
    await calls.idle(DRAIN_END_MS);
  }
  const timeout = new Promise<void>((resolve) => void clock.after(RESPONSES_MS, resolve));
  await Promise.race([listening.stop(), timeout]);
}
