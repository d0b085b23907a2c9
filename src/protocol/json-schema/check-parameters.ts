// Checks the JSON Schema of a tool's arguments when they are configured, so that no mistake waits for a call. Patterns
// that could block the process are refused: a regular expression cannot be stopped, and the model chooses its text.

import { boundedPattern, MAX_PATTERN_TEXT_CHARS } from "./pattern-cost.ts";

type SchemaPath = readonly (string | number)[];

export interface ParametersProblem {
  readonly path: SchemaPath;
  readonly expected: string;
  readonly hint: string;
}

type Keywords = Readonly<Record<string, unknown>>;

/** Types of JSON Schema: https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1 */
const types: readonly unknown[] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/** Keywords whose value is a schema, a list of them, or a table of them. https://json-schema.org/draft/2020-12/json-schema-core */
const ofSchema: readonly string[] = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];
const ofList: readonly string[] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const ofTable: readonly string[] = ["properties", "$defs", "definitions", "dependentSchemas"];

/** Every part of a schema that is wrong. `schema`: of any shape, not nested deeply. */
export function checkParameters(schema: Keywords): readonly ParametersProblem[] {
  const problems: ParametersProblem[] = [];
  const wrong = (path: SchemaPath, expected: string, hint = "see https://json-schema.org/understanding-json-schema"): void =>
    void problems.push({ path, expected, hint });
  const visit = (node: unknown, path: SchemaPath): void => {
    if (isTable(node)) visitTable(node, path);
    else if (typeof node !== "boolean") wrong(path, "a schema: { type = ... }");
  };
  const visitTable = (node: Keywords, path: SchemaPath): void => {
    checkKeywords(node, schema, (key, expected, hint) => wrong([...path, key], expected, hint));
    for (const key of ofSchema) if (key in node) visit(node[key], [...path, key]);
    for (const key of ofList) {
      const parts = node[key] ?? [];
      if (Array.isArray(parts)) for (const [index, part] of parts.entries()) visit(part, [...path, key, index]);
      else wrong([...path, key], "a list of schemas");
    }
    for (const key of ofTable) {
      const parts = node[key] ?? {};
      if (isTable(parts)) for (const [name, part] of Object.entries(parts)) visit(part, [...path, key, name]);
      else wrong([...path, key], "a table of schemas");
    }
  };
  visit(schema, []);
  return problems;
}

/**
 * The same schema, in which a pattern is tried with texts of at most {@link MAX_PATTERN_TEXT_CHARS}: longer ones do not
 * fit.
 */
export function withBoundedPatterns(schema: Keywords): Record<string, unknown> {
  const inner = (node: unknown): unknown => (isTable(node) ? withBoundedPatterns(node) : node);
  const bounded = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (ofSchema.includes(key)) return [key, inner(value)];
    if (ofList.includes(key) && Array.isArray(value)) return [key, value.map(inner)];
    if (ofTable.includes(key) && isTable(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inner(part)]))];
    return [key, value];
  });
  const { pattern, ...rest } = Object.fromEntries(bounded);
  if (pattern === undefined) return rest;
  const isShort = { maxLength: MAX_PATTERN_TEXT_CHARS };
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { ...rest, allOf: [...(Array.isArray(rest["allOf"]) ? rest["allOf"] : []), { if: isShort, then: { pattern }, else: isShort }] };
}

function checkKeywords(node: Keywords, root: Keywords, wrong: (key: string, expected: string, hint?: string) => void): void {
  const { type, required, pattern, $ref } = node;
  if (type !== undefined && ![type].flat().every((one) => types.includes(one)))
    wrong("type", `one of ${types.join(", ")}`, "choose one of them");
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === "string"))) {
    wrong("required", "a list of names", 'try ["phone"]');
  }
  const bounded = typeof pattern === "string" ? boundedPattern(pattern) : undefined;
  if (bounded !== undefined && typeof bounded !== "string") wrong("pattern", bounded.expected, bounded.hint);
  if (pattern !== undefined && typeof pattern !== "string")
    wrong("pattern", "text in quotation marks", "put the value into quotation marks");
  if ("patternProperties" in node) wrong("patternProperties", "properties with names", "list the names in properties");
  if ($ref !== undefined && !isFound($ref, root)) wrong("$ref", "#, or #/$defs/NAME of this schema", "define it in $defs");
}

function isTable(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFound(reference: unknown, root: Keywords): boolean {
  if (reference === "#") return true;
  const [, table = "", name = ""] = /^#\/(\$defs|definitions)\/([\w-]+)$/.exec(String(reference)) ?? [];
  const defined = root[table];
  return isTable(defined) && Object.hasOwn(defined, name);
}
