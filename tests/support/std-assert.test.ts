// The stand-in for @std/assert must pass and fail where the real one does: each assertion is shown a case of both.
// This file also runs unchanged against the real package, mapped in deno.json and tsconfig.json. Follows
// https://jsr.io/@std/assert and the tests of https://github.com/denoland/std/tree/main/assert.

import { test } from "bun:test";
import {
  AssertionError,
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "@std/assert";

/** Plain JavaScript that must see `run` fail, so that a broken assertion cannot vouch for itself. */
function failure(run: () => void): string {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof AssertionError)) throw new Error(`expected an AssertionError, got ${String(thrown)}`);
  return thrown.message;
}

/** The same for a promise. */
async function rejection(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AssertionError)) throw new Error(`expected an AssertionError, got ${String(thrown)}`);
  return thrown.message;
}

function mustBe(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}
class Tagged {
  #tag: string;
  constructor(tag: string) {
    this.#tag = tag;
  }
  get tag(): string {
    return this.#tag;
  }
}
const circle = (n: number): object => {
  const loop: Record<string, unknown> = { n };
  loop.self = loop;
  return loop;
};

const equalities: readonly (readonly [name: string, a: unknown, b: unknown, same: boolean])[] = [
  ["0 and -0", 0, -0, true],
  ["0 and -0 inside", { a: [0] }, { a: [-0] }, true],
  ["NaN and NaN", Number.NaN, Number.NaN, true],
  ["1 and '1'", 1, "1", false],
  ["null and undefined", null, undefined, false],
  ["1n and 1n", 1n, 1n, true],
  ["nested objects, keys in another order", { a: 1, b: { c: [2] } }, { b: { c: [2] }, a: 1 }, true],
  ["a nested difference", { a: { b: 1 } }, { a: { b: 2 } }, false],
  ["a key that is undefined and none", { a: 1, b: undefined }, { a: 1 }, false],
  ["undefined under another key", { a: undefined }, { b: undefined }, false],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }, false],
  ["a hole and undefined", new Array(1), [undefined], false],
  ["arrays of other lengths", [1, 2], [1, 2, 3], false],
  ["array and object", [1], { 0: 1 }, false],
  ["Object.create(null) and {}", Object.assign(Object.create(null), { a: 1 }), { a: 1 }, true],
  ["instance and plain object", new Point(1), { x: 1 }, false],
  ["instances", new Point(1), new Point(1), true],
  ["instances that differ by a getter", new Tagged("a"), new Tagged("b"), false],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
  ["other bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
  ["bytes of another kind", new Uint8Array([1]), new Int8Array([1]), false],
  ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 3]).buffer, false],
  ["dates", new Date(5), new Date(5), true],
  ["other dates", new Date(5), new Date(6), false],
  ["invalid dates", new Date(Number.NaN), new Date(Number.NaN), true],
  ["patterns", /a/g, /a/i, false],
  ["URLs", new URL("https://a/b"), new URL("https://a/b"), true],
  ["other URLs", new URL("https://a/b"), new URL("https://a/c"), false],
  ["sets in another order", new Set([1, 2]), new Set([2, 1]), true],
  ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 2 }]), false],
  ["maps", new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]]), true],
  ["maps with other values", new Map([["a", 1]]), new Map([["a", 2]]), false],
  ["maps with objects for keys", new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]]), true],
  ["set and map", new Set(), new Map(), false],
  ["circles", circle(1), circle(1), true],
  ["other circles", circle(1), circle(2), false],
  ["functions", () => 1, () => 1, false],
  ["error messages", new Error("a"), new Error("b"), false],
];
for (const [name, a, b, same] of equalities) {
  test(`equal: ${name} ${same ? "are" : "are not"}`, () => {
    mustBe(equal(a, b), same);
    mustBe(equal(b, a), same);
    if (same) {
      assertEquals(a, b);
      failure(() => assertNotEquals(a, b));
    } else {
      assertNotEquals(a, b);
      failure(() => assertEquals(a, b));
    }
  });
}

test("equal: WeakMap and WeakSet cannot be compared and say so", () => {
  for (const make of [() => new WeakMap(), () => new WeakSet()]) assertThrows(() => equal(make(), make()), TypeError, "ompare");
});

