// A replacement for @std/assert 1.x with the same names, for networks that cannot reach JSR. Not a fork: only the
// assertions that the tests use, written from scratch to behave like the real ones. Where it is stricter
// (assertObjectMatch compares dates), it says so: a test that passes here passes there too. docs/architecture.md says
// how to map the name to the real package. Follows https://jsr.io/@std/assert.

import { inspect } from "node:util";

/** The right side of `instanceof`. `never[]` accepts every constructor. */
export type ClassOf<T> = abstract new (...args: never[]) => T;
/** The falsy values, except NaN, which has no type of its own. */
export type Falsy = false | 0 | 0n | "" | null | undefined;
type Keyed = Map<unknown, unknown> | Set<unknown>;
type Dictionary = Record<PropertyKey, unknown>;
type NumberArray = ArrayLike<number | bigint>;

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

const format = (value: unknown): string => inspect(value, { depth: 100, sorted: true, maxArrayLength: 200, maxStringLength: 10_000 });
const suffix = (msg?: string): string => (msg ? `: ${msg}` : ".");

/** Lines of `actual` (-) and `expected` (+), without common lines at the start and end. */
function difference(actual: string, expected: string): string {
  const a = actual.split("\n");
  const b = expected.split("\n");
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const mark = (sign: string, lines: string[]): string[] => lines.slice(head, lines.length - tail).map((line) => `${sign}   ${line}`);
  const where = head > 0 ? [`    (after ${head} equal lines)`] : [];
  return ["    [Diff] Actual / Expected", ...where, ...mark("-", a), ...mark("+", b)].join("\n");
}

// Equality.

const typedArray = Object.getPrototypeOf(Uint8Array) as ClassOf<NumberArray>;
/** Prototypes whose instances are compared as strings. */
const comparedAsText = new Set<unknown>([RegExp.prototype, URL.prototype, URLSearchParams.prototype, Intl.Locale.prototype]);
const isKeyed = (value: object): value is Keyed => value instanceof Map || value instanceof Set;

function samePrototype(a: object, b: object): boolean {
  const plain = (value: object): unknown => Object.getPrototypeOf(value) ?? Object.prototype;
  return plain(a) === plain(b);
}

/** Own keys and, for an instance of a class, those of its getters. Keys of Object and Array themselves are left out. */
function keysDeep(value: object): Set<PropertyKey> {
  const keys = new Set<PropertyKey>();
  let level: object | null = value;
  while (level !== null && level !== Object.prototype && level !== Array.prototype) {
    // Non-enumerable own keys (an array's length, an error's message) count only below the top of a class, as in the
    // real one.
    const own = level === value && isBasic(value) ? enumerableKeys(value) : Reflect.ownKeys(level);
    for (const key of own) keys.add(key);
    level = Object.getPrototypeOf(level) as object | null;
  }
  return keys;
}

function isBasic(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || prototype === Array.prototype;
}

function enumerableKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function sameBytes(a: NumberArray, b: NumberArray): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  return true;
}

function sameEntries(a: Keyed, b: Keyed, seen: Map<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  const others = [...b.entries()];
  return [...a.entries()].every(([key, value]) => {
    const isPrimitive = key === null || typeof key !== "object";
    if (isPrimitive) return b.has(key) && (b instanceof Set || compare(value, b.get(key), seen));
    return others.some(([otherKey, otherValue]) => compare(key, otherKey, seen) && compare(value, otherValue, seen));
  });
}

function sameProperties(a: object, b: object, seen: Map<unknown, unknown>): boolean {
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  for (const key of keysDeep(a).union(keysDeep(b))) {
    if (key in a !== key in b) return false;
    if (!compare((a as Dictionary)[key], (b as Dictionary)[key], seen)) return false;
  }
  return true;
}

