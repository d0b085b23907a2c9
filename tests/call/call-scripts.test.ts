// Plays every script in scripts/ and compares the effects. UPDATE_CALL_SCRIPTS=1 writes the new effects instead: review
// the diff.

import { test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { playScript } from "./call-script.ts";

const folder = new URL("./scripts/", import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith(".call"));

test("scripts: all golden conversations are found", () => assert(scripts.length >= 20, `only ${scripts.length}`));

for (const name of scripts) {
  test(`step: scripts/${name}`, () => {
    const file = new URL(name, folder);
    const expected = readFileSync(file, "utf8");
    const played = playScript(expected);
    if (process.env["UPDATE_CALL_SCRIPTS"] === "1") writeFileSync(file, played);
    else assertEquals(played, expected);
  });
}
