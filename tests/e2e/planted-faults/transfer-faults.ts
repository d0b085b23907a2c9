// Faults of transfers, for faults.ts.

import type { Fault } from "./fault.ts";
import { effectsBecome, eventBecomes } from "./step-seams.ts";

export const transferFaults: readonly Fault[] = [
  {
    name: "whoever answers a screened transfer is connected",
    at: effectsBecome((effect) => [
      effect.type === "screen.answer" && effect.screen.type === "ask" ? { ...effect, screen: { type: "connect" } } : effect,
    ]),
    red: ["transfer.screened"],
  },
  {
    name: "any key takes a screened transfer",
    at: eventBecomes((event) =>
      event.type === "transfer.screenRequested" && event.digits !== undefined ? { ...event, digits: "1" } : event,
    ),
    red: ["transfer.screened"],
  },
  {
    name: "a caller whom no one took is not connected with the agent again",
    at: effectsBecome((effect, event) =>
      event.type === "caller.nextRequested" && event.dialCallStatus !== undefined && effect.type === "after.answer"
        ? [{ ...effect, next: { type: "nothing" } }]
        : [effect],
    ),
    red: ["transfer.screened"],
    // The call waits for a stream that never comes.
    also: ["stop.no-leak"],
  },
  {
    name: "the agent does not get to know that a transfer has failed",
    at: effectsBecome((effect) => (effect.type === "model.addMessage" && effect.role === "system" ? [] : [effect])),
    red: ["transfer.screened"],
  },
];
