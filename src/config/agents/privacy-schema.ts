// [privacy] of voice.toml, as zod definitions.

import * as z from "zod";
import { type Privacy, usualPrivacy } from "./privacy.ts";

const HOUR_MS = 3_600_000;
const unitsMs: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS, y: 366 * 24 * HOUR_MS };

const keepTime = z
  .string()
  .regex(/^(?:[1-9]\d{0,3}[hdwy]|forever)$/)
  .meta({ examples: ["90d", "1y", "forever"] });

export const privacyTable = z.strictObject({
  keep: z
    .strictObject({
      transcript: keepTime
        .optional()
        .describe('What both sides said, and what tools got and returned: "90d" (the default), "12h", "forever".'),
      record: keepTime.optional().describe('That the call was there, when, with whom, how it ended. Default: "1y".'),
    })
    .optional()
    .describe("How long past calls are kept. Times are numbers of hours (h), days (d), weeks (w) or years (y)."),
  redact: z
    .array(z.enum(["cards", "ibans", "emails", "digits"]))
    .max(4)
    .optional()
    .describe("What is taken out of texts before they are stored: card numbers, IBANs, e-mail addresses, or any five digits in a row."),
});

export function privacyOf(table: z.output<typeof privacyTable> | undefined): Privacy {
  const { keep, redact } = usualPrivacy;
  return {
    keep: { transcriptMs: timeOf(table?.keep?.transcript, keep.transcriptMs), recordMs: timeOf(table?.keep?.record, keep.recordMs) },
    redact: table?.redact ?? redact,
  };
}

function timeOf(text: string | undefined, usual: number | undefined): number | undefined {
  if (text === undefined) return usual;
  return text === "forever" ? undefined : Number.parseInt(text, 10) * (unitsMs[text.slice(-1)] ?? 0);
}
