// Every scripts/*.call is played, and what the call orders must be what the script says. UPDATE_CALL_SCRIPTS=1 writes what came instead: read the diff.

import { test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { playScript } from "./call-script.ts";

const folder = new URL("./scripts/", import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith(".call"));

test("scripts: there are golden conversations", () => assert(scripts.length >= 20, `only ${scripts.length}`));

for (const name of scripts) {
  test(`step: ${name.replace(".call", "")} goes as scripts/${name} says`, () => {
    const file = new URL(name, folder);
    const expected = readFileSync(file, "utf8");
    const played = playScript(expected);
    if (process.env["UPDATE_CALL_SCRIPTS"] === "1") writeFileSync(file, played);
    else assertEquals(played, expected);
  });
}
