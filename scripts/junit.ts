// Reads the JUnit file that `bun test --reporter=junit` writes, into a count with names. It counts what bun's own exit
// code hides: a file that was to run and did not (its imports failed, or it holds no test). Not a general JUnit reader:
// only what bun 1.4 writes.

import { SaxesParser } from "saxes";

/**
 * What one step of the gate counted: how many passed, and a line or more of text for each that failed or was skipped.
 */
export type Tally = { readonly passed: number; readonly failed: readonly string[]; readonly skipped: readonly string[] };

type Case = { readonly title: string; message: string; state: "passed" | "failed" | "skipped" };

/**
 * The tests in `xml`, counted. Each of `files` (paths as bun spells them, "tests/x.test.ts") that ran no test counts as
 * one failure.
 */
export function readJunit(xml: string, files: readonly string[]): Tally {
  const cases: Case[] = [];
  const seen = new Set<string>();
  let inFailure = false;
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    const current = cases.at(-1);
    if (name === "testcase") {
      const file = attributes.file ?? "";
      seen.add(file);
      const group = attributes.classname ? `${attributes.classname} > ` : "";
      cases.push({ title: `${file}: ${group}${attributes.name}`, message: "", state: "passed" });
    } else if ((name === "failure" || name === "error") && current) {
      current.state = "failed";
      current.message = attributes.message ?? "";
      inFailure = true;
    } else if (name === "skipped" && current) {
      current.state = "skipped";
      current.message = attributes.message ?? "";
    }
  });
  // The element's text is the message with its stack, so it replaces the attribute where there is one.
  parser.on("text", (text) => {
    const current = cases.at(-1);
    if (inFailure && current && text.trim()) current.message = text.trim();
  });
  parser.on("closetag", ({ name }) => {
    if (name === "failure" || name === "error") inFailure = false;
  });
  parser.write(xml).close();
  const told = (state: Case["state"]): string[] =>
    cases.filter((one) => one.state === state).map(({ title, message }) => (message ? `${title}\n${message}` : title));
  const silent = files.filter((file) => !seen.has(file)).map((file) => `${file}: ran no test (did its imports fail?)`);
  return { passed: told("passed").length, failed: [...told("failed"), ...silent], skipped: told("skipped") };
}

/** The gate's last line: "N passed, M failed", and ", K skipped" only where something was. */
export function totalsLine(tallies: readonly Tally[]): string {
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  const skipped = sum((tally) => tally.skipped.length);
  const line = `${sum((tally) => tally.passed)} passed, ${sum((tally) => tally.failed.length)} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
