// The selftest's harness: the real server on a free local port, the model simulator on another, and telephone calls to
// the server. It places calls and returns what both sides saw; checks/ judges that.

import { randomBytes } from "node:crypto";
import { modelSocket } from "../adapters/model-socket.ts";
import type { Clock, Log, ModelDialler } from "../call/ports.ts";
import type { CallRecord } from "../call/record.ts";
import type { AgentBook } from "../config/agents/agent.ts";
import { bookOfSettings } from "../config/agents/default-agent.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { type RunningVoice, startVoice } from "../server/start.ts";
import { type BrainReply, scriptedBrain, spokenReply } from "../simulators/openai/brains/brain.ts";
import { type ModelBehaviour, type ModelSimulator, startModelSimulator } from "../simulators/sockets/model-simulator.ts";
import { placeTelephoneCall, type TelephoneCallHandle, type TelephoneEnvironment } from "../simulators/sockets/place-telephone-call.ts";
import { sid } from "../simulators/twilio/seeded-ids.ts";
import type { TelephoneOptions } from "../simulators/twilio/telephone/inputs-outputs.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { Leftovers } from "./checks/hang-up.ts";
import {
  type CountedClock,
  type CountedListen,
  countedClock,
  countedListen,
  type RecordingDialler,
  recordingDialler,
} from "./resource-counters.ts";
import { deskTransfer } from "./transfer-scenarios.ts";

/** Signs the selftest's requests. It opens nothing else: the server that knows it runs for seconds, on this machine. */
export const SELFTEST_TOKEN = "5e1f7e575e1f7e575e1f7e575e1f7e57";
const MODEL_KEY = "sk-selftest-selftest";

/** What a call's model says, in order, and how its connection behaves. */
export type ScenarioModel = ModelSession & {
  readonly replies: readonly Uint8Array[];
  readonly lagMs?: number;
  /** How the first sessions behave instead, in order. */
  readonly firstDials?: readonly ModelSession[];
};

/** `script` replaces the replies, where one has to fail. */
type ModelSession = Omit<ModelBehaviour, "brain"> & { readonly script?: readonly BrainReply[] };

export interface ScenarioSetup {
  /** Seeds every SID. */
  readonly name: string;
  readonly model: ScenarioModel;
  readonly telephone?: Partial<TelephoneOptions>;
  /** Path of the first webhook. */
  readonly path?: string;
  /** Sends something else in place of the caller's frame. */
  readonly tamper?: (frame: string, send: (frame: string) => void, clock: Clock) => void;
  /** Dialling the model throws inside the server. */
  readonly throwsAtDial?: true;
  /** Calls the server that dials the model at `start`, not at the webhook. */
  readonly isCold?: boolean;
}

export interface Harness {
  readonly clock: Clock;
  /** http://127.0.0.1:port */
  readonly baseUrl: string;
  readonly listenedAtMs: number;
  /** What the server threw, one line each. */
  readonly thrown: readonly string[];
  place(setup: ScenarioSetup): TelephoneCallHandle;
  /** Breaks the current model connection of the call with this name. */
  breakModel(name: string): void;
  /** Waits until the model of the call with this name has received this many frames; false on timeout. */
  modelHears(name: string, frames: number, withinMs: number): Promise<boolean>;
  /** What both sides saw of a call. */
  evidence(setup: ScenarioSetup, running: TelephoneCallHandle): CallEvidence;
  /** Waits, at most `withinMs`, until nothing is left of any call. Resolves with what is left. */
  settle(withinMs: number): Promise<Leftovers>;
  stop(): Promise<void>;
}

