// The table of settings in docs/operations.md is generated from src/config/keys.ts. UPDATE_DOCS=1 regenerates it.

import { test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { assertEquals } from "@std/assert";
import { configKeys } from "../../src/config/config.ts";
import type { ConfigKey } from "../../src/config/keys.ts";

const begin = "<!-- generated from src/config/keys.ts: UPDATE_DOCS=1 bun test tests/config/keys-table.test.ts -->";
const end = "<!-- end of the generated table -->";

function row({ key, flag, default: preset, what }: ConfigKey): string {
  const shown = preset.includes("\n") ? "`src/config/keys.ts`" : preset.includes(" ") || preset === "" ? preset : `\`${preset}\``;
  return `| \`${key}\` | ${flag === undefined ? "" : `\`${flag}\``} | ${shown} | ${what} |`.replaceAll(/ {2,}/g, " ");
}

test("docs/operations.md: the table of settings is that of src/config/keys.ts", () => {
  const file = new URL("../../docs/operations.md", import.meta.url);
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(`${begin}\n`);
  const after = rest?.split(`${end}\n`)[1];
  const table = ["| setting | flag | default | meaning |", "|---|---|---|---|", ...configKeys.map(row), ""].join("\n");
  const rendered = `${before}${begin}\n${table}${end}\n${after}`;
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, rendered);
  else assertEquals(text, rendered);
});
