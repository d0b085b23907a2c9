// What doctor and load share.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { append, readParams, reportOptions, targetOptions } from "../../src/commands/target-options.ts";

test("readParams: values may be empty and have equals signs; every mistake is listed", () => {
  assertEquals(readParams(["a=1", "b=", "c=d=e", "f", "=g"]), {
    params: { a: "1", b: "", c: "d=e" },
    mistakes: ["f", "=g"].map((pair) => ({ problem: `--param ${pair}: expected name=value`, hint: "--param agent=test" })),
  });
});

test("append: in the order given", () => {
  assertEquals(append("b", append("a")), ["a", "b"]);
});

test("targetOptions, reportOptions: none is listed twice", () => {
  const flags = [...targetOptions(), ...reportOptions()].map(({ long }) => long);
  assertEquals(new Set(flags).size, flags.length);
});
