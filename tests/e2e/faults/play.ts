// Plays one cell: a call up to its moment, the fault, and what a caller then does: waits for what is due, asks again,
// hangs up, or hears how it ends.

import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/state.ts";
import { hearsSince, isQuiet, tone } from "./ear.ts";
import type { Cell, Moment, Row, Sound } from "./moments.ts";
import type { Stage } from "./stage.ts";

/** What the caller says: a tone, as loud as speech. */
const SPEECH_HZ = 400;
const SPEECH_MS = 600;
/** How far into what is said the fault strikes. */
const INTO_MS = 300;
/** How long whatever comes may take, and then some: a fault that is not mended must show, not hang. */
const PATIENCE_MS = 20_000;

/** A fault: turns the world, at its moment. Not awaited but where it returns a promise. */
export type Strike = (stage: Stage, moment: Moment) => void | Promise<void>;

/** What became of it. */
export interface Played {
  readonly call: TelephoneCall;
  readonly struckAtMs: number;
  /** What the caller waited for in vain. */
  readonly missed: string | undefined;
}

/** Plays it. Never rejects: what does not come is told in `missed`. */
export async function play(stage: Stage, row: Row<Strike>, moment: Moment, { fate }: Cell): Promise<Played> {
  const { clock } = stage;
  const { strike, goodbye = "drained" } = row;
  let struckAtMs = 0;
  const hit = async (): Promise<void> => {
    struckAtMs = clock.nowMs();
    await strike(stage, moment);
  };
  let missed: string | undefined;
  try {
    await reach(stage, row, moment, hit);
    await endure(stage, moment, fate, goodbye, struckAtMs);
  } catch (error) {
    missed = error instanceof Error ? error.message : String(error);
  }
  const { running } = stage;
  running.command({ type: "hangUp", asked: true });
  const stopWaiting = clock.after(PATIENCE_MS, () => running.abort());
  const call = await running.done;
  stopWaiting();
  return { call, struckAtMs, missed };
}

/** Brings the call to its moment, and lets the fault strike. */
async function reach(stage: Stage, { goodbye, spoilsReply }: Row<Strike>, moment: Moment, hit: () => Promise<void>): Promise<void> {
  if (moment === "webhook") {
    await hit();
    stage.place(`webhook`);
    return;
  }
  if (moment === "handshake" || moment === "beforeStart" || moment === "greeting") {
    const when = { handshake: "socket.dial", beforeStart: "socket.opened", greeting: "asked.greeting" }[moment];
    const struck = at(stage, when, hit);
    stage.place(moment);
    await struck;
    return;
  }
  stage.place(moment);
  await hear(stage, "greeting", 0);
  if (moment === "keyPressed") {
    stage.running.command({ type: "press", digit: "5" });
    return hit();
  }
  const spoiled = moment === "modelSpeaking" && spoilsReply === true ? at(stage, "asked.answer", hit) : undefined;
  stage.running.command({ type: "say", speech: tone(SPEECH_HZ, SPEECH_MS) });
  if (moment === "callerSpeaking") {
    await stage.clock.pass(INTO_MS);
    return hit();
  }
  const saidAtMs = stage.clock.nowMs();
  await until(stage, "an answer", (call) => hearsSince(call, "answer", saidAtMs));
  await stage.clock.pass(INTO_MS);
  if (spoiled !== undefined) return spoiled;
  if (moment === "modelSpeaking" || goodbye === "hangUp") return hit();
  const struck = at(stage, "call.givenUp", hit);
  void stage.voice.drain(1);
  await struck;
}

/** Strikes in the very moment in which something is told of. */
function at(stage: Stage, what: string, hit: () => Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const callOff = stage.clock.after(PATIENCE_MS, () => reject(new Error(`${what}: did not come`)));
  stage.watch = (told) => {
    if (told !== what) return;
    stage.watch = () => {};
    callOff();
    hit().then(resolve, reject);
  };
  return promise;
}

/** What the caller does from the fault on. */
async function endure(stage: Stage, moment: Moment, fate: Cell["fate"], goodbye: "drained" | "hangUp", struckAtMs: number): Promise<void> {
  const { running } = stage;
  if (goodbye === "hangUp" && moment === "goodbye") return;
  if (fate !== "mended" && fate !== "anew") return until(stage, "the end of the call", ({ end }) => end !== undefined);
  const answerDue = moment === "callerSpeaking" || moment === "keyPressed";
  if (moment === "modelSpeaking" && fate === "mended") await hush(stage);
  else await hear(stage, answerDue && fate === "mended" ? "answer" : "greeting", struckAtMs);
  const askedAtMs = stage.clock.nowMs();
  running.command({ type: "say", speech: tone(SPEECH_HZ, SPEECH_MS) });
  await hear(stage, "answer", askedAtMs);
}

/** Waits for a sound, and for its end. */
async function hear(stage: Stage, what: Sound, sinceMs: number): Promise<void> {
  await until(stage, what, (call) => hearsSince(call, what, sinceMs));
  await hush(stage);
}

async function hush(stage: Stage): Promise<void> {
  let quietSinceMs: number | undefined;
  await until(stage, "silence", (call) => {
    const nowMs = stage.clock.nowMs();
    quietSinceMs = isQuiet(call) ? (quietSinceMs ?? nowMs) : undefined;
    return quietSinceMs !== undefined && nowMs - quietSinceMs >= INTO_MS;
  });
}

async function until(stage: Stage, what: string, fits: (call: TelephoneCall) => boolean): Promise<void> {
  await stage.running.until(what, fits, PATIENCE_MS);
}
