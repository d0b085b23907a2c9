// What is kept of calls, for how long, and what is never kept. voice.toml's [privacy] describes it (privacy-schema.ts).

import type { Redaction } from "../../protocol/redaction.ts";

export interface Privacy {
  /** Milliseconds from the call's beginning; undefined: without an end. */
  readonly keep: { readonly transcriptMs: number | undefined; readonly recordMs: number | undefined };
  /** What is taken out of texts before they are stored. */
  readonly redact: readonly Redaction[];
}

const DAY_MS = 86_400_000;

/** Long enough to find out what went wrong on a call, and to compare a year with the year before. */
export const usualPrivacy: Privacy = { keep: { transcriptMs: 90 * DAY_MS, recordMs: 366 * DAY_MS }, redact: [] };
