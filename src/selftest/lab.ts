// The laboratory: the real server on a free port of this machine, the scripted model on another, and telephones to
// dial the one with. It plays scenes (scenes.ts) and hands out the evidence; what the evidence proves is
// peers/checks.

import { randomBytes } from "node:crypto";
import { realClock } from "../adapters/clock.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import type { Clock, Log, ModelDialler } from "../call/ports.ts";
import type { CallRecord } from "../call/record.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { type RunningVoice, startVoice } from "../server/start.ts";
import { type BrainReply, scriptedBrain, spokenReply } from "../simulators/openai/brains/brain.ts";
import { type ModelBehaviour, type ModelSimulator, startModelSimulator } from "../simulators/sockets/model-simulator.ts";
import { placeTelephoneCall, type TelephoneCallHandle, type TelephoneEnvironment } from "../simulators/sockets/place-telephone-call.ts";
import { sid } from "../simulators/twilio/seeded-ids.ts";
import type { TelephoneOptions } from "../simulators/twilio/telephone/inputs-outputs.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { LeftOver } from "./checks/hang-up.ts";
import { type CountedClock, type CountedListen, countedClock, countedListen, type WatchedDialler, watchedDialler } from "./counted.ts";

/**
 * The token that the selftest's Twilio signs with. It opens nothing: the server that knows it lives for seconds, on
 * this machine.
 */
export const SELFTEST_TOKEN = "5e1f7e575e1f7e575e1f7e575e1f7e57";
const MODEL_KEY = "sk-selftest-selftest";

/** How a call's model behaves: what it says, in order, and what else its wire does. */
export type SceneModel = SceneSession & {
  readonly replies: readonly Uint8Array[];
  readonly lagMs?: number;
  /** How the first dials are treated instead, in turn. */
  readonly firstDials?: readonly SceneSession[];
};

/** One session: `script` in place of the replies, where one is to fail. */
type SceneSession = Omit<ModelBehaviour, "brain"> & { readonly script?: readonly BrainReply[] };

/** How a call is placed. */
export interface Placing {
  /** Seeds every SID. */
  readonly name: string;
  readonly model: SceneModel;
  readonly telephone?: Partial<TelephoneOptions>;
  /** Path of the first webhook. */
  readonly path?: string;
  /** What goes out in place of a frame of the caller's. */
  readonly tamper?: (frame: string, send: (frame: string) => void, clock: Clock) => void;
  /** The server finds that its own dialling throws. */
  readonly throwsAtDial?: true;
  /** By a server that dials the model at `start`, not at the webhook. */
  readonly isCold?: boolean;
}

/** A laboratory that runs. */
export interface Lab {
  readonly clock: Clock;
  /** http://127.0.0.1:port */
  readonly baseUrl: string;
  readonly listenedAtMs: number;
  /** Errors of the server's own, one line each. */
  readonly thrown: readonly string[];
  /** Places a call now. */
  place(placing: Placing): TelephoneCallHandle;
  /** Breaks the connection to the model that the call of this name has now. */
  breakModel(name: string): void;
  /** Waits until the model of the call of this name has been sent so many frames; false when that takes longer. */
  modelHears(name: string, frames: number, withinMs: number): Promise<boolean>;
  /** What both ends have seen of a call that was placed. */
  evidence(placing: Placing, running: TelephoneCallHandle): CallEvidence;
  /** Waits until nothing is left of any call, at most so long; what is left then. */
  settle(withinMs: number): Promise<LeftOver>;
  stop(): Promise<void>;
}

/** What the server is configured to: nothing is read from the operator's environment. */
function labConfig(realtimeUrl: string): Config {
  return Object.freeze({
    host: "127.0.0.1",
    port: 0,
    // As behind a proxy that sets no PUBLIC_URL: the address is what the signature fits.
    publicUrl: undefined,
    twilioAuthToken: SELFTEST_TOKEN,
    accountSid: undefined,
    phoneNumber: undefined,
    allowUnsigned: false,
    directStream: false,
    agent: { type: "openai", apiKey: MODEL_KEY, model: "selftest", realtimeUrl },
    instructions: "You are the selftest's model.",
    greeting: "Greet the caller.",
    voiceName: "marin",
    transcriptionModel: null,
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
    logFormat: "json",
    logLevel: "error",
    colors: false,
    secrets: [],
    systemd: { notifySocket: undefined, watchdogUsec: undefined },
    envFileIgnored: false,
  } satisfies Config);
}

