// The doctor's arguments, good and bad.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../src/config/usage-error.ts";
import { readDoctorArgs } from "../../src/doctor/arguments.ts";

const read = (...args: readonly string[]) => readDoctorArgs(args, () => {});

test("readDoctorArgs: a URL alone, and its defaults", () => {
  const args = read("https://a.example.net/v");
  assertEquals([args?.target, args?.calls, args?.strict, args?.only, args?.params], ["https://a.example.net/v", 1, false, [], {}]);
});

test("readDoctorArgs: a host without a scheme is asked by https; a number is a number", () => {
  assertEquals([read("a.example.net/v")?.target, read("+15551234567")?.target], ["https://a.example.net/v", "+15551234567"]);
});

test("readDoctorArgs: lists by commas and by repeating, parameters with = in their values", () => {
  const args = read(
    "wss://a.example.net/",
    "--only",
    "url.tls,handshake",
    "--only",
    "start",
    "--param",
    "a=b=c",
    "--param",
    "d=",
    "--also",
    "b.example.net",
  );
  assertEquals([args?.only, args?.params, args?.also], [["url.tls", "handshake", "start"], { a: "b=c", d: "" }, ["b.example.net"]]);
});

for (const [what, args] of [
  ["no URL", []],
  ["another scheme", ["ftp://a.example.net/"]],
  ["no parameter", ["https://a.example.net/", "--param", "a"]],
  ["no number of calls", ["https://a.example.net/", "--calls", "0"]],
  ["too many calls", ["https://a.example.net/", "--calls", "1000"]],
  ["a line break in a header", ["https://a.example.net/", "--user-agent", "a\nb"]],
  ["an unknown option", ["https://a.example.net/", "--frobnicate"]],
  ["two URLs", ["https://a.example.net/", "https://b.example.net/"]],
] as const) {
  test(`readDoctorArgs: ${what} is wrong use`, () => {
    assertThrows(() => read(...args), UsageError);
  });
}

test("readDoctorArgs: --help tells, --list needs no URL", () => {
  let told = "";
  assertEquals(
    readDoctorArgs(["--help"], (text) => (told += text)),
    undefined,
  );
  assertStringIncludes(told, "--auth-token");
  assertEquals(read("--list")?.list, true);
});
