// Rounds of simulated calls with faults against a voice in a process of its own. After each round every call is over.
// The faults are those of the chaos test (tests/e2e/chaos/plan.ts), which judges what callers hear; here nothing is
// judged but what the process still holds.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import * as platform from "#platform";
import { spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { type ModelBehaviour, type ModelSimulator, startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { placeTelephoneCall } from "../../src/simulators/sockets/place-telephone-call.ts";
import { drawPlan, voiced } from "../e2e/chaos/plan.ts";
import { patientClock } from "../support/patient-clock.ts";

const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";
const START_MS = 10_000;
const REPLY_MS = 900;
/** How long a call may last after the caller's last action. */
const OVER_MS = 20_000;
const LOOK_EVERY_MS = 100;
/** Twilio requests what comes next within seconds; voice waits longer for it. */
const CALLS_OVER_MS = 120_000;

export interface VoiceProcess {
  readonly pid: number;
  readonly port: number;
  /** The model's port, as in the process's settings. */
  readonly modelPort: number;
  readonly process: ChildProcess;
}

/** Starts `command` on a free port. Its log is discarded, since a soak writes a gigabyte. */
export async function startVoiceProcess(command: readonly string[]): Promise<VoiceProcess> {
  const [port, modelPort] = [freePort(), freePort()];
  const env = {
    PATH: process.env["PATH"],
    HOST: "127.0.0.1",
    PORT: String(port),
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    OPENAI_API_KEY: "sk-test",
    OPENAI_BASE_URL: `http://127.0.0.1:${modelPort}/v1`,
    VOICE_LOG_FORMAT: "json",
  };
  const child = spawn(command[0] ?? "", command.slice(1), { env, stdio: "ignore" });
  const giveUpMs = performance.now() + START_MS;
  while ((await runningCalls(port)) === undefined) {
    if (performance.now() > giveUpMs || child.exitCode !== null) throw new Error(`${command.join(" ")} did not start`);
    await sleep(LOOK_EVERY_MS);
  }
  return { pid: child.pid ?? 0, port, modelPort, process: child };
}

/** Stops it with a drain. */
export async function stopVoiceProcess({ process: child }: VoiceProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

/** By /healthz; undefined when it does not answer. */
export async function runningCalls(port: number): Promise<number | undefined> {
  try {
    const health = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as { calls: number };
    return health.calls;
  } catch {
    return undefined;
  }
}

export interface Round {
  /** Plans are drawn with it. */
  readonly seed: number;
  /** The number of the round's first call, so that each has a plan and a CallSid of its own. */
  readonly from: number;
  readonly calls: number;
  readonly atOnce: number;
  /** How much faster than real time callers and model act. The voice's clock is the machine's. */
  readonly faster: number;
}

/** Plays a round, and returns when every call is over for the callers and for the voice. */
export async function playRound(voice: VoiceProcess, round: Round): Promise<void> {
  const clock = patientClock(round.faster);
  let dials = round.from;
  const models = startModelSimulator({
    listen: (options) => platform.listen({ ...options, port: voice.modelPort }),
    clock,
    behaviourFor() {
      dials += 1;
      return behaviourOf(drawPlan(round.seed, dials, clock));
    },
  });
  const numbers = Array.from({ length: round.calls }, (_, n) => round.from + n);
  const lane = async (): Promise<void> => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      await playCall(voice, drawPlan(round.seed, number, clock), clock, models);
    }
  };
  await Promise.all(Array.from({ length: round.atOnce }, lane));
  await callsOver(voice);
  await models.stop();
}

/** Rejects when calls are left after a while: that is a leak. */
async function callsOver({ port }: VoiceProcess): Promise<void> {
  const giveUpMs = performance.now() + CALLS_OVER_MS;
  for (;;) {
    const left = await runningCalls(port);
    if (left === 0) return;
    if (performance.now() > giveUpMs) throw new Error(`${left} calls are left ${CALLS_OVER_MS / 1_000} s after the last caller hung up`);
    await sleep(LOOK_EVERY_MS);
  }
}

type Plan = ReturnType<typeof drawPlan>;

function behaviourOf({ voices, dials, modelFrames }: Plan): ModelBehaviour {
  const reply = spokenReply(voiced(voices.model, REPLY_MS), "a reply");
  const [dial] = dials;
  const treatment: Partial<ModelBehaviour> = dial !== undefined && "url" in dial ? { handshake: "503" } : (dial ?? {});
  return { brain: { reply: () => reply, transcribe: () => "something" }, thinkMs: 150, ...treatment, tamper: modelFrames };
}

async function playCall(voice: VoiceProcess, plan: Plan, clock: ReturnType<typeof patientClock>, models: ModelSimulator): Promise<void> {
  const base = `http://127.0.0.1:${voice.port}`;
  const running = placeTelephoneCall(
    {
      webhook: { url: `${base}/twilio/voice` },
      statusCallback: { url: `${base}/twilio/status` },
      authToken: AUTH_TOKEN,
      seed: `soak-${plan.number}`,
      allowPlainSocket: true,
      sayMsPerCharacter: 10,
    },
    { clock, random: (count) => randomBytes(count), tamper: plan.callerFrames },
  );
  for (const { afterMs, command } of plan.actions) {
    await clock.pass(afterMs);
    const model = models.connections().findLast(({ ended }) => ended === undefined); // any one: no call is judged
    if (typeof command !== "string") running.command(command);
    else if (command === "freezeModel") model?.freeze();
    else model?.drop();
  }
  const stopWaiting = clock.after(OVER_MS, () => running.abort());
  await running.done;
  stopWaiting();
}