function compare(a: unknown, b: unknown, seen: Map<unknown, unknown>): boolean {
  if (a === b || Object.is(a, b)) return true; // 0 equals -0 and NaN equals NaN
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (!samePrototype(a, b)) return false;
  if (a instanceof typedArray) return sameBytes(a, b as NumberArray);
  if (a instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  if (a instanceof WeakMap || a instanceof WeakSet) throw new TypeError(`Cannot compare ${a[Symbol.toStringTag]} instances`);
  if (a instanceof WeakRef) return compare(a.deref(), (b as WeakRef<WeakKey>).deref(), seen);
  if (comparedAsText.has(Object.getPrototypeOf(a))) return String(a) === String(b);
  if (seen.get(a) === b) return true; // a circle: equal as far as it has been walked
  seen.set(a, b);
  return isKeyed(a) ? sameEntries(a, b as Keyed, seen) : sameProperties(a, b, seen);
}

/**
 * Whether two values are deeply equal: same prototypes, same keys (one that is `undefined` counts), 0 equal to -0.
 * Throws TypeError on WeakMap and WeakSet.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

// Values.

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Fails unless the two are deeply equal; the message shows the lines that differ. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(format(actual), format(expected))}`);
}

/** Fails when the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(`Expected actual: ${format(actual)} not to be: ${format(expected)}${suffix(msg)}`);
}

/** Fails unless the two are the same value by Object.is: here 0 and -0 differ. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const [a, b] = [format(actual), format(expected)];
  if (a === b) throw new AssertionError(`Values have the same structure but are not reference-equal${suffix(msg)}\n\n    ${a}\n`);
  throw new AssertionError(`Values are not strictly equal${suffix(msg)}\n${difference(a, b)}`);
}

/** Fails on null and undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(`Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`);
}

/** Fails unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T>(actual: unknown, expectedType: ClassOf<T>, msg?: string): asserts actual is T {
  if (actual instanceof expectedType) return;
  const was =
    actual !== null && typeof actual === "object" ? (actual.constructor?.name ?? "Object") : actual === null ? "null" : typeof actual;
  throw new AssertionError(`Expected object to be an instance of "${expectedType.name}" but was "${was}"${suffix(msg)}`);
}

// Numbers.

/**
 * Fails unless the two differ by at most `tolerance`, by default a ten-millionth of `expected`. NaN is close to NaN
 * only.
 */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  const text = (n: number): string => (Number.isInteger(n) ? String(n) : n.toExponential());
  const numbers = `Expected actual: "${text(actual)}" to be close to "${text(expected)}": delta "${text(delta)}" is greater than "${text(allowed)}"`;
  throw new AssertionError(`${numbers}${suffix(msg)}`);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw new AssertionError(msg ?? `Expect ${format(actual)} > ${format(expected)}`);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw new AssertionError(msg ?? `Expect ${format(actual)} >= ${format(expected)}`);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw new AssertionError(msg ?? `Expect ${format(actual)} < ${format(expected)}`);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw new AssertionError(msg ?? `Expect ${format(actual)} <= ${format(expected)}`);
}

