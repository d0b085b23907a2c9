// The same sources make the same bytes: built twice into two folders, and from a copy of the tree at another path. So
// neither a clock nor a folder's name is in the binary. Only the file's name may be (scripts/build.ts).

import { afterAll, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { assert, assertEquals } from "@std/assert";

const root = resolve(import.meta.dir, "../..");
const scratch = mkdtempSync(join(tmpdir(), "voice-reproducible-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What the build reads. The gate's tools are large and not needed for it. */
const ingredients = ["package.json", "bun.lock", "tsconfig.json", "bunfig.toml", "scripts", "src"];
const tools = ["deno", "@deno", "@biomejs", "typescript", "@typescript", "bun-types", ".bin"];

/** Builds from `tree` into a fresh folder, and returns the binary's path. */
function build(tree: string, folder: string, sha?: string): string {
  const outfile = join(scratch, folder, "voice");
  const run = Bun.spawnSync([process.execPath, join(tree, "scripts/build.ts"), "--outfile", outfile], {
    cwd: scratch,
    stdout: "ignore",
    stderr: "pipe",
    env: { ...process.env, ...(sha === undefined ? {} : { VOICE_GIT_SHA: sha }) },
  });
  assertEquals(run.exitCode, 0, run.stderr.toString());
  return outfile;
}

const sum = (file: string): string => new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex");

function copyTree(to: string): string {
  for (const name of ingredients) cpSync(join(root, name), join(to, name), { recursive: true });
  const filter = (path: string): boolean => !tools.includes(basename(path)) || !path.endsWith(join("node_modules", basename(path)));
  cpSync(join(root, "node_modules"), join(to, "node_modules"), { recursive: true, filter });
  return to;
}

test("build: two builds into two folders have the same sum, and nothing else is left there", () => {
  const [first, second] = [build(root, "one", "test"), build(root, "another/deeper", "test")];
  assertEquals(sum(first), sum(second));
  assertEquals(readdirSync(join(scratch, "one")), ["voice"]);
  assert(!readFileSync(first).includes(`${root}/src`), "the binary contains the project's path");
}, 120_000);

test("build: a copy of the tree at another path has the same sum", () => {
  const copy = build(copyTree(join(scratch, "some/other/tree")), "copied", "test");
  assertEquals(sum(copy), sum(build(root, "original", "test")));
}, 120_000);
