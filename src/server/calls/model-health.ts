// Which models have failed lately: new calls begin with another one for a while, and now and then one call tries again.
// This is a circuit breaker: https://martinfowler.com/bliki/CircuitBreaker.html

import type { CallWatch, Clock } from "../../call/ports.ts";
import type { ModelChoice } from "../../config/agents/agent.ts";

/** How long a model that failed is skipped: doubled each time it fails again. */
export const FIRST_SKIP_MS = 15_000;
export const LONGEST_SKIP_MS = 300_000;
/** Models remembered. There are at most as many as the agents of voice.toml have; this bounds reloads. */
export const MODELS_MAX = 1_000;

interface Failure {
  /** New calls skip it until then; the first one after that tries it. */
  untilMs: number;
  skipMs: number;
}

export class ModelHealth {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The model that a new call begins with: the first that is not skipped. When all are, the first of all. */
  firstOf(models: readonly ModelChoice[]): number {
    const nowMs = this.#clock.nowMs();
    for (const [index, model] of models.entries()) {
      const failure = this.#failures.get(keyOf(model));
      if (failure === undefined) return index;
      if (nowMs < failure.untilMs) continue;
      // This call tries it. Others skip it until the outcome is known.
      failure.untilMs = nowMs + failure.skipMs;
      return index;
    }
    return 0;
  }

  failed(model: ModelChoice): void {
    const key = keyOf(model);
    const before = this.#failures.get(key);
    const nowMs = this.#clock.nowMs();
    // Calls that were running when it failed say the same once more.
    const isNews = before === undefined || nowMs >= before.untilMs - before.skipMs / 2;
    const skipMs = before === undefined ? FIRST_SKIP_MS : isNews ? Math.min(before.skipMs * 2, LONGEST_SKIP_MS) : before.skipMs;
    this.#failures.set(key, { untilMs: nowMs + skipMs, skipMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MODELS_MAX && oldest !== undefined) this.#failures.delete(oldest);
  }

  answered(model: ModelChoice): void {
    this.#failures.delete(keyOf(model));
  }

  /** The models that new calls skip now: "gpt-realtime-2.1 at api.openai.com". */
  get skipped(): readonly string[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#failures].flatMap(([key, { untilMs }]) => (nowMs < untilMs ? [key] : []));
  }

  /**
   * Watches one call: a model that another one takes over from has failed, one that completes a response answers.
   * Undefined when there is no model to choose.
   */
  watching(models: readonly ModelChoice[], firstModel: number): CallWatch | undefined {
    if (models.length < 2) return undefined;
    let chosen = firstModel;
    const model = (): ModelChoice => models[chosen] ?? { type: "builtIn" };
    return {
      awaitsAudio: false,
      event: (event) => {
        if (event.type === "model.responseDone" && event.status === "completed") this.answered(model());
      },
      effect: (effect) => {
        if (effect.type !== "model.dial" || effect.chosen === chosen) return;
        this.failed(model());
        chosen = effect.chosen;
      },
      ended: () => {},
    };
  }
}

function keyOf(model: ModelChoice): string {
  return model.type === "openai" ? `${model.model} at ${new URL(model.realtimeUrl).host}` : "the built-in agent";
}
