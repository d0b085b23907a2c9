// The built-in agent as a model to dial: the double's wire and its echo brain in this process, without a socket and without its faults.
// What it says and hears are the frames that OpenAI's socket would carry, so that a call cannot tell the difference.

import type { Clock, ModelDialler, ModelListener, ModelPort } from "../call/ports.ts";
import { echoBrain } from "../simulators/openai/brains/echo.ts";
import { openSession, type SessionStep, stepSession } from "../simulators/openai/realtime-session.ts";
import type { SessionState } from "../simulators/openai/session-state.ts";

/** Longer than Twilio lets a call be (https://www.twilio.com/docs/voice/twiml/dial#timelimit: 4 hours, at most 24), so that no session ends before its call. */
const LIFETIME_MS = 25 * 3_600_000;

/** Makes the built-in agent. Each dial is a session of its own; its memory is bounded by the machine's own limits. */
export function builtInModel(clock: Clock): ModelDialler {
  let dials = 0;
  return {
    name: "the built-in agent",
    dial(_callSid, _safetyIdentifier, listener) {
      dials += 1;
      return connect(clock, dials, listener);
    },
  };
}

function connect(clock: Clock, seed: number, listener: ModelListener): ModelPort {
  // In order, and never before our caller has returned: whoever sends to the model must not find its answer coming in at the same moment.
  const deliver = queueMicrotask;
  let state: SessionState | undefined;
  let callOffWake = () => {};
  const end = (code: number, reason: string) => {
    if (state === undefined) return;
    state = undefined;
    callOffWake();
    deliver(() => listener.closed({ code, reason, httpStatus: undefined, failure: undefined }));
  };
  const perform = (step: SessionStep) => {
    state = step.state;
    for (const output of step.outputs) {
      switch (output.type) {
        case "send":
          deliver(() => listener.text(output.text));
          break;
        case "wake":
          callOffWake();
          callOffWake = clock.after(output.atMs - clock.nowMs(), () => {
            if (state !== undefined) perform(stepSession(state, { type: "woke", atMs: clock.nowMs() }));
          });
          break;
        case "close":
          end(output.code, output.reason);
          break;
      }
    }
  };
  deliver(() => listener.opened());
  perform(openSession({ brain: echoBrain, model: "built-in", seed, lifetimeMs: LIFETIME_MS }, clock.nowMs()));
  return {
    send(text) {
      if (state !== undefined) perform(stepSession(state, { type: "text", text, atMs: clock.nowMs() }));
    },
    close: () => end(1000, ""),
  };
}
