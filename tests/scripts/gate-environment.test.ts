// No variable of the shell in which the gate is started may change what the gate finds.

import { test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gateEnvironment } from "../../scripts/gate-environment.ts";
import { configKeys } from "../../src/config/config.ts";

const root = resolve(import.meta.dir, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Variables that a test reads by name. */
const switches = readdirSync(join(root, "tests"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) => [...read(`tests/${path}`).matchAll(/process\.env(?:\["(\w+)"\]|\.(\w+))/g)])
  .map((match) => match[1] ?? match[2] ?? "")
  .filter((name) => !["PATH", "HOME"].includes(name));

test("gateEnvironment: clears every switch that a test reads, such as UPDATE_CALL_SCRIPTS", () => {
  assert(switches.includes("UPDATE_CALL_SCRIPTS"));
  for (const name of switches) assertEquals(gateEnvironment({ [name]: "1" }), { NO_COLOR: "1" }, name);
});

test("gateEnvironment: clears every setting of voice", () => {
  for (const { key } of configKeys) assertEquals(gateEnvironment({ [key]: "1" }), { NO_COLOR: "1" }, key);
});

test("gateEnvironment: passes on what programs need to run and to reach a registry", () => {
  const needed = {
    PATH: "/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
    https_proxy: "http://proxy:3128",
    npm_config_registry: "https://npm.example",
  };
  assertEquals(gateEnvironment({ ...needed, UNSET: undefined }), { ...needed, NO_COLOR: "1" });
});

test("gate.ts: passes its steps nothing else", () => {
  const gate = read("scripts/gate.ts");
  assertStringIncludes(gate, "env: gateEnvironment(process.env)");
  assertEquals([...gate.matchAll(/\benv:/g)].length, 1);
  assertEquals([...gate.matchAll(/Bun\.spawn/g)].length, 1);
});
