// The built-in agent as a model to dial: the Realtime simulator and its echo brain in this process, without a socket
// and without faults. It exchanges the frames that OpenAI's socket would carry, so a call cannot see a difference.

import type { Clock, ModelDialler, ModelListener, ModelPort } from "../call/ports.ts";
import { echoBrain } from "../simulators/openai/brains/echo.ts";
import { openSession, type SessionStep, stepSession } from "../simulators/openai/realtime-session.ts";
import type { SessionState } from "../simulators/openai/session-state.ts";

/**
 * Longer than a call may last (https://www.twilio.com/docs/voice/twiml/dial#timelimit: 4 hours by default, at most 24),
 * so that no session ends before its call.
 */
const LIFETIME_MS = 25 * 3_600_000;

/** Each dial opens a session of its own. The simulator's limits bound its memory. */
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
  // In order, and after the current call returns: a sender must not receive the response while it is still sending.
  const deliver = queueMicrotask;
  let state: SessionState | undefined;
  let cancelWake = () => {};
  const end = (code: number, reason: string) => {
    if (state === undefined) return;
    state = undefined;
    cancelWake();
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
          cancelWake();
          cancelWake = clock.after(output.atMs - clock.nowMs(), () => {
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
