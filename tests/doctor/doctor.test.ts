// Whole runs of the doctor in this process: against our own server, and against URLs and numbers with nothing behind
// them.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { modelSocket } from "../../src/adapters/model-socket.ts";
import { type DoctorCommandIo, doctor } from "../../src/commands/doctor.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { isObject, parseJson } from "../../src/protocol/fields.ts";
import { spokenReply } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { AUTH_TOKEN, startServer } from "../e2e/server-under-test.ts";
import { parseReport } from "../report/schema.ts";
import { agentsWith, sentences } from "../server/fakes.ts";
import { patientClock } from "../support/patient-clock.ts";
import { numberAnswer, startStubApi } from "../support/stub-apis.ts";

/** Six times as fast as real time. The servers have the same. */
const clock = patientClock(6);
const api = startStubApi({});
afterAll(() => api.stop());

interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** Runs the doctor with an empty environment. Files that it writes stay in memory. */
async function ask(args: readonly string[], io: Partial<DoctorCommandIo> = {}): Promise<Output> {
  const files = new Map<string, string | Uint8Array>();
  const output = { out: "", err: "" };
  const code = await doctor(args, {
    clock,
    random: (count) => randomBytes(count),
    environment: { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined },
    print: (text) => {
      output.out += text;
    },
    log: (text) => {
      output.err += text;
    },
    read: () => "cannot be read: no such file",
    openFile: async (path) => async (bytes) => void files.set(path, bytes),
    colors: false,
    showsProgress: false,
    ...io,
  });
  return { code, ...output, files };
}

function report(out: string) {
  const parsed = parseReport(out);
  assert(parsed.tool === "doctor");
  return parsed;
}

test("doctor: our own server, with its token and two simultaneous calls, has no errors and no warnings", async () => {
  const server = startServer({ clock, diallerFor: () => builtInModel(clock) });
  const args = [
    `${server.origin}/twilio/voice`,
    "--auth-token",
    AUTH_TOKEN,
    "--calls",
    "2",
    "--json",
    "--wav",
    "a.wav",
    "--trace",
    "a.jsonl",
    "--junit",
    "a.xml",
  ];
  const { code, out, err, files } = await ask(args);
  const { ok, cause, checks } = report(out);
  const problems = checks.filter(({ level }) => level === "error" || level === "warning").map(({ id, actual }) => `${id}: ${actual}`);
  assertEquals(problems, []);
  assertEquals([code, ok, cause], [0, true, "healthy"]);
  assertMatch(err, /may cost money and trigger actions/);
  assertEquals(String.fromCharCode(...(files.get("a.wav") as Uint8Array).subarray(0, 4)), "RIFF");
  const trace = String(files.get("a.jsonl")).trim().split("\n").map(parseJson);
  assert(trace.every(isObject) && trace.some((line) => isObject(line) && line["type"] === "socket.dial"));
  assertStringIncludes(String(files.get("a.xml")), `failures="0"`);
  await server.stop();
}, 120_000);

test("doctor: our own server with a key that the model refuses: the apology that a caller hears, not a line that drops", async () => {
  const behaviourFor = () => ({ brain: { reply: () => spokenReply(new Uint8Array(1), ""), transcribe: () => "" } });
  const models = startModelSimulator({ listen: platform.listen, clock, apiKey: "sk-the-right-key", behaviourFor });
  const model = { type: "openai", apiKey: "sk-a-wrong-key", model: "gpt-realtime-2.1", realtimeUrl: models.url } as const;
  const server = startServer({ clock, diallerFor: () => modelSocket(model, clock), settings: { agents: agentsWith(model) } });
  const { code, out } = await ask([`${server.origin}/twilio/voice`, "--auth-token", AUTH_TOKEN, "--json"]);
  const { ok, cause, callerHears, checks } = report(out);
  await server.stop();
  await models.stop();
  assertEquals([code, ok], [1, false]);
  assert(callerHears?.includes(`"${sentences.apology}"`), `${callerHears}`);
  assert(!callerHears?.includes("the line drops"), `${callerHears}`);
  assert(cause !== "healthy" && checks.some(({ level }) => level === "error"), out);
}, 120_000);

test("doctor: without the token our own server is not reported as broken", async () => {
  const server = startServer({ clock });
  const { code, out } = await ask([`${server.origin}/twilio/voice`, "--json"]);
  const { ok, cause, callerHears, fix } = report(out);
  assertEquals([code, ok, cause, typeof callerHears, typeof fix], [3, null, "needs-token", "string", "string"]);
  await server.stop();
});

