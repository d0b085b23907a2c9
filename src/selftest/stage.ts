// Plays one scene: a call on real sockets, and a person who waits for what is to be heard before doing the next
// thing. Judges nothing: what does not come is noted, the call is hung up, and the checks see what there is.

import type { TelephoneCallHandle } from "../simulators/sockets/place-telephone-call.ts";
import { callerHeard } from "../simulators/twilio/stream-caller.ts";
import type { TelephoneCommand } from "../simulators/twilio/telephone/inputs-outputs.ts";
import type { TelephoneCall } from "../simulators/twilio/telephone/telephone-state.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import type { Lab, Placing } from "./lab.ts";

/** How long a person waits for the next thing: it comes within two seconds, unless the machine is very busy. */
const PATIENCE_MS = 12_000;
/** How long the call may take to be over when it was hung up: the close takes at most 5 s. */
const OVER_MS = 6_000;

/** The person at the telephone. */
export interface Person {
  readonly call: () => TelephoneCall;
  /** Waits for this; `what` is told when it does not come. */
  until(what: string, fits: (call: TelephoneCall) => boolean): Promise<void>;
  /** Waits until so many milliseconds of audio were heard on the present stream. */
  hear(ms: number): Promise<void>;
  /** Lets so many milliseconds of the stream go by. */
  pass(ms: number): Promise<void>;
  does(command: TelephoneCommand): void;
  /** The network breaks the connection to the model. */
  breaksModel(): void;
  /** Waits until the call's model has been sent so many frames. */
  modelHears(frames: number): Promise<void>;
}

/** A call and what is done in it; hung up at the end unless it is over. */
export interface Scene extends Placing {
  play(person: Person): Promise<void>;
}

/** A scene that was played. */
export interface Played {
  readonly evidence: CallEvidence;
  /** What did not come, when the scene broke off. */
  readonly broke: string | undefined;
}

/** Plays a scene to its end. Never rejects. */
export async function playScene(lab: Lab, scene: Scene): Promise<Played> {
  const running = lab.place(scene);
  let broke: string | undefined;
  try {
    await scene.play(personAt(running, lab, scene.name));
  } catch (error) {
    broke = error instanceof Error ? error.message : String(error);
  }
  running.command({ type: "hangUp", requestsAction: true });
  const stopWaiting = lab.clock.after(OVER_MS, () => running.abort());
  await running.done;
  stopWaiting();
  return { evidence: lab.evidence(scene, running), broke };
}

/** Milliseconds of audio that were heard on the stream that lives. */
function heardMs(call: TelephoneCall, nowMs: number): number {
  return call.stream === undefined ? 0 : callerHeard(call.stream.caller, nowMs).totalMs;
}

function personAt(running: TelephoneCallHandle, { clock, modelHears, breakModel }: Lab, name: string): Person {
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
    does: (command) => running.command(command),
    breaksModel: () => breakModel(name),
    async modelHears(frames) {
      if (!(await modelHears(name, frames, PATIENCE_MS)))
        throw new Error(`${frames} frames for the model: did not come within ${PATIENCE_MS} ms`);
    },
  };
}
