// What `voice check` found: its lines for people, its JSON for machines, and the exit code. Pure. Who finds: the other files here.

/** How a matter stands. unreachable: it could not be looked at, because the way there is broken; skipped: there was nothing to look at. */
export type Verdict = "good" | "warning" | "bad" | "unreachable" | "skipped";

/** One matter that was looked at. */
export interface Finding {
  /** "area.matter": stable, for machines. */
  readonly id: string;
  readonly verdict: Verdict;
  /** How it stands, in words; no secret. */
  readonly what: string;
  /** What to do about it; there is one unless it is good or skipped. */
  readonly fix?: string;
}

/** What a report is about. */
export interface Checked {
  readonly version: string;
  readonly runtime: string;
  readonly findings: readonly Finding[];
}

/** Control sequence introducer, ECMA-48 5.4: what colours begin with. */
const CSI = "\u001b[";

/** The mark of each verdict, and its colour (SGR, ECMA-48 8.3.117). */
const marks: Readonly<Record<Verdict, readonly [mark: string, color: number]>> = {
  good: ["✓", 32],
  warning: ["!", 33],
  bad: ["✗", 31],
  unreachable: ["✗", 31],
  skipped: ["-", 2],
};

/** Lines for people: a mark for each matter, what to do below it, the verdict last. */
export function textReport({ version, runtime, findings }: Checked, colors: boolean): string {
  const paint = (color: number, text: string): string => (colors ? `${CSI}${color}m${text}${CSI}0m` : text);
  const width = Math.max(0, ...findings.map(({ id }) => id.length));
  const lines = findings.flatMap(({ id, verdict, what, fix }) => {
    const [mark, color] = marks[verdict];
    const line = `${paint(color, mark)} ${id.padEnd(width)}  ${what}`;
    return fix === undefined ? [line] : [line, `${" ".repeat(width + 4)}${fix}`];
  });
  const count = (...wanted: readonly Verdict[]): number => findings.filter(({ verdict }) => wanted.includes(verdict)).length;
  const [wrong, odd] = [count("bad", "unreachable"), count("warning")];
  const warned = odd === 0 ? "" : `, ${odd} to look at`;
  const verdict = wrong === 0 ? paint(32, `nothing is wrong${warned}`) : paint(31, `${wrong} of ${findings.length} wrong${warned}`);
  return `${[`voice ${version}, ${runtime}`, ...lines, verdict].join("\n")}\n`;
}

/** One JSON object, on one line. */
export function jsonReport({ version, runtime, findings }: Checked): string {
  return `${JSON.stringify({ ok: exitCode(findings) === 0, version, runtime, findings })}\n`;
}

/** 1 when something is wrong, 3 when nothing is known to be but something could not be reached, else 0: a warning is no fault. */
export function exitCode(findings: readonly Finding[]): number {
  const has = (wanted: Verdict): boolean => findings.some(({ verdict }) => verdict === wanted);
  if (has("bad")) return 1;
  return has("unreachable") ? 3 : 0;
}
