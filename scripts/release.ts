// Builds every platform into dist/, with SHA256SUMS and the licences of the packages, and runs the selftest of each
// binary that this machine can run: called by `./compile.sh release`. Bun downloads the runtimes of other platforms
// from the npm registry. Binaries that cannot be tested here are reported. The names are fixed: a binary's name is
// part of its bytes, so of its sum.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.ts";
import { licences, licencesText } from "./licences.ts";

const root = resolve(import.meta.dir, "..");
const dist = join(root, "dist");

/** How to run a binary here: words before its path, or why it cannot run and what would help. */
type Runner = { readonly words: readonly string[] } | { readonly missing: string };
type Release = { readonly name: string; readonly target: string; readonly runner: () => Runner };

const native = (platform: string, arch: string): Runner =>
  process.platform === platform && process.arch === arch ? { words: [] } : { missing: `needs a ${platform} ${arch} machine` };

/** musl has a loader of its own. */
const isMusl = process.platform === "linux" && existsSync(`/lib/ld-musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`);

function linuxArm64(): Runner {
  if (process.platform === "linux" && process.arch === "arm64") return { words: [] };
  const libraries = "/usr/aarch64-linux-gnu";
  const emulator = Bun.which("qemu-aarch64-static");
  if (emulator && existsSync(libraries)) return { words: [emulator, "-L", libraries] };
  return { missing: "needs apt-get install qemu-user-static libc6-arm64-cross" };
}

const musl = (arch: string): Runner => (isMusl ? native("linux", arch) : { missing: "needs a machine with musl and libstdc++ (Alpine)" });

const releases: readonly Release[] = [
  { name: "voice-linux-x64", target: "bun-linux-x64", runner: () => native("linux", "x64") },
  { name: "voice-linux-arm64", target: "bun-linux-arm64", runner: linuxArm64 },
  { name: "voice-linux-x64-musl", target: "bun-linux-x64-musl", runner: () => musl("x64") },
  { name: "voice-linux-arm64-musl", target: "bun-linux-arm64-musl", runner: () => musl("arm64") },
  { name: "voice-darwin-x64", target: "bun-darwin-x64", runner: () => native("darwin", "x64") },
  { name: "voice-darwin-arm64", target: "bun-darwin-arm64", runner: () => native("darwin", "arm64") },
  { name: "voice-windows-x64.exe", target: "bun-windows-x64", runner: () => native("win32", "x64") },
];

/**
 * Runs the selftest of one binary, and prints its output only if it fails. Emulation takes about twenty times as long.
 */
function selftest(file: string, runner: Runner): "passed" | "failed" | "skipped" {
  if ("missing" in runner) {
    console.log(`  SKIPPED its selftest: ${runner.missing}`);
    return "skipped";
  }
  const run = Bun.spawnSync([...runner.words, file, "--selftest"], { cwd: dist, timeout: 300_000, killSignal: "SIGKILL" });
  if (run.success) {
    console.log(`  selftest passed${runner.words.length > 0 ? ` (under ${runner.words.join(" ")})` : ""}`);
    return "passed";
  }
  console.log(`  FAILED its selftest: exit code ${run.exitCode}${run.signalCode ? `, ${run.signalCode}` : ""}`);
  console.log(`${run.stdout}${run.stderr}`.trim().replace(/^/gm, "    "));
  return "failed";
}

function release({ name, target, runner }: Release): { readonly line: string; readonly outcome: "passed" | "failed" | "skipped" } {
  const file = join(dist, name);
  const exitCode = build(file, target);
  if (exitCode !== 0) {
    console.log(`${name}: FAILED to build, exit code ${exitCode} (the runtime of ${target} comes from the npm registry: is it reachable?)`);
    return { line: "", outcome: "failed" };
  }
  chmodSync(file, 0o755);
  console.log(`${name}: ${Math.round(statSync(file).size / 1e6)} MB`);
  const sum = new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex");
  return { line: `${sum}  ${name}\n`, outcome: selftest(file, runner()) };
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const results = releases.map(release);
const count = (outcome: string): number => results.filter((result) => result.outcome === outcome).length;
writeFileSync(join(dist, "SHA256SUMS"), results.map(({ line }) => line).join(""));
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), licencesText(licences(root)));
console.log("licences of the packages in dist/THIRD-PARTY-LICENSES.txt");
console.log("sums in dist/SHA256SUMS; check them with: cd dist && sha256sum -c SHA256SUMS");
console.log(`selftests: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} not run here`);
process.exitCode = count("failed") > 0 ? 1 : 0;
