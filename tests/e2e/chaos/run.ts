// Runs the chaos test: one voice, one simulated OpenAI, many calls at once. Judges each call, and what is left at the
// end.

import { randomBytes } from "node:crypto";
import * as platform from "#platform";
import { modelSocket } from "../../../src/adapters/model-socket.ts";
import type { ModelDialler } from "../../../src/call/ports.ts";
import type { CallRecord } from "../../../src/call/record.ts";
import { countedClock, countedListen, recordingDialler } from "../../../src/selftest/resource-counters.ts";
import { type RunningVoice, startVoice } from "../../../src/server/start.ts";
import { spokenReply } from "../../../src/simulators/openai/brains/brain.ts";
import { type ModelBehaviour, type ModelSimulator, startModelSimulator } from "../../../src/simulators/sockets/model-simulator.ts";
import { placeTelephoneCall, type TelephoneCallHandle } from "../../../src/simulators/sockets/place-telephone-call.ts";
import { sid } from "../../../src/simulators/twilio/seeded-ids.ts";
import { AUTH_TOKEN, lineConfig } from "../../support/line.ts";
import { type PatientClock, patientClock } from "../../support/patient-clock.ts";
import { judgeCall } from "./judge.ts";
import { type Action, type ChaosPlan, drawPlan, voiced } from "./plan.ts";

const FASTER = 20;
const AT_ONCE = 30;
const REPLY_MS = 900;
/** How long a call may last after the caller's last action. */
const OVER_MS = 20_000;
/** How long voice may take to release everything. */
const SETTLE_MS = 30_000;

/** What still exists when all calls are over. All should be 0. */
export interface Left {
  readonly calls: number;
  readonly callerSockets: number;
  readonly modelSockets: number;
  readonly timers: number;
}

interface World {
  readonly clock: PatientClock;
  readonly voice: RunningVoice;
  readonly models: ModelSimulator;
  readonly records: CallRecord[];
  readonly plans: Map<string, ChaosPlan>;
  left(): Left;
}

export async function playChaos(seed: number, calls: number): Promise<{ readonly complaints: readonly string[]; readonly left: Left }> {
  const world = build();
  const { clock, voice, models, plans } = world;
  const complaints: string[] = [];
  const waiting = Array.from({ length: calls }, (_, number) => drawPlan(seed, number, clock));
  const lane = async (): Promise<void> => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      plans.set(sid("CA", `chaos-${plan.number}`), plan);
      const call = await playCall(world, plan);
      const heardByModel = models.connections().filter(({ handshake }) => numberOf(handshake.model) === plan.number);
      complaints.push(
        ...judgeCall(
          plan,
          call,
          heardByModel.map((one) => one.receivedAudio()),
        ).map((what) => `call ${plan.number}: ${what}`),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const untilMs = clock.nowMs() + SETTLE_MS;
  const isLeft = (): boolean => Object.values(world.left()).some((count) => count > 0);
  while (isLeft() && clock.nowMs() < untilMs) await clock.pass(200);
  const left = world.left();
  for (const callSid of plans.keys()) {
    const times = world.records.filter(({ identity }) => identity.callSid === callSid).length;
    if (times !== 1) complaints.push(`call ${plans.get(callSid)?.number}: ended ${times} times`);
  }
  await Promise.all([voice.stop(), models.stop()]);
  return { complaints, left };
}

const numberOf = (model: string): number => Number(model.split("-")[0]);

function build(): World {
  const clock = patientClock(FASTER);
  const serverClock = countedClock(clock);
  const serverListen = countedListen(platform.listen);
  const plans = new Map<string, ChaosPlan>();
  const records: CallRecord[] = [];
  const dials = new Map<string, number>();
  const models = startModelSimulator({ listen: platform.listen, clock, behaviourFor: ({ model }) => treatmentOf(model, plans) });
  const direct: ModelDialler = {
    name: "the simulated model",
    dial(callSid, safetyIdentifier, listener) {
      const plan = plans.get(callSid);
      const dial = dials.get(callSid) ?? 0;
      dials.set(callSid, dial + 1);
      const way = plan?.dials[dial];
      const realtimeUrl = way !== undefined && "url" in way ? way.url : models.url;
      const agent = { type: "openai", apiKey: "sk-test", model: `${plan?.number}-${dial}`, realtimeUrl } as const;
      return modelSocket(agent, serverClock).dial(callSid, safetyIdentifier, listener);
    },
  };
  const dialler = recordingDialler(serverClock, () => ({ dialler: direct, lagMs: 0 }));
  const voice = startVoice({
    config: lineConfig(),
    platform: { ...platform, listen: serverListen.listen },
    clock: serverClock,
    diallerFor: () => dialler,
    log: () => {},
    store: { save: (record) => void records.push(record) },
  });
  const open = (): number => models.connections().filter(({ ended }) => ended === undefined).length;
  const left = (): Left => ({
    calls: voice.calls.running,
    callerSockets: serverListen.sockets,
    modelSockets: Math.max(dialler.open, open()),
    timers: serverClock.timers,
  });
  return { clock, voice, models, records, plans, left };
}

/** How the simulated model treats a dial. The model's name is the number of the call and of the dial. */
function treatmentOf(model: string, plans: ReadonlyMap<string, ChaosPlan>): ModelBehaviour {
  const [number, dial] = model.split("-").map(Number);
  const plan = plans.get(sid("CA", `chaos-${number}`));
  if (plan === undefined) throw new Error(`BUG: no plan for ${model}`);
  const reply = spokenReply(voiced(plan.voices.model, REPLY_MS), "a reply");
  const way = plan.dials[dial ?? 0];
  const treatment = way === undefined || "url" in way ? {} : way;
  return { brain: { reply: () => reply, transcribe: () => "something" }, thinkMs: 150, ...treatment, tamper: plan.modelFrames };
}

/** Plays one call by its plan. Resolves when the call is over. */
async function playCall({ clock, voice, models }: World, plan: ChaosPlan): Promise<TelephoneCallHandle["call"]> {
  const base = `http://127.0.0.1:${voice.port}`;
  const running = placeTelephoneCall(
    {
      webhook: { url: `${base}/twilio/voice` },
      statusCallback: { url: `${base}/twilio/status` },
      authToken: AUTH_TOKEN,
      seed: `chaos-${plan.number}`,
      allowPlainSocket: true,
      sayMsPerCharacter: 10,
    },
    { clock, random: (count) => randomBytes(count), tamper: plan.callerFrames },
  );
  for (const action of plan.actions) {
    await clock.pass(action.afterMs);
    perform(action, running, models, plan.number);
  }
  const stopWaiting = clock.after(OVER_MS, () => running.abort());
  const call = await running.done;
  stopWaiting();
  return call;
}

function perform({ command }: Action, running: TelephoneCallHandle, models: ModelSimulator, number: number): void {
  if (typeof command !== "string") {
    running.command(command);
    return;
  }
  const model = models.connections().findLast(({ handshake, ended }) => ended === undefined && numberOf(handshake.model) === number);
  if (command === "freezeModel") model?.freeze();
  else model?.drop();
}
