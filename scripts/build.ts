// Builds one executable: bun scripts/build.ts --outfile PATH [--target bun-linux-arm64]. The flags of every build stand
// here, once: compile.sh, the release and the test of reproducibility all call this. The file's name goes into its
// bytes, the folder does not.

import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };

const root = resolve(import.meta.dir, "..");

/** Standard output of a git command in the project, or undefined where git or the checkout is missing. */
function git(...args: string[]): string | undefined {
  if (!Bun.which("git")) return undefined;
  const run = Bun.spawnSync(["git", "-C", root, ...args], { stderr: "ignore" });
  return run.success ? run.stdout.toString().trim() : undefined;
}

/**
 * The commit, 12 hex digits, "-dirty" after them when tracked or new files differ; "unknown" outside a checkout of this
 * very project. Who builds from an archive may name the commit in VOICE_GIT_SHA.
 */
export function gitSha(): string {
  if (process.env.VOICE_GIT_SHA) return process.env.VOICE_GIT_SHA;
  // An unpacked source archive may lie inside somebody else's checkout: that one's commit would be a lie.
  if (git("rev-parse", "--show-toplevel") !== root) return "unknown";
  const sha = git("rev-parse", "--short=12", "--verify", "HEAD");
  if (!sha) return "unknown";
  return git("status", "--porcelain") === "" ? sha : `${sha}-dirty`;
}

/**
 * Arguments for bun that build src/main.ts into `outfile`, for this machine or for `target` (a name such as
 * "bun-linux-arm64-musl").
 */
export function buildArguments(outfile: string, target: string | undefined, sha: string): string[] {
  return [
    "build",
    "src/main.ts",
    "--compile",
    ...(target ? [`--target=${target}`] : []),
    "--production", // minified, and NODE_ENV is "production" whatever the builder's environment says
    "--bytecode", // halves the time to the first answer
    "--format=esm", // bytecode defaults to CommonJS, which has no top-level await
    "--sourcemap", // stack traces name our files and lines
    "--no-compile-autoload-dotenv", // the folder it is started in must not configure it,
    "--no-compile-autoload-bunfig", // still less run code in it (bunfig.toml's preload)
    `--define=VOICE_VERSION=${JSON.stringify(packageJson.version)}`,
    `--define=VOICE_GIT_SHA=${JSON.stringify(sha)}`,
    `--outfile=${outfile}`,
  ];
}

/**
 * Builds into `outfile`, by way of a scratch folder beside it: the source map stays behind, and a running binary can be
 * replaced. Returns bun's exit code; what bun said goes to stderr when that is not 0.
 */
export function build(outfile: string, target?: string): number {
  const folder = resolve(dirname(outfile));
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".build-"));
  try {
    const scratchFile = join(scratch, basename(outfile));
    const run = Bun.spawnSync([process.execPath, ...buildArguments(scratchFile, target, gitSha())], {
      cwd: root,
    });
    if (run.exitCode === 0) renameSync(scratchFile, resolve(outfile));
    else process.stderr.write(`${run.stdout}${run.stderr}`); // a good build's progress interests nobody
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
