// Effects as the model and Twilio see them: the driver's memory of kept audio is played along, so that audio which is
// sent again appears as what it is.

import type { Effect } from "../../src/call/effects.ts";
import { KeptAudio } from "../../src/server/calls/kept-audio.ts";

/** Performs the effects that concern kept audio. Returns the others, with model.appendAudio for all audio sent. */
export function playKept(kept: KeptAudio, effects: readonly Effect[]): readonly Effect[] {
  return effects.flatMap((effect): readonly Effect[] => {
    switch (effect.type) {
      case "audio.keep":
        kept.keep(effect.payload, effect.keepBytes);
        return [];
      case "audio.forget":
        kept.forget();
        return [];
      case "model.appendAudio":
        kept.keep(effect.payload, effect.keepBytes);
        return [effect];
      case "model.appendKept": {
        const { keepBytes } = effect;
        const sent = kept.payloads().map((payload): Effect => ({ type: "model.appendAudio", payload, keepBytes }));
        kept.trim(keepBytes);
        return sent;
      }
      default:
        return [effect];
    }
  });
}

export { KeptAudio };
