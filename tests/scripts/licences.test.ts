// The licences of what is in the executable.

import { test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import packageJson from "../../package.json" with { type: "json" };
import { licences, licencesText } from "../../scripts/licences.ts";

const all = licences(join(import.meta.dir, "../.."));
/** Licences under which a program may be given away, if their text comes with it. */
const ALLOWED = ["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"];

test("licences: of every dependency and of what those need, once, and of no tool", () => {
  const names = all.map(({ name }) => name);
  assertEquals(
    Object.keys(packageJson.dependencies).filter((name) => !names.includes(name)),
    [],
  );
  assert(names.includes("tdigest"), "prom-client needs it");
  assertEquals(
    Object.keys(packageJson.devDependencies).filter((name) => names.includes(name)),
    [],
  );
  assertEquals(new Set(all.map(({ name, version }) => `${name} ${version}`)).size, all.length);
});

test("licences: each is one that may be shipped", () => {
  assertEquals(
    all.filter(({ licence }) => !ALLOWED.includes(licence)).map(({ name, licence }) => `${name}: ${licence}`),
    [],
  );
});

test("licencesText: every package with its licence, and the whole text where it has one", () => {
  const text = licencesText(all);
  for (const { name, version, licence, text: own } of all) {
    assert(text.includes(`${name} ${version} (${licence})`), name);
    assert(own === undefined || text.includes(own), name);
  }
  assert(all.filter(({ text: own }) => own !== undefined).length > all.length * 0.9);
  assertEquals(
    licencesText([{ name: "a", version: "1.0.0", licence: "MIT", text: undefined, source: "https://a.example" }])
      .split("\n")
      .slice(3),
    ["a 1.0.0 (MIT)", "https://a.example", "", "The package has no licence file.", ""],
  );
});
