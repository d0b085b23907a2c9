// `voice init` and `voice schema`: the files that they write, in a folder of their own.

import { afterAll, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonSchema } from "../../src/config/agents/schema.ts";
import { templates } from "../../src/config/agents/templates.ts";

const folder = mkdtempSync(join(tmpdir(), "init-"));
afterAll(() => rmSync(folder, { recursive: true }));

function voice(...args: readonly string[]) {
  const run = Bun.spawnSync([process.execPath, `${import.meta.dir}/../../src/main.ts`, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "" },
  });
  return { exitCode: run.exitCode, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
}

const written = (name: string): string => readFileSync(join(folder, name), "utf8");

test("voice init: writes the template and the schema, and replaces a file only when told to", () => {
  assertEquals(voice("init").exitCode, 0);
  assertEquals(written("voice.toml"), templates.receptionist);
  assertEquals(JSON.parse(written("voice.schema.json")), JSON.parse(JSON.stringify(jsonSchema())));
  const again = voice("init", "--template", "minimal");
  assertEquals([again.exitCode, written("voice.toml")], [2, templates.receptionist]);
  assertStringIncludes(again.stderr, "voice init --force");
  assertEquals([voice("init", "--template", "minimal", "--force").exitCode, written("voice.toml")], [0, templates.minimal]);
});

test("voice init: a template that does not exist is an error with the names of those that do", () => {
  const { exitCode, stderr } = voice("init", "--template", "pizza");
  assertEquals(exitCode, 2);
  for (const name of Object.keys(templates)) assertStringIncludes(stderr, name);
});

test("voice schema: prints the schema", () => {
  const { exitCode, stdout } = voice("schema");
  assertEquals([exitCode, JSON.parse(stdout)], [0, JSON.parse(written("voice.schema.json"))]);
});

test("voice: mistakes of voice.toml in the working directory end the start with 2, and name line and column", () => {
  Bun.write(join(folder, "wrong.toml"), '[agents.a]\ninstructions = "x"\nvoice = "marine"\nspeeed = 1\n');
  const { exitCode, stderr } = voice("--config", "wrong.toml");
  assertEquals(exitCode, 2);
  assert(stderr.includes("wrong.toml:3:1: agents.a.voice") && stderr.includes("wrong.toml:4:1: agents.a.speeed"), stderr);
});
