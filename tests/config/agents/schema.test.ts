// The schema of voice.toml: every key is described, and docs/agents.md has the table made from it, which UPDATE_DOCS=1
// writes.

import { test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { jsonSchema } from "../../../src/config/agents/schema.ts";

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Key {
  readonly path: string;
  readonly value: string;
  readonly description: string;
}

/** Every key below a table, the alternatives of a value included. */
function keysOf(node: Node, path: string): readonly Key[] {
  const inside = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === "" ? name : `${path}.${name}`;
    return [{ path: childPath, value: valueText(child), description: child.description ?? "" }, ...keysOf(child, childPath)];
  });
  const named =
    typeof node.additionalProperties === "object"
      ? keysOf(node.additionalProperties, `${path}.${path === "numbers" ? "NUMBER" : "NAME"}`)
      : [];
  const alternatives = (node.anyOf ?? []).flatMap((one) => keysOf(one, path));
  return [...inside, ...named, ...alternatives];
}

function valueText({ type, anyOf, items, minimum, maximum, ...node }: Node): string {
  if (anyOf !== undefined) return [...new Set(anyOf.map(valueText))].join(" or ");
  if (node.enum !== undefined) return node.enum.join(", ");
  if (node.const !== undefined) return String(node.const);
  if (type === "array") return `list of: ${valueText(items ?? {})}`;
  if (type === "object") return "table";
  if (type === "string") return "text";
  return minimum === undefined || maximum === undefined ? (type ?? "") : `${minimum} to ${maximum}`;
}

const keys = keysOf(jsonSchema() as Node, "");

test("jsonSchema: every key has a description", () => {
  for (const { path, description } of keys) assert(description.length > 10, path);
});

test("jsonSchema: tables take no other keys", () => {
  // The schema of a tool's arguments is the operator's own.
  const text = JSON.stringify(jsonSchema(), (key, value) => (key === "parameters" ? undefined : value));
  assert(!text.includes('"additionalProperties":true') && !text.includes('"additionalProperties":{}'));
});

const begin = "<!-- generated from src/config/agents/schema.ts: UPDATE_DOCS=1 bun test tests/config/agents/schema.test.ts -->";
const end = "<!-- end of the generated table -->";

test("docs/agents.md: the table of keys is that of src/config/agents/schema.ts", () => {
  const file = new URL("../../../docs/agents.md", import.meta.url);
  const text = readFileSync(file, "utf8");
  const rows = keys.map(({ path, value, description }) => `| \`${path}\` | ${value} | ${description.replaceAll("|", "\\|")} |\n`);
  const table = `| key | value | meaning |\n|---|---|---|\n${rows.join("")}`;
  const [before, rest] = text.split(`${begin}\n`);
  const rendered = `${before}${begin}\n${table}${end}\n${rest?.split(`${end}\n`)[1]}`;
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, rendered);
  else assertEquals(text, rendered);
});