/** What the laboratory is made of. */
interface Parts {
  readonly clock: Clock;
  readonly models: ModelSimulator;
  readonly placed: Map<string, Placing>;
  readonly records: CallRecord[];
  readonly thrown: string[];
  readonly serverClock: CountedClock;
  readonly serverListen: CountedListen;
  readonly dialler: WatchedDialler;
  readonly voice: RunningVoice;
  /** The same, but for when it dials the model. */
  readonly cold: RunningVoice;
  readonly listenedAtMs: number;
}

export function startLab(platform: Platform): Lab {
  const parts = startParts(platform);
  const { clock, voice, cold, placed, models } = parts;
  const baseUrl = `http://127.0.0.1:${voice.port}`;
  return {
    clock,
    baseUrl,
    listenedAtMs: parts.listenedAtMs,
    thrown: parts.thrown,
    place(placing) {
      const { name, telephone, path = "/twilio/voice", isCold = false, tamper } = placing;
      placed.set(sid("CA", name), placing);
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
    evidence: (placing, running) => evidenceOf(parts, placing, running),
    settle: (withinMs) => settle(parts, withinMs),
    async stop() {
      await Promise.all([voice.stop(), cold.stop(), models.stop()]);
    },
  };
}

/** How the dial number `dial` of a scene is treated. */
function treatmentOf(placing: Placing | undefined, dial: number): ModelBehaviour {
  if (placing === undefined) return { brain: scriptedBrain([]), handshake: "404" };
  const { replies, lagMs: _, firstDials = [], ...later } = placing.model;
  const { script = replies.map((mulaw) => spokenReply(mulaw, placing.name)), ...session } = firstDials[dial] ?? later;
  return { ...session, brain: scriptedBrain(script) };
}

function startParts(platform: Platform): Parts {
  const clock = realClock();
  const placed = new Map<string, Placing>();
  const records: CallRecord[] = [];
  const thrown: string[] = [];
  const models = startModelSimulator({
    listen: platform.listen,
    clock,
    apiKey: MODEL_KEY,
    behaviourFor: ({ model, number }) => {
      const before = models.handshakes().filter((one) => one.model === model && one.number < number).length;
      return treatmentOf(placed.get(sid("CA", model)), before);
    },
  });
  const serverClock = countedClock(clock);
  const serverListen = countedListen(platform.listen);
  const log: Log = (level, event, fields) => {
    const isWanted = placed.get(String(fields["callSid"]))?.throwsAtDial === true;
    if (event.endsWith(".threw") && !isWanted)
      thrown.push(`${level} ${event} ${String(fields["stack"] ?? fields["error"])}`.split("\n", 2).join(" "));
  };
  const dialler = watchedDialler(clock, (callSid) => {
    const placing = placed.get(callSid);
    if (placing?.throwsAtDial === true) throw new Error("planted by the selftest");
    return { dialler: diallerFor(models.url, placing?.name ?? "unknown", serverClock), lagMs: placing?.model.lagMs ?? 0 };
  });
  const options = {
    config: labConfig(models.url),
    platform: { listen: serverListen.listen, runtimeVersion: platform.runtimeVersion },
    clock: serverClock,
    log,
    store: { save: (record: CallRecord) => void records.push(record) },
    dialler,
  };
  const cold = startVoice({ ...options, times: { prewarmMs: 0 } });
  const voice = startVoice(options);
  return { clock, models, placed, records, thrown, serverClock, serverListen, dialler, voice, cold, listenedAtMs: clock.nowMs() };
}

/** The product's own socket to the model; the model's name in the URL tells the double which scene it plays in. */
function diallerFor(realtimeUrl: string, model: string, clock: Clock): ModelDialler {
  return modelSocket({ type: "openai", apiKey: MODEL_KEY, model, realtimeUrl }, clock);
}

function evidenceOf({ models, dialler, records }: Parts, { name, model, telephone }: Placing, { call }: TelephoneCallHandle): CallEvidence {
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
): Promise<LeftOver> {
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
