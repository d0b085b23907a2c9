// Plays one cell: a call up to its moment, the fault, and what the caller does next: wait for what is due, ask again,
// hang up, or hear how it ends.

import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { hearsSince, isQuiet, tone } from "./heard-sounds.ts";
import type { Cell, Moment, Row, Sound } from "./moments.ts";
import type { Stage } from "./stage.ts";

/** What the caller says: a tone, as loud as speech. */
const SPEECH_HZ = 400;
const SPEECH_MS = 600;
/** How far into an utterance the fault is injected. */
const INTO_MS = 300;
/** The longest wait for anything: a call that does not recover must fail the test, not hang it. */
const PATIENCE_MS = 20_000;

/** Causes a fault on the stage, at its moment. */
export type Injection = (stage: Stage, moment: Moment) => void | Promise<void>;

export interface Played {
  readonly call: TelephoneCall;
  readonly injectedAtMs: number;
  /** What the caller waited for and did not get. */
  readonly missed: string | undefined;
}

/** Never rejects: what does not come is in `missed`. */
export async function play(stage: Stage, row: Row<Injection>, moment: Moment, { fate }: Cell): Promise<Played> {
  const { clock } = stage;
  const { inject, goodbye = "drained" } = row;
  let injectedAtMs = 0;
  const injectNow = async (): Promise<void> => {
    injectedAtMs = clock.nowMs();
    await inject(stage, moment);
  };
  let missed: string | undefined;
  try {
    await reach(stage, row, moment, injectNow);
    await liveThrough(stage, moment, fate, goodbye, injectedAtMs);
  } catch (error) {
    missed = error instanceof Error ? error.message : String(error);
  }
  const { running } = stage;
  running.command({ type: "hangUp", requestsAction: true });
  const stopWaiting = clock.after(PATIENCE_MS, () => running.abort());
  const call = await running.done;
  stopWaiting();
  return { call, injectedAtMs, missed };
}

/** Brings the call to its moment and injects the fault. */
async function reach(
  stage: Stage,
  { goodbye, spoilsReply }: Row<Injection>,
  moment: Moment,
  injectNow: () => Promise<void>,
): Promise<void> {
  if (moment === "webhook") {
    await injectNow();
    stage.place(`webhook`);
    return;
  }
  if (moment === "handshake" || moment === "beforeStart" || moment === "greeting") {
    const when = { handshake: "socket.dial", beforeStart: "socket.opened", greeting: "requested.greeting" }[moment];
    const injected = at(stage, when, injectNow);
    stage.place(moment);
    await injected;
    return;
  }
  stage.place(moment);
  await hear(stage, "greeting", 0);
  if (moment === "keyPressed") {
    stage.running.command({ type: "press", digit: "5" });
    return injectNow();
  }
  if (moment === "ringing") stage.transferNext();
  const onRequest = moment === "modelSpeaking" && spoilsReply === true ? at(stage, "requested.answer", injectNow) : undefined;
  stage.running.command({ type: "say", speech: tone(SPEECH_HZ, SPEECH_MS) });
  if (moment === "callerSpeaking") {
    await stage.clock.pass(INTO_MS);
    return injectNow();
  }
  if (moment === "ringing") {
    await until(stage, "a dialled person", ({ dialled }) => dialled.length > 0);
    await stage.clock.pass(INTO_MS);
    return injectNow();
  }
  const saidAtMs = stage.clock.nowMs();
  await until(stage, "an answer", (call) => hearsSince(call, "answer", saidAtMs));
  await stage.clock.pass(INTO_MS);
  if (onRequest !== undefined) return onRequest;
  if (moment === "modelSpeaking" || goodbye === "hangUp") return injectNow();
  const injected = at(stage, "call.givenUp", injectNow);
  void stage.voice.drain(1);
  await injected;
}

/** Injects the fault at the moment of an event. */
function at(stage: Stage, what: string, injectNow: () => Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const callOff = stage.clock.after(PATIENCE_MS, () => reject(new Error(`${what}: did not come`)));
  stage.watch = (event) => {
    if (event !== what) return;
    stage.watch = () => {};
    callOff();
    injectNow().then(resolve, reject);
  };
  return promise;
}

/** What the caller does after the fault. */
async function liveThrough(
  stage: Stage,
  moment: Moment,
  fate: Cell["fate"],
  goodbye: "drained" | "hangUp",
  injectedAtMs: number,
): Promise<void> {
  const { running } = stage;
  if (goodbye === "hangUp" && moment === "goodbye") return;
  if (fate !== "recovers" && fate !== "takenOver") return until(stage, "the end of the call", ({ end }) => end !== undefined);
  const answerDue = moment === "callerSpeaking" || moment === "keyPressed" || moment === "ringing";
  if (moment === "modelSpeaking" && fate === "recovers") await hush(stage);
  else await hear(stage, answerDue && fate === "recovers" ? "answer" : "greeting", injectedAtMs);
  const asksAtMs = stage.clock.nowMs();
  running.command({ type: "say", speech: tone(SPEECH_HZ, SPEECH_MS) });
  await hear(stage, "answer", asksAtMs);
}

/** Waits for a sound and its end. */
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