test("doctor: our own server's refusals in words are recognised: another token, and a path that it does not have", async () => {
  const server = startServer({});
  const [token, path] = await Promise.all(
    [
      [`${server.origin}/twilio/voice`, "--auth-token", "f".repeat(32), "--json"],
      [`${server.origin}/voice`, "--auth-token", AUTH_TOKEN, "--json"],
    ].map(async (args) => report((await ask(args)).out)),
  );
  await server.stop();
  assertEquals([token?.cause, path?.cause], ["webhook-signature-mismatch", "webhook-not-found"]);
  assertMatch(token?.fix ?? "", /--auth-token.*voice check/);
});

test("doctor: where nothing listens the exit code is 3, and the verdict comes first", async () => {
  const { code, out } = await ask(["http://127.0.0.1:1/voice"]);
  assertEquals(code, 3);
  assertMatch(out.split("\n")[0] ?? "", /^A caller hears "We are sorry, an application error has occurred/);
  assertEquals((await ask(["ws://127.0.0.1:1/s"])).code, 3);
});

const getOnly = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch({ method }) {
    if (method !== "GET") return new Response("Cannot POST /voice", { status: 404 });
    return new Response("<Response><Hangup/></Response>", { headers: { "Content-Type": "text/xml" } });
  },
});
afterAll(() => getOnly.stop(true));

test("doctor: a webhook that accepts only GET is an error, and is called by GET to see the rest; with --method POST it is not", async () => {
  const url = `http://127.0.0.1:${getOnly.port}/voice`;
  const fallback = report((await ask([url, "--json"])).out);
  assertEquals([fallback.cause, fallback.checks.find(({ id }) => id === "webhook.method")?.level], ["webhook-method", "error"]);
  assertEquals(report((await ask([url, "--json", "--method", "POST"])).out).cause, "webhook-not-found");
});

const apologizing = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, self) {
    const { pathname } = new URL(request.url);
    if (pathname === "/stream") return self.upgrade(request) ? undefined : new Response("no", { status: 400 });
    const xml = { headers: { "Content-Type": "text/xml" } };
    if (pathname === "/after") {
      await Bun.sleep(700);
      return new Response("<Response><Say>Our agent is away.</Say></Response>", xml);
    }
    const stream = `<Stream url="ws://127.0.0.1:${self.port}/stream"/>`;
    return new Response(`<Response><Say>Hello.</Say><Connect action="/after">${stream}</Connect></Response>`, xml);
  },
  websocket: {
    open: (socket) => socket.close(1011, "no key"),
    message() {},
  },
});
afterAll(() => apologizing.stop(true));

test("doctor: the answer of <Connect action> is awaited, and is part of what the caller hears", async () => {
  const { out } = await ask([`http://127.0.0.1:${apologizing.port}/voice`, "--json"]);
  const { cause, callerHears } = report(out);
  assertEquals(
    [cause, callerHears],
    ["stream-closes-on-start", '"Hello.", then a moment of silence, then "Our agent is away.", then the call ends'],
  );
}, 60_000);

test("doctor: a password in the URL is not printed", async () => {
  const { out, err } = await ask(["http://user:hunter2@127.0.0.1:1/voice"]);
  assert(!`${out}${err}`.includes("hunter2"));
});

for (const [what, args] of [
  ["an unknown check", ["https://a.example.net/", "--only", "url.color"]],
  ["an unreadable file", ["http://127.0.0.1:1/", "--say", "no.wav"]],
  ["an unreadable file of certificates", ["http://127.0.0.1:1/", "--ca", "/nowhere/ca.pem"]],
  ["a number without credentials", ["+15551234567"]],
] as const) {
  test(`doctor: ${what} is wrong usage`, async () => {
    await assertRejects(() => ask(args), UsageError);
  });
}

const account = { authToken: AUTH_TOKEN, accountSid: "AC0123456789abcdef0123456789abcdef", certFile: undefined, extraCertFile: undefined };

test("doctor: a number leads to its webhook, with Twilio's alerts about it explained", async () => {
  api.answers = {
    "/2010-04-01/": numberAnswer({ phone_number: "+15551234567", voice_url: "http://127.0.0.1:1/voice", voice_method: "POST" }),
    "/v1/Alerts": {
      body: {
        alerts: [
          { error_code: "11200", date_created: "2026-11-20T01:02:03Z", request_url: "http://127.0.0.1:1/voice" },
          { error_code: "11210", request_url: "https://other.example.net/" },
        ],
      },
    },
  };
  const { code, out } = await ask(["+15551234567"], { environment: account, twilioUrl: api.url });
  assertEquals(code, 3);
  assertStringIncludes(out, "2026-11-20T01:02:03Z 11200: the webhook could not be reached or answered with an HTTP error");
  assert(!out.includes("11210"));
});

test("doctor: a number without a webhook is the cause, and nothing is called", async () => {
  api.answers = { "/2010-04-01/": numberAnswer({ phone_number: "+15551234567", voice_url: "" }) };
  const { code, out } = await ask(["+15551234567", "--json"], { environment: account, twilioUrl: api.url });
  assertEquals([code, report(out).cause], [1, "number-no-webhook"]);
});