/** Nothing is read from the operator's environment. */
function harnessConfig(realtimeUrl: string): Config {
  return Object.freeze({
    host: "127.0.0.1",
    port: 0,
    // Unset, so that the URL is taken from what the signature fits, as behind a proxy.
    publicUrl: undefined,
    twilioAuthToken: SELFTEST_TOKEN,
    accountSid: undefined,
    phoneNumber: undefined,
    allowUnsigned: false,
    directStream: false,
    agentsFile: undefined,
    stateFolder: undefined,
    consoleAccess: "off",
    agents: harnessAgents(realtimeUrl),
    sentences: {
      apology: "Selftest apology.",
      goodbye: "Selftest goodbye.",
      draining: "Selftest draining.",
      misconfigured: "Selftest misconfigured.",
      transferring: "Selftest transferring.",
      busy: "Selftest busy.",
    },
    language: "en-US",
    drainMs: 0,
    transferTo: undefined,
    alertUrl: undefined,
    busy: "say",
    maxCalls: 100,
    maxMemoryMb: undefined,
    recordsFile: undefined,
    metricsListen: undefined,
    metricsToken: undefined,
    traces: undefined,
    logFormat: "json",
    logLevel: "error",
    colors: false,
    secrets: [],
    systemd: { notifySocket: undefined, watchdogUsec: undefined },
    envFileIgnored: false,
  } satisfies Config);
}

function harnessAgents(realtimeUrl: string): AgentBook {
  const book = bookOfSettings({
    model: { type: "openai", apiKey: MODEL_KEY, model: "selftest", realtimeUrl },
    instructions: "You are the selftest's model.",
    greeting: "Greet the caller.",
    voice: "marin",
    transcriptionModel: null,
  });
  return { ...book, agents: [{ ...book.agents[0], transfers: [deskTransfer] }] };
}

interface Parts {
  readonly clock: Clock;
  readonly models: ModelSimulator;
  readonly placed: Map<string, ScenarioSetup>;
  readonly records: CallRecord[];
  readonly thrown: string[];
  readonly serverClock: CountedClock;
  readonly serverListen: CountedListen;
  readonly dialler: RecordingDialler;
  readonly voice: RunningVoice;
  /** The same server, except that it dials the model at `start`. */
  readonly cold: RunningVoice;
  readonly listenedAtMs: number;
}

export function startHarness(platform: Platform, clock: Clock): Harness {
  const parts = startParts(platform, clock);
  const { voice, cold, placed, models } = parts;
  const baseUrl = `http://127.0.0.1:${voice.port}`;
  return {
    clock,
    baseUrl,
    listenedAtMs: parts.listenedAtMs,
    thrown: parts.thrown,
    place(setup) {
      const { name, telephone, path = "/twilio/voice", isCold = false, tamper } = setup;
      placed.set(sid("CA", name), setup);
      const url = (isCold ? `http://127.0.0.1:${cold.port}` : baseUrl) + path;
      const options = { webhook: { url }, authToken: SELFTEST_TOKEN, seed: name, allowPlainSocket: true, ...telephone };
      const tampered: Partial<TelephoneEnvironment> = tamper === undefined ? {} : { tamper: (frame, send) => tamper(frame, send, clock) };
      return placeTelephoneCall(options, { clock, random: (count) => randomBytes(count), ...tampered });
    },
    breakModel: (name) =>
      models
        .connections()
        .findLast((one) => one.handshake.model === name)
        ?.drop(),
    modelHears: (name, frames, withinMs) =>
      models.until((all) => all.connections().some((one) => one.handshake.model === name && one.frames.received >= frames), withinMs),
    evidence: (setup, running) => evidenceOf(parts, setup, running),
    settle: (withinMs) => settle(parts, withinMs),
    async stop() {
      await Promise.all([voice.stop(), cold.stop(), models.stop()]);
    },
  };
}

/** `dial` counts the scenario's earlier dials. */
function behaviourOf(setup: ScenarioSetup | undefined, dial: number): ModelBehaviour {
  if (setup === undefined) return { brain: scriptedBrain([]), handshake: "404" };
  const { replies, lagMs: _, firstDials = [], ...later } = setup.model;
  const { script = replies.map((mulaw) => spokenReply(mulaw, setup.name)), ...session } = firstDials[dial] ?? later;
  return { ...session, brain: scriptedBrain(script) };
}

