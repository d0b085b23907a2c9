// A report for people: the verdict on the first line, then a line for each finding, then what was run. Pure: returns
// text, and has colour only when told so. Each tool writes its own verdict and lines; this file has the frame, the
// marks and the colours.

import { printable, printableColored } from "../protocol/printable.ts";
import type { Level, Report } from "./finding.ts";

/** Control sequence introducer, ECMA-48 5.4. */
const CSI = "\u001b[";
/** Select graphic rendition, ECMA-48 8.3.117. */
const sgr = { green: 32, red: 31, yellow: 33, grey: 90 } as const;

export type Color = keyof typeof sgr;
export type Paint = (color: Color, text: string) => string;

export function painter(colors: boolean): Paint {
  return (color, text) => (colors ? `${CSI}${sgr[color]}m${text}${CSI}0m` : text);
}

const marks: Readonly<Record<Level, readonly [sign: string, color: Color]>> = {
  ok: ["✓", "green"],
  info: ["i", "grey"],
  warning: ["!", "yellow"],
  error: ["✗", "red"],
  unreachable: ["?", "yellow"],
  untested: ["-", "grey"],
};

export function markOf(level: Level, paint: Paint): string {
  const [sign, color] = marks[level];
  return paint(color, sign);
}

export function colorOf(level: Level): Color {
  return marks[level][1];
}

/** One line of at most so many columns, with the characters escaped that a terminal would obey or not show. */
export function oneLine(text: string, columns = 160): string {
  const line = printable(text.replace(/[\t-\r\u0085\u2028\u2029]+/g, " "));
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/** The whole screen. `about` follows the version at the end: what was tested. */
export function screen({ version, runtime, durationMs }: Report, { verdict, color, lines, about = [] }: Screen, paint: Paint): string {
  const footer = [`voice ${version}, ${runtime}`, ...about, `${(durationMs / 1000).toFixed(1)} s`].join("; ");
  return printableColored(`${[paint(color, verdict), "", ...lines, "", paint("grey", footer)].join("\n")}\n`);
}

export interface Screen {
  readonly verdict: string;
  readonly color: Color;
  readonly lines: readonly string[];
  readonly about?: readonly string[];
}
