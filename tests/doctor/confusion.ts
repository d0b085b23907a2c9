// The confusion table of the gallery: each server's cause against the one that the doctor named. Text for the test's
// log.

export interface Diagnosis {
  readonly name: string;
  readonly cause: string;
  readonly named: string;
}

/** One line for each pair of cause and name, with the servers that are misdiagnosed. */
export function confusionTable(diagnoses: readonly Diagnosis[]): string {
  const pairs = new Map<string, { cause: string; named: string; names: string[] }>();
  for (const { name, cause, named } of diagnoses) {
    const key = `${cause} ${named}`;
    pairs.set(key, { cause, named, names: [...(pairs.get(key)?.names ?? []), name] });
  }
  const rows = [...pairs.values()].sort((one, other) => (one.cause < other.cause ? -1 : 1));
  const width = Math.max(...rows.flatMap(({ cause, named }) => [cause.length, named.length]), 8);
  const right = diagnoses.filter(({ cause, named }) => cause === named).length;
  return [
    `${"cause".padEnd(width)}  ${"named".padEnd(width)}  count`,
    ...rows.map(({ cause, named, names }) => {
      const wrong = cause === named ? "" : `  WRONG: ${names.join("; ")}`;
      return `${cause.padEnd(width)}  ${named.padEnd(width)}  ${String(names.length).padStart(5)}${wrong}`;
    }),
    `${right} of ${diagnoses.length} named correctly`,
  ].join("\n");
}
