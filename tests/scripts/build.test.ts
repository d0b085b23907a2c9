// The flags of a build that decide how the binary behaves. Reproducibility: tests/e2e/reproducible.test.ts.

import { test } from "bun:test";
import { assertArrayIncludes, assertMatch, assertNotMatch } from "@std/assert";
import { buildArguments, gitSha } from "../../scripts/build.ts";

test("buildArguments: minified bytecode with a source map, not configured by the working folder", () => {
  const words = buildArguments("/tmp/voice", undefined, "abc");
  assertArrayIncludes(words, ["--compile", "--production", "--bytecode", "--format=esm", "--sourcemap"]);
  assertArrayIncludes(words, ["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig", "--outfile=/tmp/voice"]);
  assertArrayIncludes(words, ['--define=VOICE_GIT_SHA="abc"']);
  assertMatch(words.join("\n"), /--define=VOICE_VERSION="\d+\.\d+\.\d+"/);
  assertNotMatch(words.join("\n"), /--target/);
});

test("buildArguments: --target for another platform", () => {
  assertArrayIncludes(buildArguments("/tmp/voice", "bun-linux-arm64", "abc"), ["--target=bun-linux-arm64"]);
});

test("gitSha: the commit, with -dirty for a changed tree, or unknown", () => {
  assertMatch(gitSha(), /^([0-9a-f]{12}(-dirty)?|unknown)$/);
});
