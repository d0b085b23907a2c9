// How the doctor's checks put their verdicts: fine, not fine for a cause, not tried. Not a check.

import type { CauseCode } from "../causes/causes.ts";
import { CAUSES } from "../causes/causes.ts";
import type { Judged } from "../evidence/evidence.ts";

/** What may come with a verdict. */
export type More = Omit<Judged, "ok" | "expected" | "actual" | "cause">;

/** All is well. */
export function fine(expected: string, actual: string, more: More = {}): Judged {
  return { ok: true, expected, actual, ...more };
}

/** Something is wrong, and this is why; the Twilio code and the fix are the cause's own unless `more` has them. */
export function faulty(cause: CauseCode, expected: string, actual: string, more: More = {}): Judged {
  const { twilioError, fix } = CAUSES[cause];
  return {
    ok: false,
    expected,
    actual,
    cause,
    ...(twilioError === undefined ? {} : { twilioCode: twilioError }),
    fix: { text: fix },
    ...more,
  };
}

/** The call did not get so far, or what it takes was not given: why. */
export function untried(expected: string, why: string): Judged {
  return { ok: undefined, expected, actual: why };
}
