// Checks a property by random cases that can be replayed: a fixed seed, every seed that has failed before, and a few
// cases of the seed that PROPERTY_SEED sets. The gate sets none and tries the same cases each time, so that a change is
// never refused for a fault that was there before it. PROPERTY_SEED=random draws one: that is how new faults are looked
// for. A failure prints the command that replays it.

import fc from "fast-check";

export interface PropertyOptions {
  /** Cases of the fixed seed and of each failed one. */
  readonly numRuns?: number;
  /** Seeds that failed once, with the same `numRuns`. Keep the failing case as a test too: generators change. */
  readonly failedSeeds?: readonly number[];
}

const DEFAULT_RUNS = 100;
/** Cases of the seed that is set, at most. */
export const FRESH_RUNS_MAX = 100;
const FIXED_SEED = 1;

const given = process.env["PROPERTY_SEED"] ?? "2";
export const freshSeed = given === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(given);
if (!Number.isSafeInteger(freshSeed)) throw new Error(`PROPERTY_SEED: expected a whole number or "random", got "${given}"`);
if (given === "random") console.log(`properties: seed ${freshSeed}`);

/** Throws, with the smallest case found, when the property does not hold. */
export function checkProperty<Values>(property: fc.IProperty<Values>, options: PropertyOptions = {}): void {
  const { numRuns = DEFAULT_RUNS, failedSeeds = [] } = options;
  for (const seed of [FIXED_SEED, ...failedSeeds]) fc.assert(property, { seed, numRuns });
  try {
    fc.assert(property, { seed: freshSeed, numRuns: Math.min(numRuns, FRESH_RUNS_MAX) });
  } catch (error) {
    const replay = `replay: PROPERTY_SEED=${freshSeed} bun test FILE. Once fixed, keep the case as a named test.`;
    throw new Error(`${replay}\n${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
