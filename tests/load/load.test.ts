// Whole runs on real sockets: against servers with one planted fault each, which must show in its own number and in no
// other; against voice itself with the built-in agent and with the model that --model-port plays; and what is refused
// before anything is dialled. Each run has a clock that stops when the machine is slow.

import { test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import type { Clock } from "../../src/call/ports.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { type LoadIo, runLoad } from "../../src/load/load.ts";
import type { CountName } from "../../src/load/measure/measurements.ts";
import type { LoadOptions } from "../../src/load/options.ts";
import { parseReport, type ReportJson } from "../report/schema.ts";
import { AUTH_TOKEN, openLine } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";
import { agentServer, echoServer, LATE_MS, type TestServer } from "./servers.ts";

type LoadJson = Extract<ReportJson, { tool: "load" }>;

const SPEED = 5;
const defaults: LoadOptions = {
  target: "",
  method: "POST",
  authToken: undefined,
  params: {},
  calls: 4,
  seconds: 6,
  rate: 20,
  ramp: false,
  pid: undefined,
  modelPort: undefined,
  failOn: [],
  yes: false,
  json: true,
  junit: undefined,
};

function ioOf(clock: Clock, fields: Partial<LoadIo> = {}) {
  const printed: string[] = [];
  const logged: string[] = [];
  const io: LoadIo = {
    platform,
    clock,
    random: randomBytes,
    print: (text) => void printed.push(text),
    log: (text) => void logged.push(text),
    openFile: async () => async () => {},
    colors: false,
    showsProgress: false,
    isThisMachine: async (url) => new URL(url).hostname === "127.0.0.1",
    confirm: undefined,
    interrupted: new Promise(() => {}),
    openFileLimit: undefined,
    ...fields,
  };
  return { io, printed, logged };
}

async function load(options: Partial<LoadOptions>, clock: Clock, fields: Partial<LoadIo> = {}): Promise<LoadJson> {
  const { io, printed } = ioOf(clock, fields);
  const exitCode = await runLoad({ ...defaults, ...options }, io);
  const json = parseReport(printed.join(""));
  if (json.tool !== "load") throw new Error("another tool");
  assertEquals(json.exitCode, exitCode);
  return json;
}

async function loadServer(make: (clock: Clock) => TestServer, options: Partial<LoadOptions> = {}): Promise<LoadJson> {
  const clock = patientClock(SPEED);
  const server = make(clock);
  try {
    return await load({ target: server.url, ...options }, clock);
  } finally {
    await server.stop();
  }
}

/** The counts that are not 0, among those that say something went wrong. */
const wrong = ({ counts }: LoadJson): readonly string[] => Object.entries(counts).flatMap(([name, { count }]) => (count > 0 ? [name] : []));
const countOf = (json: LoadJson, name: CountName) => json.counts[name] ?? { count: 0, of: 0 };

test("load: an echo without a fault has none, and every frame is measured", async () => {
  const json = await loadServer(() => echoServer());
  assertEquals([wrong(json), json.echoCalls, json.exitCode], [[], 4, 0]);
  assert(countOf(json, "lost").of > 500 && (json.durations["frame"]?.count ?? 0) > 500);
}, 60_000);

for (const [fault, names] of [
  ["drops", ["lost"]],
  ["repeats", ["duplicated"]],
  ["reorders", ["reordered"]],
  ["closes", ["dropped"]],
  ["malforms", ["bad"]],
  ["stops", ["lost"]],
] as const) {
  test(`load: an echo that ${fault}: ${names.join()}, and nothing else`, async () => {
    const json = await loadServer(() => echoServer(fault));
    assertEquals(
      wrong(json).filter((name) => fault !== "closes" || name !== "silent"),
      [...names],
    );
  }, 60_000);
}

test("load: an echo that drops every 10th frame has lost a tenth", async () => {
  const { count, of } = countOf(await loadServer(() => echoServer("drops")), "lost");
  assert(Math.abs(count / of - 0.1) < 0.01, `${count} of ${of}`);
}, 60_000);

test("load: two calls whose audio is exchanged: crosstalk, an error", async () => {
  const json = await loadServer(() => echoServer("mixes"));
  assert(wrong(json).includes("crosstalk"));
  assertEquals(json.exitCode, 1);
}, 60_000);

test("load: every third webhook refused: those calls fail, the others go on", async () => {
  const json = await loadServer(() => echoServer("refuses"), { calls: 6 });
  assertEquals([wrong(json), countOf(json, "failed"), json.exitCode], [["failed"], { count: 2, of: 6 }, 1]);
  assertStringIncludes(json.reasons[0]?.what ?? "", "503");
}, 60_000);

const talk = { calls: 2, seconds: 14 };

test("load: an agent that answers and clears: turns and interruptions are measured, nothing is wrong", async () => {
  const json = await loadServer((clock) => agentServer(clock), talk);
  assertEquals([wrong(json), json.exitCode], [[], 0]);
  for (const name of ["first_audio", "turn", "clear"]) assert(json.durations[name] !== null, name);
}, 60_000);

test("load: an agent that answers late: the time to the answer", async () => {
  const json = await loadServer((clock) => agentServer(clock, "late"), talk);
  assertEquals(wrong(json), []);
  assert((json.durations["turn"]?.minMs ?? 0) >= LATE_MS);
}, 60_000);

for (const [fault, name, seconds] of [
  ["deaf", "unanswered", 16],
  ["neverClears", "not_cleared", 25],
  ["silent", "silent", 6],
] as const) {
  test(`load: an agent that is ${fault}: ${name}`, async () => {
    assertEquals(wrong(await loadServer((clock) => agentServer(clock, fault), { calls: 2, seconds })), [name]);
  }, 60_000);
}

test("load: voice with the built-in agent repeats the callers' audio whole, and clears", async () => {
  const clock = patientClock(SPEED);
  const line = openLine(clock, builtInModel(clock));
  const target = `http://127.0.0.1:${line.voice.port}/twilio/voice`;
  const json = await load({ target, authToken: AUTH_TOKEN, calls: 3, seconds: 15 }, clock);
  await line.voice.stop();
  assertEquals([wrong(json), json.exitCode], [[], 0]);
  assert(countOf(json, "lost").of > 100 && json.durations["turn"] !== null && json.durations["clear"] !== null);
}, 60_000);

test("load: voice with the model of --model-port: both ways are measured on one clock, per frame", async () => {
  const clock = patientClock(SPEED);
  let port = 0;
  let dialler: ReturnType<typeof modelSocket> | undefined;
  const line = openLine(clock, {
    name: "the meter's model",
    dial(...args) {
      dialler ??= modelSocket({ type: "openai", apiKey: "k", model: "m", realtimeUrl: `ws://127.0.0.1:${port}/v1/realtime` }, clock);
      return dialler.dial(...args);
    },
  });
  const listen: LoadIo["platform"]["listen"] = (options) => {
    const listening = platform.listen(options);
    port = listening.port;
    return listening;
  };
  const target = `http://127.0.0.1:${line.voice.port}/twilio/voice`;
  const more = { platform: { ...platform, listen } };
  const json = await load({ target, authToken: AUTH_TOKEN, calls: 3, seconds: 12, modelPort: 0 }, clock, more);
  await line.voice.stop();
  assertEquals([wrong(json), json.exitCode], [[], 0]);
  assert((json.durations["to_model"]?.count ?? 0) > 1_000 && json.durations["from_model"] !== null);
  assert(json.checks.some(({ id, ok }) => id === "model.dialled" && ok === true));
}, 60_000);

test("load: a ramp places its steps one after the other, and reports each", async () => {
  const json = await loadServer(() => echoServer("refuses"), { ramp: true, calls: 3, seconds: 1 });
  // A call that the first step lost already may fail in later ones; the meter may be late on a busy machine.
  assertEquals(json.ramp?.steps[0]?.calls, 3);
  assert(json.checks.some(({ id }) => id === "ramp.sustained"));
}, 60_000);

test("load: no server there is exit code 3", async () => {
  const json = await load({ target: "http://127.0.0.1:1/voice", calls: 2 }, patientClock(SPEED));
  assertEquals([json.exitCode, json.ok, json.checks[0]?.level], [3, null, "unreachable"]);
}, 60_000);

test("load: another machine is refused without --yes and without a terminal, before anything is dialled", async () => {
  const { io } = ioOf(patientClock(1));
  const target = "https://voice.example.com/twilio/voice";
  const error = await assertRejects(() => runLoad({ ...defaults, target }, io), UsageError, "voice.example.com");
  assertStringIncludes((error as UsageError).hint, "--yes");
});

test("load: on a terminal it asks, and no is no", async () => {
  const asked: string[] = [];
  const confirm = async (question: string): Promise<boolean> => {
    asked.push(question);
    return false;
  };
  const { io } = ioOf(patientClock(1), { confirm });
  await assertRejects(() => runLoad({ ...defaults, target: "http://voice.example.com/" }, io), UsageError, "no calls were placed");
  assertStringIncludes(asked[0] ?? "", "Place 4 calls of 6 s? They may cost money.");
});

test("load: a stream on another machine is not dialled without --yes", async () => {
  const clock = patientClock(SPEED);
  const server = echoServer();
  const isThisMachine = async (url: string): Promise<boolean> => url.startsWith("http:");
  const json = await load({ target: server.url, calls: 1 }, clock, { isThisMachine });
  await server.stop();
  assertEquals([countOf(json, "failed").count, json.reasons[0]?.what.includes("--yes")], [1, true]);
}, 60_000);

test("load: more calls than files may be open is wrong use", async () => {
  const { io } = ioOf(patientClock(1), { openFileLimit: 100 });
  await assertRejects(() => runLoad({ ...defaults, target: "http://127.0.0.1:1/", calls: 50 }, io), UsageError, "open files");
});

test("load: Ctrl-C ends the calls, and what was measured is reported", async () => {
  const clock = patientClock(SPEED);
  const server = echoServer();
  const interrupted = new Promise<void>((resolve) => void clock.after(2_000, resolve));
  const json = await load({ target: server.url, seconds: 3_600 }, clock, { interrupted });
  await server.stop();
  assert(json.callSeconds < 3_600 && countOf(json, "failed").of === 4);
}, 60_000);
