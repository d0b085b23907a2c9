// The command line: which task arguments give. At the end as a program, with exit codes and both streams.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readCommandLine, type Task } from "../../src/commands/command-line.ts";
import { configKeys } from "../../src/config/config.ts";
import { UsageError } from "../../src/config/usage-error.ts";

const accepted: readonly [args: string, task: Task][] = [
  ["--port 80", { type: "serve", flags: { PORT: "80" } }],
  ["--port=80 --host ::1", { type: "serve", flags: { PORT: "80", HOST: "::1" } }],
  ["--allow-unsigned", { type: "serve", flags: { VOICE_ALLOW_UNSIGNED: "1" } }],
  ["--env-file a.env --log-level debug", { type: "serve", flags: { VOICE_ENV_FILE: "a.env", VOICE_LOG_LEVEL: "debug" } }],
  ["--selftest", { type: "selftest", args: [] }],
  ["--selftest --json --wav a.wav", { type: "selftest", args: ["--json", "--wav", "a.wav"] }],
  ["selftest", { type: "selftest", args: [] }],
  ["selftest --json --help", { type: "selftest", args: ["--json", "--help"] }],
  ["check", { type: "check", flags: {}, args: [] }],
  ["--port 80 check --env-file a.env", { type: "check", flags: { PORT: "80" }, args: ["--env-file", "a.env"] }],
  ["help doctor", { type: "doctor", args: ["--help"] }],
  ["help selftest", { type: "selftest", args: ["--help"] }],
  ["init --template minimal", { type: "init", args: ["--template", "minimal"] }],
  ["schema", { type: "schema" }],
  ["service", { type: "service", install: false }],
  ["service install", { type: "service", install: true }],
];
for (const [args, task] of accepted) {
  test(`readCommandLine: voice ${args}`, () => assertEquals(readCommandLine(args.split(" ")), task));
}

const refused: readonly [args: string, message: string, hint: RegExp][] = [
  ["--prot 80", "unknown option '--prot'", /--port/],
  ["--port", "argument missing", /--help/],
  ["serev", 'unknown command "serev"', /--help/],
  ["docter", 'unknown command "docter"', /^did you mean doctor\?$/],
  ["serve", 'unknown command "serve"', /voice without a command serves/],
  ["https://voice.example/a", "unknown command", /^voice doctor https:\/\/voice\.example\/a$/],
  ["--openai-api-key sk-1", "unknown option '--openai-api-key'", /^set OPENAI_API_KEY in the environment/],
  ["--prompt x", "unknown option '--prompt'", /^set VOICE_INSTRUCTIONS in the environment/],
  ["--records=a", "unknown option", /^set VOICE_RECORDS in the environment/],
  ["--voice-port 80", "unknown option", /did you mean --port/i],
  ["service remove", 'unknown argument "remove"', /service install/],
  ["service install now", "too many arguments", /--help/],
];
for (const [args, message, hint] of refused) {
  test(`readCommandLine: voice ${args} is an error with a hint`, () => {
    const error = assertThrows(() => readCommandLine(args.split(" ")), UsageError, message);
    assertMatch(error.hint, hint);
  });
}

/** Runs voice from source, in an environment without settings. */
function voice(...args: readonly string[]): { exitCode: number; stdout: string; stderr: string } {
  const run = Bun.spawnSync([process.execPath, `${import.meta.dir}/../../src/main.ts`, ...args], {
    env: { PATH: process.env["PATH"] ?? "" },
  });
  return { exitCode: run.exitCode, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
}

for (const arg of ["--version", "-v", "-V", "version"]) {
  test(`voice ${arg}: one line on stdout, exit 0`, () => {
    const { exitCode, stdout, stderr } = voice(arg);
    assertEquals([exitCode, stderr], [0, ""]);
    assertMatch(stdout, /^voice \S+ \(\S+\), Bun \d+\.\d+\.\d+\n$/);
  });
}

test("voice help: the same as --help", () => {
  assertEquals(voice("help"), voice("--help"));
  assertEquals(voice("help", "nonsense"), voice("--help"));
});

test("voice --help: every setting there is, on stdout, exit 0", () => {
  const { exitCode, stdout, stderr } = voice("--help");
  assertEquals([exitCode, stderr], [0, ""]);
  for (const { key } of configKeys) assertMatch(stdout, new RegExp(`\\b${key}\\b`));
});

test("voice with wrong arguments: error and hint on stderr, nothing on stdout, exit 2", () => {
  assertEquals(voice("--prot", "80"), {
    exitCode: 2,
    stdout: "",
    stderr: "voice: error: unknown option '--prot'\nvoice: hint: Did you mean --port?\n",
  });
});

test("voice with wrong settings: all of them on stderr, exit 2", () => {
  assertEquals(voice("--port", "99999", "--log-level", "loud"), {
    exitCode: 2,
    stdout: "",
    stderr: [
      'voice: error: --port: expected a whole number from 0 to 65535, got "99999"',
      "voice: hint: try 8080",
      'voice: error: --log-level: expected debug, info, warning or error, got "loud"',
      "voice: hint: did you mean debug?",
      "",
    ].join("\n"),
  });
});
