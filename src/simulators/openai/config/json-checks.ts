// Checks of the JSON that a client sent: which fields an object may have, and their types. A value that passes is valid
// for the API. Fields are checked in the order they were sent, and the first error is the answer: the API reports one
// error per event.

import { invalidValue, missing, notAmong, type Rejection, unknownParameter, wrongType } from "../rejections.ts";

/** Checks the value at a path such as "session.audio.input". Undefined: the value is valid. */
export type JsonCheck = (value: unknown, path: string) => Rejection | undefined;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Accepts any value: for fields that the simulator stores but does not read. */
export const anything: JsonCheck = () => undefined;

export const string: JsonCheck = (value, path) => (typeof value === "string" ? undefined : wrongType(path, "a string", value));

export const boolean: JsonCheck = (value, path) => (typeof value === "boolean" ? undefined : wrongType(path, "a boolean", value));

/** An array whose elements all pass `check`. Their paths are "path[0]" and so on. */
export function arrayOf(check: JsonCheck): JsonCheck {
  return (value, path) => {
    if (!Array.isArray(value)) return wrongType(path, "an array", value);
    return firstOf(value.map((element, index) => () => check(element, `${path}[${index}]`)));
  };
}

/** A number from `least` to `most`. */
export function number(least: number, most: number): JsonCheck {
  return (value, path) => {
    if (typeof value !== "number") return wrongType(path, "a number", value);
    return value >= least && value <= most
      ? undefined
      : invalidValue(path, `Invalid '${path}': must be between ${least} and ${most}, but got ${value}.`);
  };
}

/** An integer from `least` to `most`. */
export function integer(least: number, most: number): JsonCheck {
  return (value, path) => (Number.isInteger(value) ? number(least, most)(value, path) : wrongType(path, "an integer", value));
}

export function oneOf(...supported: readonly string[]): JsonCheck {
  return (value, path) => (typeof value === "string" && supported.includes(value) ? undefined : notAmong(path, value, supported));
}

export function orNull(check: JsonCheck): JsonCheck {
  return (value, path) => (value === null ? undefined : check(value, path));
}

/** An object with these fields and no others. The fields in `required` must be present. */
export function object(fields: Readonly<Record<string, JsonCheck>>, required: readonly string[] = []): JsonCheck {
  return (value, path) => {
    if (!isObject(value)) return wrongType(path, "an object", value);
    const absent = required.find((name) => !Object.hasOwn(value, name));
    if (absent !== undefined) return missing(within(path, absent));
    return firstOf(
      Object.keys(value).map((name) => () => {
        const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
        return check === undefined ? unknownParameter(within(path, name)) : check(value[name], within(path, name));
      }),
    );
  };
}

/** An object that is checked by the check for its `type`. */
export function byType(checks: Readonly<Record<string, JsonCheck>>): JsonCheck {
  return (value, path) => {
    if (!isObject(value)) return wrongType(path, "an object", value);
    if (!Object.hasOwn(value, "type")) return missing(within(path, "type"));
    const type = value.type;
    const check = typeof type === "string" && Object.hasOwn(checks, type) ? checks[type] : undefined;
    return check === undefined ? notAmong(within(path, "type"), type, Object.keys(checks)) : check(value, path);
  };
}

/** The path of a field. An event itself has the path "". */
function within(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function firstOf(checks: readonly (() => Rejection | undefined)[]): Rejection | undefined {
  for (const check of checks) {
    const rejection = check();
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}