// Text and collections.

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`);
}

/** Fails unless the pattern is found in `actual`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
}

/** Fails when the pattern is found in `actual`. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) throw new AssertionError(`Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`);
}

/** Fails unless each element of `expected` equals, deeply, one of `actual`; in any order. */
export function assertArrayIncludes<T>(actual: ArrayLike<T> & object, expected: ArrayLike<T> & object, msg?: string): void {
  const among = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !among.some((candidate) => equal(item, candidate)));
  if (missing.length === 0) return;
  const both = `Expected actual: "${format(actual)}" to include: "${format(expected)}"`;
  throw new AssertionError(`${both}${suffix(msg)}\nmissing: ${format(missing)}`);
}

/**
 * The part of `value` that `shape` names, as plain objects all the way down: so classes do not count, nor what `shape`
 * leaves out.
 */
function project(value: unknown, shape: unknown, seen: Map<unknown, unknown>): unknown {
  if (value === null || shape === null || typeof value !== "object" || typeof shape !== "object") return value;
  if (value instanceof RegExp || value instanceof Date) return value; // the real one takes any two dates for a match
  if (Array.isArray(value) !== Array.isArray(shape)) return value;
  if (seen.has(value)) return seen.get(value);
  if (value instanceof Set && shape instanceof Set) return new Set([...value].filter((item) => shape.has(item)));
  if (value instanceof Map && shape instanceof Map) {
    return new Map([...value].filter(([key]) => shape.has(key)).map(([key, item]) => [key, project(item, shape.get(key), seen)]));
  }
  const part: Dictionary = {};
  seen.set(value, part);
  const keys = Array.isArray(value) ? enumerableKeys(value) : Reflect.ownKeys(value); // an array's length may exceed that of its shape
  for (const key of keys) {
    if (key in shape) part[key] = project((value as Dictionary)[key], (shape as Dictionary)[key], seen);
  }
  return part;
}

/**
 * Fails unless `actual` has, deeply, everything that `expected` has; what it has beyond that does not matter, nor do
 * classes.
 */
export function assertObjectMatch(actual: object, expected: Record<PropertyKey, unknown>, msg?: string): void {
  assertEquals(project(actual, expected, new Map()), project(expected, expected, new Map()), msg);
}

// Errors.

/**
 * Fails unless `error` is an Error, of `ErrorClass` if given, whose message contains (or, for a pattern, matches)
 * `msgMatches`.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ClassOf<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    const was = error.constructor.name;
    throw new AssertionError(`Expected error to be instance of "${ErrorClass.name}", but was "${was}"${suffix(msg)}`);
  }
  if (!msgMatches) return;
  if (msgMatches instanceof RegExp ? msgMatches.test(error.message) : error.message.includes(msgMatches)) return;
  const wanted = msgMatches instanceof RegExp ? String(msgMatches) : JSON.stringify(msgMatches);
  throw new AssertionError(`Expected error message to include ${wanted}, but got ${JSON.stringify(error.message)}${suffix(msg)}`);
}

type Thrown = { readonly error: unknown };
type Expectation<E extends Error> = {
  readonly ErrorClass?: ClassOf<E> | undefined;
  readonly includes?: string | undefined;
  readonly msg?: string | undefined;
};

/** Tells the two signatures apart: (fn, msg) and (fn, ErrorClass, msgIncludes, msg). */
function expectation<E extends Error>(classOrMsg?: ClassOf<E> | string, includes?: string, msg?: string): Expectation<E> {
  return typeof classOrMsg === "string" ? { msg: classOrMsg } : { ErrorClass: classOrMsg, includes, msg };
}

function checkThrown<E extends Error>(thrown: Thrown, verb: string, { ErrorClass, includes, msg }: Expectation<E>): unknown {
  if (!ErrorClass) return thrown.error;
  if (!(thrown.error instanceof Error)) throw new AssertionError(`A non-Error object was ${verb}${suffix(msg)}`);
  assertIsError(thrown.error, ErrorClass, includes, msg);
  return thrown.error;
}

/** Calls `fn` and returns what it throws, of any type. Fails when it returns. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Calls `fn` and returns the error it throws; fails when it returns, or throws one of another class or message. */
export function assertThrows<E extends Error = Error>(fn: () => unknown, ErrorClass: ClassOf<E>, msgIncludes?: string, msg?: string): E;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  classOrMsg?: ClassOf<E> | string,
  includes?: string,
  msg?: string,
): unknown {
  const expected = expectation(classOrMsg, includes, msg);
  let thrown: Thrown | undefined;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError(`Expected function to throw${suffix(expected.msg)}`);
  return checkThrown(thrown, "thrown", expected);
}

/**
 * Calls `fn` and resolves to what its promise rejects with; fails when it resolves, throws before there is a promise,
 * or returns none.
 */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/**
 * Calls `fn` and resolves to the error its promise rejects with; fails as above, or when the error is of another class
 * or message.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ClassOf<E> | string,
  includes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = expectation(classOrMsg, includes, msg);
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // Falls through to the failure below: there was no promise, whatever was thrown.
  }
  if (typeof promise?.then !== "function") throw new AssertionError(`Function throws when expected to reject${suffix(expected.msg)}`);
  let thrown: Thrown | undefined;
  try {
    await promise;
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError(`Expected function to reject${suffix(expected.msg)}`);
  return checkThrown(thrown, "rejected", expected);
}

export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Always fails: for code that must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}
