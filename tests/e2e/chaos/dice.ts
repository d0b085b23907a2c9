// Reproducible random numbers: the same seed gives the same numbers.

export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number;
  one<T>(of: readonly T[]): T;
}

/** mulberry32, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function dice(seed: number): Dice {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    one: (of) => of[between(0, of.length - 1)] as (typeof of)[number],
  };
}
