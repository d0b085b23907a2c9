// The doctor's arguments: defaults, lists and mistakes. Whole runs: tests/doctor/doctor.test.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readDoctorArgs } from "../../src/commands/doctor.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { DOCTOR_CHECKS } from "../../src/doctor/checks/checks.ts";

const environment = { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined };
let printed = "";
const io = {
  environment,
  read: () => "cannot be read: no such file",
  print: (text: string) => {
    printed += text;
  },
};

const read = (...args: readonly string[]) => readDoctorArgs(args, io);

test("readDoctorArgs: a URL alone, with the defaults, frozen", async () => {
  const options = await read("https://a.example.net/v");
  assertEquals([options?.target, options?.calls, options?.strict, options?.params], ["https://a.example.net/v", undefined, false, {}]);
  assertEquals([options?.method, options?.mayFallBackToGet, options?.checks], ["POST", true, DOCTOR_CHECKS]);
  assert(Object.isFrozen(options));
});

test("readDoctorArgs: --method rules out the other method", async () => {
  const options = await read("https://a.example.net/v", "--method", "GET");
  assertEquals([options?.method, options?.mayFallBackToGet], ["GET", false]);
});

test("readDoctorArgs: --auth-token overrides the environment", async () => {
  const options = await readDoctorArgs(["a.example.net", "--auth-token", "b"], { ...io, environment: { ...environment, authToken: "a" } });
  assertEquals(options?.authToken, "b");
});

test("readDoctorArgs: a host without a scheme becomes an https URL, a number stays a number", async () => {
  assertEquals(
    [(await read("a.example.net/v"))?.target, (await read("+15551234567"))?.target],
    ["https://a.example.net/v", "+15551234567"],
  );
});

test("readDoctorArgs: a host on this machine or network without a scheme becomes an http URL", async () => {
  for (const host of ["localhost:5050", "127.0.0.1:5050", "192.168.1.20", "app:3000", "[::1]:5050"])
    assertEquals((await read(`${host}/x`))?.target, `http://${host}/x`);
});

test("readDoctorArgs: lists take commas and repetition, values of --param may contain =", async () => {
  const options = await read(
    "wss://a.example.net/",
    ...["--only", "url.tls,handshake", "--only", "start"],
    ...["--param", "a=b=c", "--param", "d="],
    ...["--also", "b.example.net"],
  );
  const stages = new Set(options?.checks.map(({ stage }) => stage));
  assertEquals([stages, options?.params, options?.also], [new Set(["url", "handshake", "start"]), { a: "b=c", d: "" }, ["b.example.net"]]);
});

for (const [what, args] of [
  ["no URL", []],
  ["an unsupported scheme", ["ftp://a.example.net/"]],
  ["a parameter without a value", ["https://a.example.net/", "--param", "a"]],
  ["no calls", ["https://a.example.net/", "--calls", "0"]],
  ["too many calls", ["https://a.example.net/", "--calls", "1000"]],
  ["a line break in a header", ["https://a.example.net/", "--user-agent", "a\nb"]],
  ["an unknown option", ["https://a.example.net/", "--frobnicate"]],
  ["two URLs", ["https://a.example.net/", "https://b.example.net/"]],
  ["an unknown check", ["https://a.example.net/", "--only", "url.color"]],
  ["an unreadable WAV file", ["https://a.example.net/", "--say", "no.wav"]],
  ["an unreadable file of certificates", ["https://a.example.net/", "--ca", "/nowhere/ca.pem"]],
] as const) {
  test(`readDoctorArgs: ${what} is wrong usage`, async () => {
    await assertRejects(() => read(...args), UsageError);
  });
}

test("readDoctorArgs: --help prints the options", async () => {
  printed = "";
  assertEquals(await read("--help"), undefined);
  assertStringIncludes(printed, "--auth-token");
});

test("readDoctorArgs: --list prints every check, and needs no URL", async () => {
  printed = "";
  assertEquals(await read("--list"), undefined);
  const ids = printed
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  assertEquals(
    ids,
    DOCTOR_CHECKS.map(({ id }) => id),
  );
});

test("readDoctorArgs: --only and --skip select checks by id or stage", async () => {
  printed = "";
  await read("--list", "--only", "url.tls,handshake", "--skip", "handshake.latency");
  const has = (id: string): boolean => printed.includes(id);
  assertEquals(["url.tls", "handshake.status", "handshake.latency", "webhook.status"].map(has), [true, true, false, false]);
});