function startParts(platform: Platform, clock: Clock): Parts {
  const placed = new Map<string, ScenarioSetup>();
  const records: CallRecord[] = [];
  const thrown: string[] = [];
  const models = startModelSimulator({
    listen: platform.listen,
    clock,
    apiKey: MODEL_KEY,
    behaviourFor: ({ model, number }) => {
      const before = models.handshakes().filter((one) => one.model === model && one.number < number).length;
      return behaviourOf(placed.get(sid("CA", model)), before);
    },
  });
  const serverClock = countedClock(clock);
  const serverListen = countedListen(platform.listen);
  const log: Log = (level, event, fields) => {
    const isPlanted = placed.get(String(fields["callSid"]))?.throwsAtDial === true;
    if (event.endsWith(".threw") && !isPlanted)
      thrown.push(`${level} ${event} ${String(fields["stack"] ?? fields["error"])}`.split("\n", 2).join(" "));
  };
  const dialler = recordingDialler(clock, (callSid) => {
    const setup = placed.get(callSid);
    if (setup?.throwsAtDial === true) throw new Error("planted by the selftest");
    return { dialler: scenarioDialler(models.url, setup?.name ?? "unknown", serverClock), lagMs: setup?.model.lagMs ?? 0 };
  });
  const options = {
    config: harnessConfig(models.url),
    platform: { listen: serverListen.listen, runtimeVersion: platform.runtimeVersion },
    clock: serverClock,
    log,
    store: { save: (record: CallRecord) => void records.push(record) },
    diallerFor: () => dialler,
  };
  const cold = startVoice({ ...options, times: { prewarmMs: 0 } });
  const voice = startVoice(options);
  return { clock, models, placed, records, thrown, serverClock, serverListen, dialler, voice, cold, listenedAtMs: clock.nowMs() };
}

/** The model's name in the URL tells the simulator which scenario it plays in. */
function scenarioDialler(realtimeUrl: string, model: string, clock: Clock): ModelDialler {
  return modelSocket({ type: "openai", apiKey: MODEL_KEY, model, realtimeUrl }, clock);
}

function evidenceOf(
  { models, dialler, records }: Parts,
  { name, model, telephone }: ScenarioSetup,
  { call }: TelephoneCallHandle,
): CallEvidence {
  const { callSid } = call.facts;
  const connections = models.connections().filter(({ handshake }) => handshake.model === name);
  const deliveries = dialler.deliveries(callSid);
  return {
    call,
    sessions: connections.map(({ received }, index) => ({
      received,
      delivered: deliveries[index]?.delivered ?? [],
    })),
    records: records.filter(({ identity }) => identity.callSid === callSid),
    said: telephone?.speech ?? new Uint8Array(0),
    replies: model.replies,
  };
}

async function settle(
  { clock, voice, cold, serverClock, serverListen, dialler, models, records, placed }: Parts,
  withinMs: number,
): Promise<Leftovers> {
  const untilMs = clock.nowMs() + withinMs;
  const open = (): number => models.connections().filter(({ ended }) => ended === undefined).length;
  const counts = () => ({
    calls: voice.calls.running + cold.calls.running,
    callerSockets: serverListen.sockets,
    modelSockets: Math.max(dialler.open, open()),
    timers: serverClock.timers,
  });
  const isQuiet = (): boolean => Object.values(counts()).every((count) => count === 0);
  while (!isQuiet() && clock.nowMs() < untilMs) await new Promise<void>((resolve) => void clock.after(10, resolve));
  const times = new Map<string, number>();
  for (const { identity } of records) times.set(identity.callSid, (times.get(identity.callSid) ?? 0) + 1);
  return {
    ...counts(),
    records: times,
    callSids: [...placed.keys()].filter(
      (callSid) => times.has(callSid) || [voice, cold].some(({ calls }) => calls.find(callSid) !== undefined),
    ),
  };
}
