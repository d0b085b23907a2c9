// The confusion table of the gallery: what was the matter against what the doctor named. Text for the test's log;
// judges nothing.

/** One server that was examined. */
export interface Diagnosis {
  readonly name: string;
  /** The causes that would be right, the best first. */
  readonly causes: readonly [string, ...string[]];
  readonly named: string;
}

/** A line for each pair of cause and name: how many, and which servers where the name is none of the right ones. */
export function confusionTable(diagnoses: readonly Diagnosis[]): string {
  const pairs = new Map<string, { cause: string; named: string; right: boolean; names: string[] }>();
  for (const { name, causes, named } of diagnoses) {
    const key = `${causes[0]} ${named}`;
    const pair = pairs.get(key) ?? { cause: causes[0], named, right: true, names: [] };
    pairs.set(key, { ...pair, right: pair.right && causes.includes(named), names: [...pair.names, name] });
  }
  const rows = [...pairs.values()].sort((one, other) => (one.cause < other.cause ? -1 : 1));
  const width = Math.max(...rows.map(({ cause }) => cause.length), 8);
  const right = diagnoses.filter(({ causes, named }) => causes.includes(named)).length;
  return [
    `${"cause".padEnd(width)}  ${"named".padEnd(width)}  count`,
    ...rows.map(({ cause, named, right, names }) => {
      const wrong = right ? "" : `  WRONG: ${names.join("; ")}`;
      return `${cause.padEnd(width)}  ${named.padEnd(width)}  ${String(names.length).padStart(5)}${wrong}`;
    }),
    `${right} of ${diagnoses.length} named as they are`,
  ].join("\n");
}
