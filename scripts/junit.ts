// Reads the JUnit file of `bun test --reporter=junit` into counts with names. It also finds what bun's exit code hides:
// test files that did not run, because an import failed or they contain no test. Not a general JUnit reader: it knows
// what bun 1.4 writes.

import { SaxesParser } from "saxes";

/** The result of one step of the gate. `failed` and `skipped` have a text for each, of one line or more. */
export type Tally = { readonly passed: number; readonly failed: readonly string[]; readonly skipped: readonly string[] };

type Case = { readonly title: string; message: string; state: "passed" | "failed" | "skipped" };

/** Each of `files` (as bun spells paths: "tests/x.test.ts") that ran no test counts as one failure. */
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
  // The element's text is the message with its stack: it replaces the attribute.
  parser.on("text", (text) => {
    const current = cases.at(-1);
    if (inFailure && current && text.trim()) current.message = text.trim();
  });
  parser.on("closetag", ({ name }) => {
    if (name === "failure" || name === "error") inFailure = false;
  });
  parser.write(xml).close();
  const titles = (state: Case["state"]): string[] =>
    cases.filter((one) => one.state === state).map(({ title, message }) => (message ? `${title}\n${message}` : title));
  const notRun = files.filter((file) => !seen.has(file)).map((file) => `${file}: ran no test (did its imports fail?)`);
  return { passed: titles("passed").length, failed: [...titles("failed"), ...notRun], skipped: titles("skipped") };
}

/** The gate's last line: "N passed, M failed", and ", K skipped" if any were. */
export function totalsLine(tallies: readonly Tally[]): string {
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  const skipped = sum((tally) => tally.skipped.length);
  const line = `${sum((tally) => tally.passed)} passed, ${sum((tally) => tally.failed.length)} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
