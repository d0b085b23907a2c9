// Reads an answer of /metrics in Prometheus' format: names, types, and each sample with its labels.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

export interface Sample {
  /** As written: a histogram's ends in _bucket, _sum or _count. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadMetrics {
  /** By the name in its TYPE line. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/** Throws on a line that the format does not have, on a sample without a TYPE line, and on one that is there twice. */
export function readMetrics(text: string): ReadMetrics {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n")) {
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) types.set(typed, type);
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", labelText = "", value] = sampleLine.exec(line) ?? [];
    const labels = Object.fromEntries([...labelText.matchAll(labelPair)].map(([, key = "", of = ""]) => [key, of]));
    const rest = labelText.replace(labelPair, "");
    const base = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
    if (value === undefined || rest !== "" || Number.isNaN(Number(value)) || !types.has(base)) throw new Error(`not a sample: ${line}`);
    const key = `${name}{${labelText}}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    samples.push({ name, labels, value: Number(value) });
  }
  return { types, samples };
}

/** The value of the sample with this name whose labels include these; undefined without one. */
export function sampleOf({ samples }: ReadMetrics, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const fits = (sample: Sample): boolean => Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return samples.find((sample) => sample.name === name && fits(sample))?.value;
}
