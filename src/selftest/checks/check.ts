// What a check is: data with one pure function, in the way of h2spec: an id, what is required and by whom, what was expected, what came.
// Not the checks (one file a leg beside this one), and not what dials a server to gather the evidence.

/** What a check finds. `expected` and `actual` are one line each, for people. */
export interface Verdict {
  readonly verdict: "passed" | "failed";
  readonly expected: string;
  readonly actual: string;
  /** How long the thing that was judged took, where that is what one wants to know. */
  readonly ms?: number;
}

/** Something that a server owes to its callers, and how to see in the evidence of a call whether it has paid. */
export interface Check<Evidence> {
  /** Stable, dotted: "handshake.several". */
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly requirement: string;
  /** URL or RFC section. */
  readonly source: string;
  /** Pure: equal evidence, equal verdict. Never throws on evidence of a call that broke off. */
  judge(evidence: Evidence): Verdict;
}

/** Puts a verdict together; `ms` only where it is the thing judged. */
export function verdictOf(holds: boolean, expected: string, actual: string, ms?: number): Verdict {
  const verdict = holds ? "passed" : "failed";
  return ms === undefined ? { verdict, expected, actual } : { verdict, expected, actual, ms };
}

/** The first thing that does not hold, else what there is to say when all do: [holds, what came instead]. */
export function allHold(
  expected: string,
  actual: string,
  ...conditions: readonly (readonly [holds: boolean, otherwise: string])[]
): Verdict {
  const broken = conditions.find(([holds]) => !holds);
  return verdictOf(broken === undefined, expected, broken?.[1] ?? actual);
}
