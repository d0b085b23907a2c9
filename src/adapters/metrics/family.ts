// A metric as plain data: its name, what it means, and its values now. exposition.ts makes text of it.
// Names follow https://prometheus.io/docs/practices/naming/

export type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
}

export type Family = Described &
  (
    | { readonly type: "counter" | "gauge"; readonly samples: readonly { readonly labels: Labels; readonly value: number }[] }
    | { readonly type: "histogram"; readonly buckets: Buckets }
  );

/** A counter or gauge with one value. */
export function single(type: "counter" | "gauge", name: string, help: string, value: number): Family {
  return { type, name, help, samples: [{ labels: {}, value }] };
}

/** A counter or gauge with one label. */
export function byLabel(
  type: "counter" | "gauge",
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): Family {
  return { type, name, help, samples: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })) };
}

/** Observations counted by size. Its memory does not grow with them. */
export class Buckets {
  /** Upper bounds, inclusive, ascending, in seconds. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(seconds: number): void {
    const index = this.bounds.findIndex((bound) => seconds <= bound);
    const at = index < 0 ? this.bounds.length : index;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += seconds;
  }

  get sum(): number {
    return this.#sum;
  }

  /** How many were at most each bound; last, how many there were. */
  cumulative(): readonly number[] {
    let total = 0;
    return this.#counts.map((count) => {
      total += count;
      return total;
    });
  }
}
