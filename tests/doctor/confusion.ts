// The confusion table of the gallery: each server's cause against the one that the doctor named. Text for the test's
// log.

export interface Diagnosis {
  readonly name: string;
  /** The acceptable causes, the best first. */
  readonly causes: readonly [string, ...string[]];
  readonly named: string;
}

/** One line for each pair of cause and name, with the servers whose name is not acceptable. */
export function confusionTable(diagnoses: readonly Diagnosis[]): string {
  const pairs = new Map<string, { cause: string; named: string; isRight: boolean; names: string[] }>();
  for (const { name, causes, named } of diagnoses) {
    const key = `${causes[0]} ${named}`;
    const pair = pairs.get(key) ?? { cause: causes[0], named, isRight: true, names: [] };
    pairs.set(key, { ...pair, isRight: pair.isRight && causes.includes(named), names: [...pair.names, name] });
  }
  const rows = [...pairs.values()].sort((one, other) => (one.cause < other.cause ? -1 : 1));
  const width = Math.max(...rows.flatMap(({ cause, named }) => [cause.length, named.length]), 8);
  const right = diagnoses.filter(({ causes, named }) => causes.includes(named)).length;
  return [
    `${"cause".padEnd(width)}  ${"named".padEnd(width)}  count`,
    ...rows.map(({ cause, named, isRight, names }) => {
      const wrong = isRight ? "" : `  WRONG: ${names.join("; ")}`;
      return `${cause.padEnd(width)}  ${named.padEnd(width)}  ${String(names.length).padStart(5)}${wrong}`;
    }),
    `${right} of ${diagnoses.length} named correctly`,
  ].join("\n");
}
