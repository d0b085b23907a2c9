// What TOML can write and no key of voice.toml takes: dates, numbers without a value, and the name that JavaScript
// objects treat apart. Found before the keys are checked: zod takes a date for a table, and leaves the name out.

import type { DescribedIssue } from "./describe-issue.ts";
import type { TomlPath } from "./toml-positions.ts";

/** Tables and lists inside of each other. The parser has no limit for dotted keys. */
export const MAX_DEPTH = 64;

/** Where a document is nested deeper than {@link MAX_DEPTH}; undefined: nowhere. */
export function tooDeep(value: unknown, depth = 0): TomlPath | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === MAX_DEPTH) return [];
  for (const [key, part] of Object.entries(value)) {
    const path = tooDeep(part, depth + 1);
    if (path !== undefined) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

/** `document` is the file as parsed, and not {@link tooDeep}. */
export function oddValues(document: unknown): readonly DescribedIssue[] {
  const issues: DescribedIssue[] = [];
  const visit = (value: unknown, path: TomlPath): void => {
    if (path.at(-1) === "__proto__") issues.push({ path, expected: "another name", hint: "rename it" });
    else if (value instanceof Date) {
      issues.push({ path, expected: "text, a number, true, false, a list or a table", hint: "put dates and times into quotation marks" });
    } else if (typeof value === "number" && !Number.isFinite(value)) {
      issues.push({ path, expected: "a finite number", hint: "write it in digits, or remove the key" });
    } else if (Array.isArray(value)) for (const [index, entry] of value.entries()) visit(entry, [...path, index]);
    else if (typeof value === "object" && value !== null) for (const [key, entry] of Object.entries(value)) visit(entry, [...path, key]);
  };
  visit(document, []);
  return issues;
}

/** The mistakes without those that are about the same values, or about parts of them. */
export function withoutRepeats(issues: readonly DescribedIssue[], odd: readonly DescribedIssue[]): readonly DescribedIssue[] {
  const isOdd = (path: TomlPath): boolean => odd.some((one) => one.path.every((key, index) => path[index] === key));
  return odd.length === 0 ? issues : issues.filter(({ path }) => !isOdd(path));
}
