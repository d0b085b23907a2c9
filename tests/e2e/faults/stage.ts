// One cell's set-up on real sockets: voice, the simulated model, and knobs for changing either of them, the
// network or the caller. Not the faults (injections.ts), not what happens in a call (play.ts).

import { randomBytes } from "node:crypto";
import * as platform from "#platform";
import { modelSocket } from "../../../src/adapters/model-socket.ts";
import type { LogFields, LogLevel } from "../../../src/call/effects.ts";
import type { Log, ModelDialler } from "../../../src/call/ports.ts";
import type { CallRecord } from "../../../src/call/record.ts";
import type { Config } from "../../../src/config/config.ts";
import { greetingFor } from "../../../src/server/calls/call-agent.ts";
import { type RunningVoice, startVoice } from "../../../src/server/start.ts";
import { type BrainReply, type ReplyRequest, spokenReply } from "../../../src/simulators/openai/brains/brain.ts";
import {
  type ModelBehaviour,
  type ModelConnection,
  type ModelHandshake,
  type ModelSimulator,
  startModelSimulator,
} from "../../../src/simulators/sockets/model-simulator.ts";
import { placeTelephoneCall, type TelephoneCallHandle } from "../../../src/simulators/sockets/place-telephone-call.ts";
import { scriptTransfers } from "../../call/script-transfers.ts";
import { AUTH_TOKEN, lineConfig } from "../../support/line.ts";
import type { PatientClock } from "../../support/patient-clock.ts";
import { SAY_MS_PER_CHARACTER, TONES_HZ, tone } from "./heard-sounds.ts";

/** What the model says, ms. The answer is sent slowly enough to be interrupted halfway. */
const GREETING_MS = 900;
const ANSWER_MS = 1_600;
const THINK_MS = 200;
const SPEED_UP = 1.5;

/** Where a dial goes: to the simulated model, and how it treats it, or to another address. */
export type Way = Partial<ModelBehaviour> | { readonly url: string };

const passes = (frame: string, send: (frame: string) => void): void => send(frame);

/** What a fault may change at any time. */
export interface Knobs {
  /** Decides each dial. Undefined: nothing special. */
  dial: (() => Way | undefined) | undefined;
  /** Changes what the model is about to say. */
  reply: ((reply: BrainReply) => BrainReply) | undefined;
  /** Sends something else in place of a frame of the model, on any connection. */
  modelSends: ((frame: string, send: (frame: string) => void) => void) | undefined;
  /** Sends something else in place of a frame of the caller. */
  callerSends: ((frame: string, send: (frame: string | Uint8Array) => void) => void) | undefined;
  /** The process's memory that voice is shown. */
  residentBytes: number;
  /** Called before each dial, save and log line of voice. May throw. */
  beforeDial: () => void;
  beforeSave: () => void;
  beforeLog: () => void;
}

/** One log line. */
export interface Logged {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** What differs from an ordinary call. */
export interface StagePlan {
  /** Added to the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  /** How the simulated model treats its sessions. */
  readonly model?: Partial<ModelBehaviour>;
  /** The number's fallback URL. */
  readonly fallback?: string | undefined;
}

/** The agent may transfer to a person whose telephone rings. */
function withDesk(config: Config): Config {
  const desk = scriptTransfers.filter(({ name }) => name === "desk").map((plan) => ({ ...plan, ringMs: 1_000 }));
  const [agent] = config.agents.agents;
  return { ...config, agents: { ...config.agents, agents: [{ ...agent, transfers: desk }] } };
}

/** A class because it holds servers and a call. */
export class Stage {
  readonly clock: PatientClock;
  readonly config: Config;
  readonly knobs: Knobs = {
    residentBytes: 0,
    dial: undefined,
    reply: undefined,
    modelSends: undefined,
    callerSends: undefined,
    beforeDial() {},
    beforeSave() {},
    beforeLog() {},
  };
  readonly models: ModelSimulator;
  readonly logged: Logged[] = [];
  readonly records: CallRecord[] = [];
  readonly baseUrl: string;
  /** Called with the name of everything that happens: log events, orders to the telephone, requests to the model. */
  watch: (what: string) => void = () => {};
  readonly #plan: StagePlan;
  readonly #ways: Way[] = [];
  #voice: RunningVoice;
  #running: TelephoneCallHandle | undefined;

