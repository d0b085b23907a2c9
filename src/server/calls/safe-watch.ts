// Several observers as one that never throws: a fault in metrics or traces must not end a call.

import { stackOf } from "../../adapters/log/stack-of.ts";
import type { CallObserver, CallWatch, Log, ObservedCall } from "../../call/ports.ts";

/** Begins to watch a call: with all observers, and with watches that were made for this call. */
export type BeginWatch = (call: ObservedCall, ...more: readonly (CallWatch | undefined)[]) => CallWatch;

/** An observer that throws is logged, and sees no more of that call. */
export function safeWatch(observers: readonly CallObserver[], log: Log): BeginWatch {
  return (call, ...more) => {
    const watches = new Set<CallWatch>();
    const failed = (error: unknown): void => log("error", "observer.threw", { callSid: call.identity.callSid, stack: stackOf(error) });
    const all = (show: (watch: CallWatch) => void): void => {
      for (const watch of watches) {
        try {
          show(watch);
        } catch (error) {
          watches.delete(watch);
          failed(error);
        }
      }
    };
    for (const observe of observers) {
      try {
        watches.add(observe(call));
      } catch (error) {
        failed(error);
      }
    }
    for (const watch of more) if (watch !== undefined) watches.add(watch);
    return {
      get awaitsAudio() {
        for (const watch of watches) if (watch.awaitsAudio) return true;
        return false;
      },
      event: (event) => all((watch) => watch.event(event)),
      effect: (effect, effectAtMs) => all((watch) => watch.effect(effect, effectAtMs)),
      turned: (turns, first) => all((watch) => watch.turned?.(turns, first)),
      ended: (end, frames, endAtMs) => all((watch) => watch.ended(end, frames, endAtMs)),
    };
  };
}