test("assertEquals: the message has msg, then actual with -, expected with +, and no line that is the same", () => {
  const message = failure(() => assertEquals({ same: "x".repeat(80), b: 1 }, { same: "x".repeat(80), b: 2 }, "why"));
  mustBe(message.startsWith("Values are not equal: why\n"), true);
  assertMatch(message, /-.*b: 1/);
  assertMatch(message, /\+.*b: 2/);
});

/** Assertions of one call: [name, one that holds, one that must fail, what its message has in it]. */
const pairs: readonly (readonly [name: string, good: () => void, bad: () => void, message: string])[] = [
  ["assert", () => assert(1), () => assert(0, "why"), "why"],
  ["assert, empty string", () => assert("a"), () => assert(""), ""],
  ["assertFalse", () => assertFalse(0), () => assertFalse(1, "why"), "why"],
  ["assertStrictEquals", () => assertStrictEquals(Number.NaN, Number.NaN), () => assertStrictEquals(0, -0), "not strictly equal."],
  [
    "assertStrictEquals, same text",
    () => assertStrictEquals("a", "a"),
    () => assertStrictEquals({}, {}, "why"),
    "not reference-equal: why",
  ],
  ["assertExists", () => assertExists(0), () => assertExists(null), 'Expected actual: "null" to not be null or undefined.'],
  ["assertExists, undefined", () => assertExists(""), () => assertExists(undefined, "why"), "to not be null or undefined: why"],
  ["assertInstanceOf", () => assertInstanceOf(new Point(1), Point), () => assertInstanceOf({}, Point), '"Point" but was "Object".'],
  ["assertInstanceOf, null", () => assertInstanceOf([], Array), () => assertInstanceOf(null, Point), 'but was "null".'],
  ["assertMatch", () => assertMatch("abc", /b/), () => assertMatch("abc", /d/, "why"), 'Expected actual: "abc" to match: "/d/": why'],
  ["assertNotMatch", () => assertNotMatch("abc", /d/), () => assertNotMatch("abc", /b/), 'to not match: "/b/".'],
  ["assertStringIncludes", () => assertStringIncludes("abc", "bc"), () => assertStringIncludes("abc", "cb"), 'to contain: "cb".'],
  ["assertArrayIncludes", () => assertArrayIncludes([1, { a: 1 }], [{ a: 1 }]), () => assertArrayIncludes([1], [2, 1]), "missing: [ 2 ]"],
  ["assertGreater", () => assertGreater(2, 1), () => assertGreater(1, 1), "Expect 1 > 1"],
  ["assertGreaterOrEqual", () => assertGreaterOrEqual(1, 1), () => assertGreaterOrEqual(0, 1), "Expect 0 >= 1"],
  ["assertLess", () => assertLess(1, 2), () => assertLess(1, 1, "why"), "why"],
  ["assertLessOrEqual", () => assertLessOrEqual(1, 1), () => assertLessOrEqual(2, 1), "Expect 2 <= 1"],
  ["assertGreater, NaN", () => assertGreater(1n, 0n), () => assertGreater(Number.NaN, 0), "Expect NaN > 0"],
  ["assertAlmostEquals", () => assertAlmostEquals(0.1 + 0.2, 0.3), () => assertAlmostEquals(1, 1.001), "is greater than"],
  ["assertAlmostEquals, tolerance", () => assertAlmostEquals(1, 2, 1), () => assertAlmostEquals(1, 2.1, 1, "why"), ": why"],
  ["assertAlmostEquals, NaN", () => assertAlmostEquals(Infinity, Infinity), () => assertAlmostEquals(Number.NaN, 1, 9), '"NaN"'],
  ["assertIsError", () => assertIsError(new TypeError("abc"), TypeError, /b/), () => assertIsError("abc"), "to be an Error object."],
  ["fail", () => {}, () => fail("why"), "Failed assertion: why"],
  ["unreachable", () => {}, () => unreachable(), "Unreachable."],
];
for (const [name, good, bad, message] of pairs) {
  test(`${name}: holds where it should, fails where it should, with its message`, () => {
    good();
    const thrown = failure(bad);
    if (!thrown.includes(message)) throw new Error(`expected ${JSON.stringify(message)} in ${JSON.stringify(thrown)}`);
  });
}

