// The limits of an agent in voice.toml: how long it waits for a silent caller, and how long a call may last.

import * as z from "zod";
import type { Patience } from "../../call/call-settings.ts";

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
