// What zod found wrong with a value of voice.toml, in the words of voice's other mistakes: what was expected, and what
// to try.

import type * as z from "zod";
import { distance, nearest } from "../values.ts";

type Issue = z.core.$ZodIssue;

/** One thing that is wrong, at a path of the file. */
export interface DescribedIssue {
  readonly path: readonly (string | number)[];
  /** "a number from 0 to 1"; undefined for a key that does not exist. */
  readonly expected: string | undefined;
  readonly hint: string;
}

/** Letters that may be wrong in a key for a suggestion. */
const MAX_DISTANCE = 3;
/** No key is that long. */
const MAX_COMPARED_CHARS = 64;

const kinds: Readonly<Record<string, string>> = {
  string: "text in quotation marks",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list: [ ... ]",
  object: "a table: { ... }",
  record: "a table",
};

/** `knownKeys` gives the keys that a table at a path may have. */
export function describeIssue(issue: Issue, knownKeys: (path: DescribedIssue["path"]) => readonly string[]): readonly DescribedIssue[] {
  const path = issue.path as DescribedIssue["path"];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], knownKeys(path)));
    case "invalid_union":
      return describeUnion(issue, knownKeys);
    case "invalid_key":
      return [{ path, expected: expectedName(path), hint: "rename it" }];
    default:
      return [{ path, ...describeValue(issue) }];
  }
}

function expectedName([table, , ...rest]: DescribedIssue["path"]): string {
  if (rest[0] === "http") return "a header's name";
  if (rest[0] === "keys") return "a key of the telephone: 0-9, *, # or A-D";
  return table === "agents"
    ? "a small letter, then at most 31 small letters, digits and _"
    : "a letter, then at most 63 letters, digits, _ and -";
}

function unknownKey(path: DescribedIssue["path"], known: readonly string[]): DescribedIssue {
  const name = String(path.at(-1));
  // A key of another alternative.
  if (known.includes(name)) return { path, expected: `only one of ${known.join(", ")}`, hint: "remove it, or the other one" };
  const close = name.length > MAX_COMPARED_CHARS ? "" : nearest(name, known);
  const hint = close !== "" && distance(name, close) <= MAX_DISTANCE ? `did you mean ${close}?` : `known keys: ${known.join(", ")}`;
  return { path, expected: undefined, hint };
}

/**
 * Of the alternatives, the one that the value comes closest to: where it is of the right kind and something inside is
 * wrong.
 */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, knownKeys: Parameters<typeof describeIssue>[1]) {
  const path = issue.path as DescribedIssue["path"];
  const isOfOtherKind = (issues: readonly Issue[]): boolean => issues.some((one) => one.code === "invalid_type" && one.path.length === 0);
  const fitting = issue.errors.filter((issues) => !isOfOtherKind(issues));
  // With several tables to choose from, none of which has the key, all their keys are known ones.
  const [best] = fitting.toSorted((one, other) => weight(one) - weight(other));
  if (best !== undefined) return best.flatMap((one) => describeIssue({ ...one, path: [...path, ...one.path] } as Issue, knownKeys));
  const expected = [...new Set(issue.errors.flat().map((one) => describeValue(one).expected))].join(" or ");
  return [{ path, expected, hint: "docs/agents.md lists every key with its values" }];
}

/** A table whose keys are all unknown or missing is not the one that was meant. */
function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, { code, path }) => sum + (code === "unrecognized_keys" ? 10 : path.length > 0 ? 1 : 5), 0);
}

function describeValue(issue: Issue): { readonly expected: string; readonly hint: string } {
  switch (issue.code) {
    case "invalid_type":
      return { expected: kinds[issue.expected] ?? issue.expected, hint: hintForKind(issue.expected) };
    case "invalid_value":
      return describeChoice(issue.values.map(String));
    case "too_small":
    case "too_big":
      return describeSize(issue);
    case "custom":
      return { expected: issue.message, hint: String(issue.params?.["hint"] ?? "docs/agents.md lists every key with its values") };
    default:
      return { expected: issue.message, hint: "docs/agents.md lists every key with its values" };
  }
}

function describeChoice(values: readonly string[]): { readonly expected: string; readonly hint: string } {
  const expected = values.join(", ").replace(/, ([^,]*)$/, " or $1");
  return { expected, hint: values.length === 1 ? `write ${expected}, or remove the key` : "choose one of them" };
}

function hintForKind(kind: string): string {
  if (kind === "string") return "put the value into quotation marks";
  if (kind === "int") return "write it without a fraction and without quotation marks";
  return kind === "number" || kind === "boolean" ? "write it without quotation marks" : "see docs/agents.md";
}

function describeSize(issue: Extract<Issue, { code: "too_small" | "too_big" }>): { readonly expected: string; readonly hint: string } {
  const isSmall = issue.code === "too_small";
  const limit = String(isSmall ? issue.minimum : issue.maximum);
  const unit = { string: " characters", array: " entries" }[issue.origin as string] ?? "";
  if (isSmall && unit !== "" && limit === "1") {
    return { expected: issue.origin === "string" ? "some text" : "at least one entry", hint: "fill it in, or remove the key" };
  }
  const hint = unit === "" ? `try ${limit}` : isSmall ? "add some" : "shorten it";
  return { expected: `at ${isSmall ? "least" : "most"} ${limit}${unit}`, hint };
}