const matches: readonly (readonly [name: string, actual: object, expected: Record<PropertyKey, unknown>, same: boolean])[] = [
  ["more keys than expected", { a: 1, b: 2 }, { a: 1 }, true],
  ["fewer keys than expected", { a: 1 }, { a: 1, b: 2 }, false],
  ["a key that is undefined and none", {}, { a: undefined }, false],
  ["more keys, nested", { a: { b: 1, c: 2 } }, { a: { b: 1 } }, true],
  ["a nested difference", { a: { b: 1 } }, { a: { b: 2 } }, false],
  ["a longer array", { a: [1, 2, 3] }, { a: [1, 2] }, true],
  ["a shorter array", { a: [1] }, { a: [1, 2] }, false],
  ["objects in arrays", { a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }, true],
  ["an instance", new Point(1), { x: 1 }, true],
  ["a value where an object is expected", { a: 1 }, { a: { b: 1 } }, false],
  ["null where an object is expected", { a: null }, { a: {} }, false],
  ["maps", { a: new Map([["k", { b: 1, c: 2 }]]) }, { a: new Map([["k", { b: 1 }]]) }, true],
  ["sets", { a: new Set([1, 2]) }, { a: new Set([3]) }, false],
  ["patterns", { a: /a/ }, { a: /b/ }, false],
  ["dates (stricter than the real one, which takes any two)", { a: new Date(1) }, { a: new Date(2) }, false],
  ["circles", circle(1), circle(1) as Record<PropertyKey, unknown>, true],
];
for (const [name, actual, expected, same] of matches) {
  test(`assertObjectMatch: ${name} ${same ? "match" : "do not match"}`, () => {
    if (same) assertObjectMatch(actual, expected);
    else failure(() => assertObjectMatch(actual, expected));
  });
}

const throwing = (error: unknown) => () => {
  throw error;
};

test("assertThrows: returns what was thrown, of any kind", () => {
  const error = new TypeError("abc");
  mustBe(assertThrows(throwing(error)), error);
  mustBe(assertThrows(throwing(error), TypeError, "bc"), error);
  mustBe(assertThrows(throwing(error), Error), error);
  mustBe(assertThrows(throwing("text")), "text");
});

test("assertThrows: fails on no throw, another class, another message, a thrown non-Error", () => {
  mustBe(
    failure(() => assertThrows(() => 1)),
    "Expected function to throw.",
  );
  mustBe(
    failure(() => assertThrows(() => 1, "why")),
    "Expected function to throw: why",
  );
  const other = failure(() => assertThrows(throwing(new TypeError("abc")), RangeError));
  mustBe(other, 'Expected error to be instance of "RangeError", but was "TypeError".');
  const text = failure(() => assertThrows(throwing(new TypeError("abc")), TypeError, "x", "why"));
  mustBe(text, 'Expected error message to include "x", but got "abc": why');
  mustBe(
    failure(() => assertThrows(throwing("abc"), Error)),
    "A non-Error object was thrown.",
  );
});

test("assertRejects: resolves to what was rejected", async () => {
  const error = new TypeError("abc");
  mustBe(await assertRejects(() => Promise.reject(error)), error);
  mustBe(await assertRejects(() => Promise.reject(error), TypeError, "bc"), error);
});

test("assertRejects: fails on a resolved promise, another class or message, a synchronous throw, no promise", async () => {
  mustBe(await rejection(assertRejects(() => Promise.resolve(1))), "Expected function to reject.");
  mustBe(await rejection(assertRejects(() => Promise.resolve(1), "why")), "Expected function to reject: why");
  mustBe(
    await rejection(assertRejects(() => Promise.reject(new TypeError("abc")), RangeError)),
    'Expected error to be instance of "RangeError", but was "TypeError".',
  );
  await rejection(assertRejects(() => Promise.reject(new TypeError("abc")), TypeError, "x"));
  mustBe(await rejection(assertRejects(() => Promise.reject("abc"), Error)), "A non-Error object was rejected.");
  const synchronous = () => {
    throw new TypeError("abc");
  };
  mustBe(await rejection(assertRejects(synchronous, TypeError)), "Function throws when expected to reject.");
  const none = (() => 1) as unknown as () => Promise<unknown>;
  mustBe(await rejection(assertRejects(none, "why")), "Function throws when expected to reject: why");
});

test("AssertionError: is an Error with its own name", () => {
  const error = new AssertionError("x");
  mustBe(error instanceof Error, true);
  mustBe(error.name, "AssertionError");
  mustBe(error.message, "x");
});