  constructor(clock: PatientClock, plan: StagePlan = {}) {
    this.clock = clock;
    this.#plan = plan;
    this.config = withDesk(lineConfig(plan.env));
    this.models = startModelSimulator({ listen: platform.listen, clock, behaviourFor: (dialled) => this.#behaviourFor(dialled) });
    this.#voice = this.#start(this.config);
    this.baseUrl = `http://127.0.0.1:${this.#voice.port}`;
  }

  get voice(): RunningVoice {
    return this.#voice;
  }

  /** How often voice has dialled the model. */
  get dials(): number {
    return this.#ways.length;
  }

  /** The call that was placed. */
  get running(): TelephoneCallHandle {
    if (this.#running === undefined) throw new Error("BUG: no call was placed");
    return this.#running;
  }

  /** The newest connection to the model. */
  model(): ModelConnection | undefined {
    return this.models.connections().at(-1);
  }

  /** The model's next answer transfers the caller, once. */
  transferNext(): void {
    const { knobs } = this;
    const before = knobs.reply;
    knobs.reply = (usual) => {
      knobs.reply = before;
      return { ...usual, items: [...usual.items, { type: "functionCall", name: "transfer_to_desk", callId: "call_1", arguments: "{}" }] };
    };
  }

  place(seed: string): void {
    const { baseUrl, clock, knobs } = this;
    const { fallback } = this.#plan;
    this.#running = placeTelephoneCall(
      {
        webhook: { url: `${baseUrl}/twilio/voice` },
        statusCallback: { url: `${baseUrl}/twilio/status` },
        ...(fallback === undefined ? {} : { fallback: { url: fallback } }),
        authToken: AUTH_TOKEN,
        seed,
        allowPlainSocket: true,
        sayMsPerCharacter: SAY_MS_PER_CHARACTER,
        people: { [this.config.transferTo ?? ""]: { answerMs: 0 } },
      },
      {
        clock,
        random: (count) => randomBytes(count),
        trace: (event) => this.watch(event.type),
        tamper: (frame, send) => (knobs.callerSends === undefined ? send(frame) : knobs.callerSends(frame, send)),
      },
    );
  }

  /** Stops voice at once and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.#voice.stop();
    this.#voice = this.#start({ ...this.config, port: Number(new URL(this.baseUrl).port) });
  }

  async stop(): Promise<void> {
    await Promise.all([this.#voice.stop(), this.models.stop()]);
  }

  #start(config: Config): RunningVoice {
    const log: Log = (level, event, fields) => {
      this.logged.push({ level, event, fields });
      this.watch(event);
      this.knobs.beforeLog();
    };
    const save = (record: CallRecord): void => {
      this.knobs.beforeSave();
      this.records.push(record);
    };
    return startVoice({
      config,
      platform,
      clock: this.clock,
      log,
      store: { save },
      diallerFor: () => this.#dialler(),
      residentBytes: () => this.knobs.residentBytes,
    });
  }

  /** The product's own socket, to wherever the knob says. The model's name in the URL is the number of the dial. */
  #dialler(): ModelDialler {
    return {
      name: "the simulated model",
      dial: (callSid, safetyIdentifier, listener) => {
        this.knobs.beforeDial();
        const way = this.knobs.dial?.() ?? {};
        const model = String(this.#ways.push(way) - 1);
        const realtimeUrl = "url" in way ? way.url : this.models.url;
        return modelSocket({ type: "openai", apiKey: "sk-test", model, realtimeUrl }, this.clock).dial(callSid, safetyIdentifier, listener);
      },
    };
  }

  #behaviourFor({ model }: ModelHandshake): ModelBehaviour {
    const brain = { reply: (ask: ReplyRequest) => this.#reply(ask), transcribe: () => "something" };
    const way = this.#ways[Number(model)] as Partial<ModelBehaviour>;
    const tamper: ModelBehaviour["tamper"] = (frame, send) => (this.knobs.modelSends ?? passes)(frame, send);
    return { brain, thinkMs: THINK_MS, speedUp: SPEED_UP, tamper, ...this.#plan.model, ...way };
  }

  #reply(ask: ReplyRequest): BrainReply {
    const what = ask.instructions === greetingFor(this.config.agents.agents[0]) ? "greeting" : "answer";
    this.watch(`requested.${what}`);
    const usual = spokenReply(tone(TONES_HZ[what], what === "greeting" ? GREETING_MS : ANSWER_MS), `the ${what}`);
    return this.knobs.reply?.(usual) ?? usual;
  }
}
