// The limits of an agent in voice.toml: how long it waits for a silent caller, how long a call may last, and what it
// may cost.

import * as z from "zod";
import type { Patience } from "../../call/call-settings.ts";
import { isTokenPrices, type ModelPrice, priceOf } from "../../protocol/realtime/prices.ts";
import type { Budget } from "./agent.ts";
import type { DescribedIssue } from "./describe-issue.ts";

const MINUTE_MS = 60_000;
/** Twilio ends a call after 24 hours: https://www.twilio.com/docs/voice/api/call-resource (TimeLimit) */
const MAX_MINUTES = 1_440;
const DEFAULT_SAY = "Are you still there?";
const DEFAULT_TIMES = 2;
/** Without warn_minutes: so long before max_minutes. A shorter call has no warning. */
const DEFAULT_WARNING_MINUTES = 2;

export const patience = z
  .strictObject({
    idle_s: z
      .number()
      .min(3)
      .max(600)
      .optional()
      .describe("Seconds of silence, from the end of what the agent said, until the caller is asked. Default: never."),
    say: z.string().min(1).max(200).optional().describe(`What the silent caller is asked. Default: ${DEFAULT_SAY}`),
    times: z
      .int()
      .min(0)
      .max(10)
      .optional()
      .describe(`How often in a row they are asked. Then the agent says goodbye and hangs up. Default: ${DEFAULT_TIMES}.`),
    max_minutes: z
      .number()
      .min(0.5)
      .max(MAX_MINUTES)
      .optional()
      .describe("How long a call may last. Then the agent says goodbye and hangs up. Default: no limit."),
    warn_minutes: z
      .number()
      .min(0.1)
      .max(MAX_MINUTES)
      .optional()
      .describe("When the agent says to the caller that little time is left. Default: 2 minutes before max_minutes."),
  })
  .superRefine(({ idle_s, say, times, max_minutes, warn_minutes }, context) => {
    const wrong = (key: string, message: string, hint: string): void =>
      void context.addIssue({ code: "custom", path: [key], message, params: { hint } });
    if (idle_s === undefined && say !== undefined) wrong("say", "no say without idle_s", "add idle_s = 8");
    if (idle_s === undefined && times !== undefined) wrong("times", "no times without idle_s", "add idle_s = 8");
    if (warn_minutes === undefined) return;
    if (max_minutes === undefined) wrong("warn_minutes", "no warn_minutes without max_minutes", "add max_minutes = 30");
    else if (warn_minutes >= max_minutes) {
      wrong("warn_minutes", `less than max_minutes, ${max_minutes}`, "write a time before the end, such as 2 minutes less");
    }
  });

export function patienceOf(entry: z.output<typeof patience> | undefined): Patience {
  if (entry === undefined) return { idle: undefined, duration: undefined };
  const { idle_s: idleS, say = DEFAULT_SAY, times = DEFAULT_TIMES, max_minutes: maxMinutes } = entry;
  const idle = idleS === undefined ? undefined : { ms: idleS * 1_000, say, times };
  return { idle, duration: maxMinutes === undefined ? undefined : durationOf(maxMinutes, entry.warn_minutes) };
}

function durationOf(maxMinutes: number, warnMinutes = maxMinutes - DEFAULT_WARNING_MINUTES): NonNullable<Patience["duration"]> {
  return { warnMs: warnMinutes > 0 ? warnMinutes * MINUTE_MS : undefined, maxMs: maxMinutes * MINUTE_MS };
}

const usd = z.number().min(0.01).max(1_000_000);

export const budget = z.strictObject({
  per_call: usd.optional().describe("US dollars that one call may cost. Default: no limit."),
  per_day: usd.optional().describe("US dollars that the calls of this agent may cost from midnight to midnight, UTC. Default: no limit."),
});

export function budgetOf(entry: z.output<typeof budget> | undefined): Budget {
  return { perCallUsd: entry?.per_call, perDayUsd: entry?.per_day };
}

const price = z.number().min(0).max(100_000);

export const modelPrice = z.union([
  z.strictObject({
    audio_in: price.describe("US dollars for a million tokens of the caller's audio."),
    audio_out: price.describe("The same for the model's audio."),
    text_in: price.describe("The same for instructions and other text that the model gets."),
    text_out: price.describe("The same for text that the model writes, such as calls of tools."),
    audio_cached: price.optional().describe("The same for audio that the model has cached. Default: audio_in."),
    text_cached: price.optional().describe("The same for text that the model has cached. Default: text_in."),
  }),
  z.strictObject({ per_minute: price.describe("Of a model that transcribes: US dollars for a minute of audio.") }),
]);

export function pricesOf(entries: Readonly<Record<string, z.output<typeof modelPrice>>>): ReadonlyMap<string, ModelPrice> {
  return new Map(Object.entries(entries).map(([model, entry]) => [model, priceOfEntry(entry)]));
}

function priceOfEntry(entry: z.output<typeof modelPrice>): ModelPrice {
  if ("per_minute" in entry) return { perMinute: entry.per_minute };
  const { audio_in: audioIn, audio_out: audioOut, text_in: textIn, text_out: textOut } = entry;
  return { audioIn, audioOut, textIn, textOut, audioCached: entry.audio_cached ?? audioIn, textCached: entry.text_cached ?? textIn };
}

/** An agent whose models are known. */
interface BudgetedAgent {
  readonly name: string;
  readonly budget: Budget;
  readonly models: readonly ({ readonly type: "openai"; readonly model: string } | { readonly type: "builtIn" })[];
}

/** Budgets that nothing can be counted for: a model without a price. */
export function unpricedModels(agents: readonly BudgetedAgent[], own: ReadonlyMap<string, ModelPrice>): readonly DescribedIssue[] {
  return agents.flatMap(({ name, budget: { perCallUsd, perDayUsd }, models }) => {
    if (perCallUsd === undefined && perDayUsd === undefined) return [];
    const unpriced = models.find((one) => one.type === "openai" && !isTokenPrices(priceOf(one.model, own)));
    if (unpriced?.type !== "openai") return [];
    const expected = `no budget, or a price for the model ${unpriced.model}`;
    return [
      { path: ["agents", name, "budget"], expected, hint: `add [prices."${unpriced.model}"] with audio_in, audio_out, text_in, text_out` },
    ];
  });
}
