// Checks of JSON that a client sent: what fields an object may have and of what kind. Not the meaning; a value that passes is a value of the API.
// The order of the checks is that of the fields, and the first that fails is the answer, as the API gives one error for an event.

import { invalidValue, missing, notAmong, type Rejection, unknownParameter, wrongType } from "../rejections.ts";

/** Looks at a value at a path, as "session.audio.input"; undefined when it will do. */
export type JsonCheck = (value: unknown, path: string) => Rejection | undefined;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any value at all: fields that this double stores and does not read. */
export const anything: JsonCheck = () => undefined;

export const string: JsonCheck = (value, path) => (typeof value === "string" ? undefined : wrongType(path, "a string", value));

/** True or false. */
export const boolean: JsonCheck = (value, path) => (typeof value === "boolean" ? undefined : wrongType(path, "a boolean", value));

/** An array whose elements all pass, named "path[0]" and so on. */
export function arrayOf(check: JsonCheck): JsonCheck {
  return (value, path) => {
    if (!Array.isArray(value)) return wrongType(path, "an array", value);
    return firstOf(value.map((element, index) => () => check(element, `${path}[${index}]`)));
  };
}

/** A number between two, both allowed. */
export function number(least: number, most: number): JsonCheck {
  return (value, path) => {
    if (typeof value !== "number") return wrongType(path, "a number", value);
    return value >= least && value <= most
      ? undefined
      : invalidValue(path, `Invalid '${path}': must be between ${least} and ${most}, but got ${value}.`);
  };
}

/** A whole number between two, both allowed. */
export function integer(least: number, most: number): JsonCheck {
  return (value, path) => (Number.isInteger(value) ? number(least, most)(value, path) : wrongType(path, "an integer", value));
}

/** One of a few strings. */
export function oneOf(...supported: readonly string[]): JsonCheck {
  return (value, path) => (typeof value === "string" && supported.includes(value) ? undefined : notAmong(path, value, supported));
}

/** Null, or what the other check takes. */
export function orNull(check: JsonCheck): JsonCheck {
  return (value, path) => (value === null ? undefined : check(value, path));
}

/** An object with these fields and no others; those named in `required` have to be there. */
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

/** An object whose `type` decides which of the checks looks at it. */
export function byType(checks: Readonly<Record<string, JsonCheck>>): JsonCheck {
  return (value, path) => {
    if (!isObject(value)) return wrongType(path, "an object", value);
    if (!Object.hasOwn(value, "type")) return missing(within(path, "type"));
    const type = value.type;
    const check = typeof type === "string" && Object.hasOwn(checks, type) ? checks[type] : undefined;
    return check === undefined ? notAmong(within(path, "type"), type, Object.keys(checks)) : check(value, path);
  };
}

/** The path of a field; an event itself has the path "". */
function within(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function firstOf(checks: readonly (() => Rejection | undefined)[]): Rejection | undefined {
  for (const check of checks) {
    const refusal = check();
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
