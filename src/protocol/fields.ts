// Reads typed fields from parsed JSON. Not a schema: each parser reads the fields it needs. A mismatch is kept, not
// thrown, so that a parser can read on and check once at its end; the first one counts.

import type { Bad } from "./bad.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a JSON value, for messages that must not show it: "nothing", "null", "array", "string", ... */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Undefined when the text is not JSON. Never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse throws only SyntaxError, whose message quotes the payload, and RangeError for deep nesting.
    return undefined;
  }
}

/** Padded base64 (RFC 4648 section 4). The empty text is valid. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && base64Pattern.test(text);
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
const decimalPattern = /^\d{1,15}$/;

/** The fields of one JSON object. A class because nested objects share its list of problems. */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #problems: string[];

  /** `path`: the prefix of names in problems, "" at the top. */
  constructor(object: JsonObject, path = "", problems: string[] = []) {
    this.#object = object;
    this.#path = path;
    this.#problems = problems;
  }

  /** The first problem so far. */
  get bad(): Bad | undefined {
    const bad = this.#problems[0];
    return bad === undefined ? undefined : { bad };
  }

  /** Notes that a field has a wrong value. `got` must not show what a caller or the model said. */
  mismatch(name: string, expected: string, got: string): void {
    if (this.#problems.length === 0) this.#problems.push(`${this.#path}${name}: expected ${expected}, got ${got}`);
  }

  /** "" after a mismatch. */
  string(name: string): string {
    const value = this.#object[name];
    if (typeof value === "string") return value;
    this.mismatch(name, "a string", kindOf(value));
    return "";
  }

  /** A non-empty string. */
  name(name: string): string {
    const value = this.string(name);
    if (value === "") this.mismatch(name, "a non-empty string", "an empty one");
    return value;
  }

  /** A string that may be missing or null, "" then. */
  id(name: string): string {
    return this.has(name) ? this.string(name) : "";
  }

  /** Padded base64, not decoded. */
  base64(name: string): string {
    const value = this.string(name);
    if (!isBase64(value)) this.mismatch(name, "base64", `${value.length} characters that are not`);
    return value;
  }

  /** A whole number from 0, as a decimal string or a number; 0 after a mismatch. */
  counter(name: string): number {
    const value = this.#object[name];
    if (typeof value === "string" && decimalPattern.test(value)) return Number(value);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    this.mismatch(name, "a decimal string", typeof value === "string" ? "another string" : kindOf(value));
    return 0;
  }

  /** A finite number; 0 after a mismatch. */
  number(name: string): number {
    const value = this.#object[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.mismatch(name, "a number", kindOf(value));
    return 0;
  }

  /** Empty after a mismatch. */
  strings(name: string): readonly string[] {
    const value = this.#object[name];
    if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
    this.mismatch(name, "an array of strings", Array.isArray(value) ? "an array of something else" : kindOf(value));
    return [];
  }

  /** An object of strings; empty when it is missing or null, and after a mismatch. */
  dictionary(name: string): Readonly<Record<string, string>> {
    const value = this.#object[name];
    if (value === undefined || value === null) return {};
    if (isObject(value) && Object.values(value).every((entry) => typeof entry === "string")) return value as Record<string, string>;
    this.mismatch(name, "an object of strings", isObject(value) ? "an object of something else" : kindOf(value));
    return {};
  }

  /** A nested object; an empty one after a mismatch. */
  object(name: string): Fields {
    const value = this.#object[name];
    if (!isObject(value)) this.mismatch(name, "an object", kindOf(value));
    return new Fields(isObject(value) ? value : {}, `${this.#path}${name}.`, this.#problems);
  }

  /** Whether the field exists and is not null. */
  has(name: string): boolean {
    return this.#object[name] !== undefined && this.#object[name] !== null;
  }

  /** A nested object; an empty one when it is missing or something else. Never a mismatch. */
  maybeObject(name: string): Fields {
    const value = this.#object[name];
    return new Fields(isObject(value) ? value : {}, `${this.#path}${name}.`, this.#problems);
  }

  /** The objects in an array; none when it is missing or something else. Never a mismatch. */
  maybeObjects(name: string): readonly Fields[] {
    const value = this.#object[name];
    const objects = Array.isArray(value) ? value.filter(isObject) : [];
    return objects.map((object) => new Fields(object, `${this.#path}${name}[].`, this.#problems));
  }

  /** Undefined when it is missing or something else. Never a mismatch. */
  maybeString(name: string): string | undefined {
    const value = this.#object[name];
    return typeof value === "string" ? value : undefined;
  }

  /** Undefined when it is missing or something else. Never a mismatch. */
  maybeNumber(name: string): number | undefined {
    const value = this.#object[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  }

  /** Notes a mismatch when there is a field that is not in `known`. */
  only(known: readonly string[]): void {
    if (Object.keys(this.#object).some((name) => !known.includes(name))) this.mismatch("fields", `only ${known.join(", ")}`, "others too");
  }
}
