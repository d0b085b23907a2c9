// Reads typed fields out of parsed JSON. Not a schema: each parser says which fields it needs and what it makes of them.
// The first complaint is kept instead of thrown, so that a parser reads straight on and asks once, at its end.

import type { Bad } from "./bad.ts";

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names what kind of JSON value came, for complaints, without showing it: "nothing", "null", "array", "string", ... */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Parses JSON; undefined when the text is not JSON (no JSON text means undefined). Never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A SyntaxError, or the stack's end on deep nesting. Nothing else can come out of JSON.parse, and its message quotes the payload.
    return undefined;
  }
}

/** Whether a text is padded base64 (RFC 4648 section 4); the empty text is. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && base64Pattern.test(text);
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
const decimalPattern = /^\d{1,15}$/;

/** The fields of one JSON object, read by name. A class because the first complaint is shared by the objects read through it. */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #complaints: string[];

  /** `path` is the prefix of names in complaints, "" at the top. */
  constructor(object: JsonObject, path = "", complaints: string[] = []) {
    this.#object = object;
    this.#path = path;
    this.#complaints = complaints;
  }

  /** The first complaint so far, undefined when all was well. */
  get bad(): Bad | undefined {
    const bad = this.#complaints[0];
    return bad === undefined ? undefined : { bad };
  }

  /** Notes that a field is not what it has to be. `got` must not show what a caller or the model said. */
  complain(name: string, expected: string, got: string): void {
    if (this.#complaints.length === 0) this.#complaints.push(`${this.#path}${name}: expected ${expected}, got ${got}`);
  }

  /** A string; "" after a complaint. */
  string(name: string): string {
    const value = this.#object[name];
    if (typeof value === "string") return value;
    this.complain(name, "a string", kindOf(value));
    return "";
  }

  /** A string that names something: not empty. */
  name(name: string): string {
    const value = this.string(name);
    if (value === "") this.complain(name, "a non-empty string", "an empty one");
    return value;
  }

  /** An identifier that a server may leave out or null: "" then. */
  id(name: string): string {
    return this.has(name) ? this.string(name) : "";
  }

  /** A string of padded base64, not decoded. */
  base64(name: string): string {
    const value = this.string(name);
    if (!isBase64(value)) this.complain(name, "base64", `${value.length} characters that are not`);
    return value;
  }

  /** A whole number from 0 on, as a decimal string or as a number; 0 after a complaint. */
  counter(name: string): number {
    const value = this.#object[name];
    if (typeof value === "string" && decimalPattern.test(value)) return Number(value);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    this.complain(name, "a decimal string", typeof value === "string" ? "another string" : kindOf(value));
    return 0;
  }

  /** A finite number; 0 after a complaint. */
  number(name: string): number {
    const value = this.#object[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.complain(name, "a number", kindOf(value));
    return 0;
  }

  /** An array of strings; empty after a complaint. */
  strings(name: string): readonly string[] {
    const value = this.#object[name];
    if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
    this.complain(name, "an array of strings", Array.isArray(value) ? "an array of something else" : kindOf(value));
    return [];
  }

  /** An object whose values are all strings; empty when it is absent, or after a complaint. */
  dictionary(name: string): Readonly<Record<string, string>> {
    const value = this.#object[name];
    if (value === undefined || value === null) return {};
    if (isObject(value) && Object.values(value).every((entry) => typeof entry === "string")) return value as Record<string, string>;
    this.complain(name, "an object of strings", isObject(value) ? "an object of something else" : kindOf(value));
    return {};
  }

  /** The fields of a nested object; those of an empty one after a complaint. */
  object(name: string): Fields {
    const value = this.#object[name];
    if (!isObject(value)) this.complain(name, "an object", kindOf(value));
    return new Fields(isObject(value) ? value : {}, `${this.#path}${name}.`, this.#complaints);
  }

  /** Whether there is a field of this name that is not null. */
  has(name: string): boolean {
    return this.#object[name] !== undefined && this.#object[name] !== null;
  }

  /** The fields of a nested object that may be missing: those of an empty one when it is, or is something else. Never complains. */
  maybeObject(name: string): Fields {
    const value = this.#object[name];
    return new Fields(isObject(value) ? value : {}, `${this.#path}${name}.`, this.#complaints);
  }

  /** A string that may be missing, null or of another kind: undefined then. Never complains. */
  maybeString(name: string): string | undefined {
    const value = this.#object[name];
    return typeof value === "string" ? value : undefined;
  }

  /** A finite number that may be missing, null or of another kind: undefined then. Never complains. */
  maybeNumber(name: string): number | undefined {
    const value = this.#object[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  }

  /** Complains when there is a field that is not among `known`. */
  only(known: readonly string[]): void {
    if (Object.keys(this.#object).some((name) => !known.includes(name))) this.complain("fields", `only ${known.join(", ")}`, "another too");
  }
}
