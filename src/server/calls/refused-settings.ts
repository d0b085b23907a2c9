// Session settings that a model's server has refused, for the whole process: a new call does not send them, so that it
// does not pay the round trips again. They are forgotten after an hour, so that a server that was repaired gets them
// again. What is refused may be a value, such as a voice, so what is known holds for the same values only.

import type { CallWatch, Clock } from "../../call/ports.ts";
import type { ModelChoice } from "../../config/agents/agent.ts";
import type { SessionSettings } from "../../protocol/realtime/realtime.ts";
import type { SessionOption } from "../../protocol/realtime/session-options.ts";

/** From when it was learnt. Calls that leave a setting out in the meantime prove nothing, so they do not extend it. */
export const REMEMBERED_MS = 3_600_000;
/** Models remembered, each with its settings. There are at most as many as voice.toml has; this bounds reloads. */
export const REFUSING_MODELS_MAX = 1_000;

/** A model, and what a call configures it with. */
export interface ConfiguredModel {
  readonly choice: ModelChoice;
  readonly session: SessionSettings;
}

export class RefusedSettings {
  readonly #clock: Clock;
  /** Until when each setting is left out. */
  readonly #untilMs = new Map<string, Map<SessionOption, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a new call leaves out. */
  knownOf(model: ConfiguredModel): readonly SessionOption[] {
    // Most processes never learn of one.
    if (this.#untilMs.size === 0) return [];
    const key = keyOf(model);
    const options = this.#untilMs.get(key);
    if (options === undefined) return [];
    const nowMs = this.#clock.nowMs();
    for (const [option, untilMs] of options) if (nowMs >= untilMs) options.delete(option);
    if (options.size === 0) this.#untilMs.delete(key);
    return [...options.keys()];
  }

  learn(model: ConfiguredModel, refused: readonly SessionOption[]): void {
    const key = keyOf(model);
    const options = this.#untilMs.get(key) ?? new Map<SessionOption, number>();
    const untilMs = this.#clock.nowMs() + REMEMBERED_MS;
    for (const option of refused) options.set(option, untilMs);
    this.#untilMs.set(key, options);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > REFUSING_MODELS_MAX && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  /**
   * Watches one call. `known`: what the call leaves out from the start, by model. Learnt is only what the call itself
   * left out after an error, and only when the model then was ready: an error that no omission cures is not about a
   * setting.
   */
  watching(models: readonly ConfiguredModel[], known: readonly (readonly SessionOption[])[]): CallWatch {
    let chosen: number | undefined;
    let before: readonly SessionOption[] = [];
    let tried: { readonly epoch: number; readonly omit: readonly SessionOption[] } | undefined;
    return {
      awaitsAudio: false,
      event: (event) => {
        if (event.type !== "model.ready" || event.epoch !== tried?.epoch) return;
        const model = models[chosen ?? 0];
        const { omit } = tried;
        const more = omit.filter((option) => !before.includes(option));
        if (model !== undefined) this.learn(model, more);
        before = omit;
        tried = undefined;
      },
      effect: (effect) => {
        if (effect.type === "model.dial" && effect.chosen !== chosen) {
          chosen = effect.chosen;
          before = known[chosen] ?? [];
          tried = undefined;
        } else if (effect.type === "model.configure" && effect.omit.length > before.length) {
          tried = { epoch: effect.epoch, omit: effect.omit };
        }
      },
      ended: () => {},
    };
  }
}

/** Where the model is, its name, and every value that may be refused. */
function keyOf({ choice, session }: ConfiguredModel): string {
  const { instructions, tools, ...values } = session;
  return JSON.stringify(choice.type === "openai" ? [choice.realtimeUrl, choice.model, values] : [choice.type]);
}
