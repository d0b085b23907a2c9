// The arguments of `voice load`: defaults, limits, and every mistake at once.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readLoadArgs } from "../../src/commands/load.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import type { LoadOptions } from "../../src/load/options.ts";

let printed = "";
const read = (...args: readonly string[]): LoadOptions | undefined =>
  readLoadArgs(args, { authToken: "from the environment" }, (text) => {
    printed += text;
  });

test("readLoadArgs: a URL alone, with the defaults, frozen", () => {
  const options = read("http://127.0.0.1:8080/v");
  assertEquals([options?.target, options?.calls, options?.seconds, options?.rate], ["http://127.0.0.1:8080/v", 10, 20, 10]);
  assertEquals([options?.ramp, options?.pid, options?.modelPort, options?.failOn, options?.yes], [false, undefined, undefined, [], false]);
  assert(Object.isFrozen(options));
});

test("readLoadArgs: a host without a scheme is an http URL", () => {
  assertEquals(read("localhost:8080/v")?.target, "http://localhost:8080/v");
});

test("readLoadArgs: everything that can be said", () => {
  const options = read(
    ...["http://a/", "--calls", "100", "--seconds", "2.5", "--rate", "0.5", "--ramp", "--pid", "7", "--model-port", "0", "--yes", "--json"],
    ...["--fail-on", "turn_p95>1s", "--fail-on", "cpu>4ms", "--auth-token", "t", "--method", "GET", "--param", "a=b=c", "--junit", "x.xml"],
  );
  assertEquals(
    [options?.calls, options?.seconds, options?.rate, options?.ramp, options?.pid, options?.modelPort],
    [100, 2.5, 0.5, true, 7, 0],
  );
  assertEquals([options?.failOn.length, options?.authToken, options?.method, options?.params], [2, "t", "GET", { a: "b=c" }]);
  assertEquals([options?.yes, options?.json, options?.junit], [true, true, "x.xml"]);
});

test("readLoadArgs: many calls arrive 50 in a second", () => {
  assertEquals(read("http://a/", "--calls", "400")?.rate, 50);
});

for (const [what, args] of [
  ["no URL", []],
  ["a stream's URL", ["wss://a/"]],
  ["no calls", ["http://a/", "--calls", "0"]],
  ["too many calls", ["http://a/", "--calls", "2001"]],
  ["half a call", ["http://a/", "--calls", "1.5"]],
  ["too long", ["http://a/", "--seconds", "3601"]],
  ["too fast", ["http://a/", "--rate", "1001"]],
  ["no port", ["http://a/", "--model-port", "65536"]],
  ["a parameter without a value", ["http://a/", "--param", "a"]],
  ["cpu without --pid", ["http://a/", "--fail-on", "cpu>4ms"]],
  ["too many thresholds", ["http://a/", ...Array.from({ length: 51 }, () => ["--fail-on", "lost>0"]).flat()]],
  ["an unknown option", ["http://a/", "--frobnicate"]],
  ["two URLs", ["http://a/", "http://b/"]],
] as const) {
  test(`readLoadArgs: ${what} is wrong usage`, () => {
    const error = assertThrows(() => read(...args), UsageError);
    assert((error as UsageError).hint !== "");
  });
}

test("readLoadArgs: every mistake is reported, each with its hint", () => {
  const error = assertThrows(() => read("ftp://a/", "--calls", "x", "--fail-on", "trun_p95>1s", "--fail-on", "lost>5ms"), UsageError);
  const text = `${error.message}\n${(error as UsageError).hint}`;
  for (const part of ["ftp://a/", "--calls x", "trun_p95", "lost>5ms"]) assertStringIncludes(text, part);
  assertEquals(text.match(/hint:/g)?.length, 3); // main.ts prints the first one's
});

test("readLoadArgs: --help prints the options", () => {
  printed = "";
  assertEquals(read("--help"), undefined);
  for (const part of ["--fail-on", "--model-port", "Exit codes"]) assertStringIncludes(printed, part);
});
