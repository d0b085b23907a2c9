// Runs every check, one step after the other: called by `./compile.sh test`. It prints one line per step, then what
// failed and what was skipped, and leaves each step's whole output under .build/logs and the count in .build/totals,
// which compile.sh prints last. The rules themselves are tests (tests/tidy.test.ts) or configuration (biome.json,
// tsconfig.json).

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.ts";
import { combinedInstall, installCommand } from "./debian-packages.ts";
import { gateEnvironment } from "./gate-environment.ts";
import { readJunit, type Tally, totalsLine } from "./junit.ts";
import { readSelftest } from "./selftest-report.ts";

const root = resolve(import.meta.dir, "..");
const logs = join(root, ".build/logs");
const deno = join(root, ".tools/deno/node_modules/deno/deno");
/** A JavaScript tool, run by bun: node may be missing. */
const script = (path: string): string[] => [process.execPath, join(root, "node_modules", path)];
/** Lines of a failed step's output that are printed. The log has all of it. */
const shownLines = 80;

type Ran = { readonly exitCode: number; readonly stdout: string; readonly output: string };
type Step = { readonly name: string; readonly run: () => Promise<Tally> };

/** Runs a program, and kills it after `limitSeconds`. Its output goes to .build/logs/NAME.log. */
async function run(name: string, command: string[], limitSeconds = 120): Promise<Ran> {
  const file = name.replaceAll(" ", "-");
  const [out, log] = [join(logs, `${file}.stdout.log`), join(logs, `${file}.log`)];
  for (const old of [out, log]) rmSync(old, { force: true }); // Bun.file overwrites without truncating: the end of an older log would stay
  const child = Bun.spawn(command, {
    cwd: root,
    stdin: "ignore",
    stdout: Bun.file(out),
    stderr: Bun.file(log),
    env: gateEnvironment(process.env),
    timeout: limitSeconds * 1000,
    killSignal: "SIGKILL",
  });
  await child.exited;
  const late = child.signalCode === "SIGKILL" ? `\nkilled: still running after ${limitSeconds} s` : "";
  const stdout = await Bun.file(out).text();
  return { exitCode: child.exitCode ?? 1, stdout, output: `${stdout}${await Bun.file(log).text()}${late}`.trim() };
}

const passed: Tally = { passed: 1, failed: [], skipped: [] };
const failed = (message: string): Tally => ({ passed: 0, failed: [message], skipped: [] });
const lastLines = (text: string): string => text.split("\n").slice(-shownLines).join("\n");

/** A step that is one command. */
function command(name: string, words: string[]): Step {
  return {
    name,
    run: async () => {
      const { exitCode, output } = await run(name, words);
      return exitCode === 0 ? passed : failed(`exit code ${exitCode}\n${lastLines(output)}`);
    },
  };
}

/** The project's own files that match, sorted. */
function projectFiles(...patterns: string[]): string[] {
  const found = patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root, dot: true })]);
  return [...new Set(found)].filter((path) => !/^(node_modules|\.tools|\.build|\.git|dist)\//.test(path)).sort();
}

/** Shell scripts. Without shellcheck the step counts as skipped. */
async function checkScripts(): Promise<Tally> {
  if (!Bun.which("shellcheck")) return { passed: 0, failed: [], skipped: [`shellcheck is not installed: ${installCommand("shellcheck")}`] };
  const { exitCode, output } = await run("shellcheck", ["shellcheck", ...projectFiles("compile.sh", ".ci/run", "**/*.sh")]);
  return exitCode === 0 ? passed : failed(lastLines(output));
}

async function buildBinary(): Promise<Tally> {
  rmSync(join(root, "voice"), { force: true }); // later steps must not run an older one
  const exitCode = build(join(root, "voice"));
  return exitCode === 0 ? passed : failed(`bun build: exit code ${exitCode}, see above`);
}

async function runTests(): Promise<Tally> {
  const xml = join(root, ".build/junit.xml");
  rmSync(xml, { force: true }); // after an import error bun may write no report; an old one must not count
  // --timeout: a busy machine must not fail a test. --parallel: a test that calls process.exit(0) would end a plain
  // `bun test` early with exit code 0.
  const words = [process.execPath, "test", "--parallel=2", "--timeout=60000", "--reporter=junit", `--reporter-outfile=${xml}`, "./tests"];
  const { exitCode, output } = await run("tests", words, 600);
  const files = projectFiles("tests/**/*.test.ts");
  const tally = existsSync(xml) ? readJunit(await Bun.file(xml).text(), files) : failed(`bun test wrote no report\n${lastLines(output)}`);
  if (exitCode === 0 || tally.failed.length > 0) return tally;
  return { ...tally, failed: [`bun test: exit code ${exitCode}, though no test failed\n${lastLines(output)}`] };
}

/** The product's selftest, of the built binary or under Deno. Each of its checks counts. */
function selftest(name: string, words: string[]): Step {
  return {
    name,
    run: async () => {
      const { exitCode, stdout, output } = await run(name, words);
      const tally = readSelftest(stdout, exitCode);
      return tally.passed === 0 && tally.failed.length > 0 ? failed(`${tally.failed.join("\n")}\n${lastLines(output)}`) : tally;
    },
  };
}

const steps: readonly Step[] = [
  command("format and lint", [
    ...script("@biomejs/biome/bin/biome"),
    "ci",
    "--colors=off",
    "--error-on-warnings",
    "--max-diagnostics=40",
    ".",
  ]),
  command("types", [...script("typescript/bin/tsc"), "--noEmit", "-p", "."]),
  command("types of the console", [...script("typescript/bin/tsc"), "--noEmit", "-p", "src/console"]),
  command("types for deno", [deno, "check", "--quiet", "src/main.ts"]),
  { name: "shellcheck", run: checkScripts },
  { name: "build", run: buildBinary },
  { name: "tests", run: runTests },
  selftest("selftest of the binary", [join(root, "voice"), "--selftest", "--json"]),
  // With the permissions of the task in deno.json, which README names too.
  selftest("selftest under deno", [deno, "task", "--quiet", "serve", "--selftest", "--json"]),
];

/** Runs one step and prints its result. A step that throws counts as failed. */
async function perform(step: Step): Promise<Tally> {
  const startedMs = performance.now();
  const tally = await step.run().catch((error: unknown) => failed(`BUG: the step threw: ${error instanceof Error ? error.stack : error}`));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${tally.failed.length > 0 ? "FAIL" : "ok  "} ${step.name}: ${totalsLine([tally])}, ${seconds} s`);
  // A failed test may print raw bytes: a terminal must not interpret them.
  const indented = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, "\u{fffd}").replaceAll("\n", "\n       ");
  for (const text of tally.failed) console.log(`     FAILED ${indented(text)}`);
  for (const text of tally.skipped) console.log(`     SKIPPED ${indented(text)}`);
  return tally;
}

mkdirSync(logs, { recursive: true });
const tallies: Tally[] = [];
for (const step of steps) tallies.push(await perform(step));
const skipped = tallies.flatMap((tally) => tally.skipped);
const install = combinedInstall(skipped);
if (skipped.length > 0) console.log(`SKIPPED: ${skipped.length} checks did not run${install ? `. To run them: ${install}` : ""}`);
await Bun.write(join(root, ".build/totals"), totalsLine(tallies));
process.exitCode = tallies.some((tally) => tally.failed.length > 0) ? 1 : 0;
