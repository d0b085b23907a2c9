// Builds one executable: bun scripts/build.ts --outfile PATH [--target bun-linux-arm64]. Every build uses these flags:
// compile.sh, the release and the test of reproducibility all call this script. The name of the file becomes part of
// its bytes, its folder does not.

import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };

const root = resolve(import.meta.dir, "..");

/** The output of a git command in the project. Undefined without git or without a checkout. */
function git(...args: string[]): string | undefined {
  if (!Bun.which("git")) return undefined;
  const run = Bun.spawnSync(["git", "-C", root, ...args], { stderr: "ignore" });
  return run.success ? run.stdout.toString().trim() : undefined;
}

/**
 * The commit: 12 hex digits, with "-dirty" when tracked or new files differ. "unknown" outside a checkout of this
 * project. A build from an archive may set VOICE_GIT_SHA.
 */
export function gitSha(): string {
  if (process.env.VOICE_GIT_SHA) return process.env.VOICE_GIT_SHA;
  // A source archive may be unpacked inside another checkout, whose commit would be wrong.
  if (git("rev-parse", "--show-toplevel") !== root) return "unknown";
  const sha = git("rev-parse", "--short=12", "--verify", "HEAD");
  if (!sha) return "unknown";
  return git("status", "--porcelain") === "" ? sha : `${sha}-dirty`;
}

/** Arguments with which bun builds src/main.ts, for this machine or for `target` (such as "bun-linux-arm64-musl"). */
export function buildArguments(outfile: string, target: string | undefined, sha: string): string[] {
  return [
    "build",
    "src/main.ts",
    "src/adapters/store/reader-worker.ts",
    "src/adapters/store/store-worker.ts", // loaded by its path, as a thread (src/source-url.ts)
    "--compile",
    ...(target ? [`--target=${target}`] : []),
    "--production", // minified, and NODE_ENV is "production" in any environment
    "--bytecode", // halves the time to the first answer
    "--splitting", // what a start does not need is not even read: 4 ms
    "--format=esm", // bytecode defaults to CommonJS, which has no top-level await
    "--sourcemap", // stack traces name our files and lines
    "--no-compile-autoload-dotenv", // the working folder must not configure it,
    "--no-compile-autoload-bunfig", // or run code in it (bunfig.toml's preload)
    `--define=VOICE_VERSION=${JSON.stringify(packageJson.version)}`,
    `--define=VOICE_GIT_SHA=${JSON.stringify(sha)}`,
    `--outfile=${outfile}`,
  ];
}

/**
 * Builds in a scratch folder and moves the result to `outfile`: so the source map is left out, and a running binary can
 * be replaced. Returns bun's exit code. If that is not 0, bun's output goes to stderr.
 */
export function build(outfile: string, target?: string): number {
  const folder = resolve(dirname(outfile));
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".build-"));
  try {
    const scratchFile = join(scratch, basename(outfile));
    const page = Bun.spawnSync([process.execPath, "scripts/build-console.ts"], { cwd: root });
    if (page.exitCode !== 0) process.stderr.write(page.stderr);
    const run = Bun.spawnSync([process.execPath, ...buildArguments(scratchFile, target, gitSha())], {
      cwd: root,
    });
    if (run.exitCode === 0) renameSync(scratchFile, resolve(outfile));
    else process.stderr.write(`${run.stdout}${run.stderr}`);
    return run.exitCode;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { outfile: { type: "string" }, target: { type: "string" } } });
  if (!values.outfile) throw new Error("usage: bun scripts/build.ts --outfile PATH [--target NAME]");
  process.exitCode = build(values.outfile, values.target);
}
