// What `voice doctor` and `voice load` share: options about the server that they call and about the report, and the
// terminal that they write to.

import process from "node:process";
import { Option } from "commander";
import { printable } from "../protocol/printable.ts";
import { openFile } from "../report/write-file.ts";

/** A wrong argument, and what to write instead. */
export interface ArgumentMistake {
  readonly problem: string;
  readonly hint: string;
}

/** For an option that may be given several times. */
export const append = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

export function targetOptions(): readonly Option[] {
  return [
    new Option("--auth-token <token>", "sign requests with the account's primary auth token [TWILIO_AUTH_TOKEN]"),
    new Option("--method <method>", "method of the webhook request (default: POST)").choices(["POST", "GET"]),
  ];
}

export function reportOptions(): readonly Option[] {
  return [
    new Option("--json", "print the result as JSON (docs/reports.md)"),
    new Option("--junit <file>", "also write the result as JUnit XML"),
  ];
}

/** Values of `--param`, each `name=value`. */
export function readParams(pairs: readonly string[]): {
  readonly params: Readonly<Record<string, string>>;
  readonly mistakes: readonly ArgumentMistake[];
} {
  const read = pairs.map((pair) => ({ pair, found: /^([^=]+)=(.*)$/s.exec(pair) }));
  return {
    params: Object.fromEntries(read.flatMap(({ found }) => (found === null ? [] : [[found[1] ?? "", found[2] ?? ""]]))),
    mistakes: read.flatMap(({ pair, found }) =>
      found === null ? [{ problem: `--param ${pair}: expected name=value`, hint: "--param agent=test" }] : [],
    ),
  };
}

/** The result goes to stdout, progress to stderr, where a line that begins with "\r" replaces the one before. */
export function terminalIo() {
  return {
    print: (text: string): void => void process.stdout.write(text),
    log: (text: string): void => void process.stderr.write(text.startsWith("\r") ? text : printable(text)),
    openFile,
    colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
    showsProgress: process.stderr.isTTY === true,
  };
}
