// Plays one scenario: a call over real sockets, with a caller who waits for what should be heard before the next
// action. Judges nothing: when something does not come, the call is hung up, and the checks judge what there is.

import type { TelephoneCallHandle } from "../simulators/sockets/place-telephone-call.ts";
import { callerHeard } from "../simulators/twilio/stream-caller.ts";
import type { TelephoneCommand } from "../simulators/twilio/telephone/inputs-outputs.ts";
import type { TelephoneCall } from "../simulators/twilio/telephone/telephone-state.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { Harness, ScenarioSetup } from "./harness.ts";

/** How long a caller waits for one thing. It comes within two seconds, unless the machine is very busy. */
const PATIENCE_MS = 12_000;
/** How long a call may take to end after it was hung up: the close takes at most 5 s. */
const END_MS = 6_000;

export interface ScriptedCaller {
  readonly call: () => TelephoneCall;
  /** Rejects with `what` when it does not come. */
  until(what: string, fits: (call: TelephoneCall) => boolean): Promise<void>;
  /** Waits until `ms` of audio have been heard on the current stream. */
  hear(ms: number): Promise<void>;
  /** Waits for `ms` of the open stream. */
  pass(ms: number): Promise<void>;
  act(command: TelephoneCommand): void;
  /** Breaks the connection to the model, as the network would. */
  breakModel(): void;
  /** Waits until the model has received this many frames. */
  modelHears(frames: number): Promise<void>;
}

/** A call and what its caller does; hung up at the end if it still goes on. */
export interface Scenario extends ScenarioSetup {
  play(caller: ScriptedCaller): Promise<void>;
}

export interface ScenarioResult {
  readonly evidence: CallEvidence;
  /** What did not come, if the scenario broke off. */
  readonly broke: string | undefined;
}

/** A scenario that breaks off is hung up and returned as far as it went. Never rejects. */
export async function playScenario(harness: Harness, scenario: Scenario): Promise<ScenarioResult> {
  const running = harness.place(scenario);
  let broke: string | undefined;
  try {
    await scenario.play(scriptedCaller(running, harness, scenario.name));
  } catch (error) {
    broke = error instanceof Error ? error.message : String(error);
  }
  running.command({ type: "hangUp", requestsAction: true });
  const stopWaiting = harness.clock.after(END_MS, () => running.abort());
  await running.done;
  stopWaiting();
  return { evidence: harness.evidence(scenario, running), broke };
}

/** Of the current stream. */
function heardMs(call: TelephoneCall, nowMs: number): number {
  return call.stream === undefined ? 0 : callerHeard(call.stream.caller, nowMs).totalMs;
}

function scriptedCaller(running: TelephoneCallHandle, harness: Harness, name: string): ScriptedCaller {
  const { clock } = harness;
  const until = async (what: string, fits: (call: TelephoneCall) => boolean): Promise<void> => {
    await running.until(what, fits, PATIENCE_MS);
  };
  return {
    call: () => running.call,
    until,
    hear: (ms) => until(`${ms} ms of audio`, (call) => heardMs(call, clock.nowMs()) >= ms),
    async pass(ms) {
      const untilMs = clock.nowMs() + ms;
      await until(`${ms} ms of the stream`, (call) => call.stream?.phase === "open" && clock.nowMs() >= untilMs);
    },
    act: (command) => running.command(command),
    breakModel: () => harness.breakModel(name),
    async modelHears(frames) {
      if (!(await harness.modelHears(name, frames, PATIENCE_MS)))
        throw new Error(`${frames} frames for the model: not received within ${PATIENCE_MS} ms`);
    },
  };
}
