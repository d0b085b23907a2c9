// The settings of a model session, and what follows when the server refuses some of them: the session is configured
// again without those, and the call goes on. protocol/realtime/session-options.ts has the settings.

import type { ModelError } from "../../protocol/realtime/realtime.ts";
import { optionsToOmit } from "../../protocol/realtime/session-options.ts";
import { isSettled } from "../machines/model-leg.ts";
import { change, order, type Step } from "../state.ts";

/** Sends our settings on connection number `epoch`, without those that were refused before. */
export function configure(step: Step, epoch: number): Step {
  return order(step, { type: "model.configure", epoch, omit: step.call.omitted });
}

/**
 * An error rejected our settings: they are sent again without what it refuses, logged once. Undefined when the error
 * refuses what a call needs, or still refuses when nothing is left to leave out.
 */
export function configureWithout(step: Step, epoch: number, error: ModelError): Step | undefined {
  const { omitted, identity } = step.call;
  if (isSettled(error, omitted)) return step;
  const more = optionsToOmit(error, omitted);
  if (more.length === 0) return undefined;
  const again = configure(change(step, { omitted: [...omitted, ...more] }), epoch);
  const detail = [error.code ?? error.type, error.message].filter((part) => part !== undefined).join(": ");
  const fields = { callSid: identity.callSid, settings: more.join(", "), detail, param: error.param };
  return order(again, { type: "log", level: "warning", event: "model.settingRefused", fields });
}
