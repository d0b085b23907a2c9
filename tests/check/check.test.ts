// A whole `voice check`: where everything works, where everything is wrong, without network, and as a process.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assertEquals, assertMatch } from "@std/assert";
import * as platform from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import { type CheckIo, type CheckOptions, check } from "../../src/check/check.ts";
import type { ModelChoice } from "../../src/config/agents/agent.ts";
import type { Config } from "../../src/config/config.ts";
import { scriptedBrain } from "../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { startServer, testConfig } from "../e2e/server-under-test.ts";
import { parseReport, type ReportJson } from "../report/schema.ts";
import { agentsWith } from "../server/fakes.ts";
import { oneSecond } from "../simulators/openai/client.ts";
import { accountAnswer, modelAnswer, numberAnswer, startStubApi } from "../support/stub-apis.ts";

const clock = realClock();
const accountSid = "AC0123456789abcdef0123456789abcdef";
const phoneNumber = "+15551234567";
const listing = startStubApi({});
const twilio = startStubApi({});
let keyIsGood = true;
const model = startModelSimulator({
  listen: platform.listen,
  clock,
  behaviourFor: () => ({ brain: scriptedBrain([oneSecond]), ...(keyIsGood ? {} : { handshake: "401" }) }),
});
/** As at OpenAI, one host has the Realtime API and the list of models. */
const openai = Bun.serve<{ far: WebSocket }>({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, self) {
    const { pathname, search } = new URL(request.url);
    if (pathname !== "/v1/realtime") return fetch(`${listing.url}${pathname}`, { headers: request.headers });
    if (!keyIsGood) return fetch(`${model.url.replace("ws:", "http:")}${search}`, { headers: { authorization: "Bearer x" } });
    const far = new WebSocket(`${model.url}${search}`, { headers: { authorization: "Bearer x" } });
    return self.upgrade(request, { data: { far } }) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.data.far.onmessage = ({ data }) => void socket.send(String(data));
    },
    message(socket, text) {
      const { far } = socket.data;
      if (far.readyState === WebSocket.OPEN) far.send(text);
      else far.addEventListener("open", () => far.send(text));
    },
    close: (socket) => socket.data.far.close(),
  },
});
const voice = startServer();
afterAll(() => Promise.all([openai.stop(true), model.stop(), listing.stop(), twilio.stop(), voice.stop()]));

function openAiModel(realtimeUrl: string): ModelChoice {
  return { type: "openai", apiKey: "sk-test-0123456789", model: "gpt-realtime-2.1", realtimeUrl };
}

const good: Config = {
  ...testConfig,
  port: voice.voice.port,
  publicUrl: voice.origin,
  agents: agentsWith(openAiModel(`ws://127.0.0.1:${openai.port}/v1/realtime`), "gpt-transcribe"),
  transferTo: "+15557654321",
  alertUrl: "https://hooks.example.com/voice",
  accountSid,
  phoneNumber,
};

async function run(
  config: Config,
  args: Partial<CheckOptions> = {},
  twilioUrl = twilio.url,
): Promise<{ code: number; text: string; findings: ReportJson["checks"] }> {
  let text = "";
  const print = (more: string): void => {
    text += more;
  };
  const io: CheckIo = { platform, clock, random: randomBytes, trust: {}, print, openFile, colors: false, twilioUrl };
  const code = await check(config, { json: true, junit: undefined, speak: false, ...args }, io);
  return { code, text, findings: args.json === false ? [] : parseReport(text).checks };
}

function allRight(): void {
  keyIsGood = true;
  listing.answers = { "/v1/models/": modelAnswer("m") };
  const number = {
    phone_number: phoneNumber,
    voice_url: `${voice.origin}/twilio/voice`,
    voice_method: "POST",
    voice_fallback_url: "https://handler.twilio.com/twiml/EH1",
    status_callback: `${voice.origin}/twilio/status`,
  };
  twilio.answers = { [`/2010-04-01/Accounts/${accountSid}.json`]: accountAnswer(), "/2010-04-01/": numberAnswer(number) };
}

const openFile = () => Promise.reject(new Error("BUG: no file was asked for"));

const everything = [
  "openai.model",
  "openai.transcription",
  "openai.session",
  "server.local",
  "address.public",
  "address.webhook",
  "address.stream",
  "twilio.account",
  "twilio.number",
  "twilio.fallback",
  "twilio.status",
];

test("check: where everything works, every finding is ok, and the exit code is 0", async () => {
  allRight();
  const { code, findings } = await run(good);
  assertEquals(
    findings.map(({ id, level }) => [id, level]),
    everything.map((id) => [id, "ok"]),
  );
  assertEquals(code, 0);
});

test("check: with speak, the model says one word", async () => {
  allRight();
  const { code, findings } = await run(good, { speak: true });
  assertEquals([code, findings.find(({ id }) => id === "openai.speech")?.level], [0, "ok"]);
});

test("check: where everything is wrong, each error has its fix, no secret is shown, and the exit code is 1", async () => {
  keyIsGood = false;
  listing.answers = {
    "/v1/models/": { status: 401, body: { error: { code: "invalid_api_key", message: "Incorrect API key: sk-test-0123456789" } } },
  };
  twilio.answers = {
    [`/2010-04-01/Accounts/${accountSid}.json`]: accountAnswer({ auth_token: "f".repeat(32) }),
    "/2010-04-01/": numberAnswer({ phone_number: phoneNumber, voice_url: "https://demo.twilio.com/welcome/voice/" }),
  };
  const { code, text, findings } = await run({
    ...good,
    publicUrl: "https://no-such-host.invalid",
    transferTo: undefined,
    alertUrl: undefined,
  });
  const wrong = findings.filter(({ level }) => level === "error").map(({ id }) => id);
  assertEquals(wrong, ["openai.model", "openai.transcription", "openai.session", "address.public", "twilio.account", "twilio.number"]);
  assertEquals(
    findings.filter(({ level, fix }) => level !== "ok" && level !== "untested" && fix === null),
    [],
  );
  for (const secret of ["sk-test-0123456789", testConfig.twilioAuthToken ?? "?", "f".repeat(32)])
    assertEquals(text.includes(secret), false);
  assertEquals(code, 1);
});

test("check: a service that cannot be reached is exit code 3", async () => {
  allRight();
  twilio.answers = { "/": { status: 503, body: {} } };
  const { code, findings } = await run(good);
  assertEquals([code, findings.filter(({ level }) => level === "unreachable").map(({ id }) => id)], [3, ["twilio.account"]]);
});

test("check: on a host without network nothing is an error, and the exit code is 3", async () => {
  const agents = agentsWith(openAiModel("ws://127.0.0.1:1/v1/realtime"), "gpt-transcribe");
  const { code, findings } = await run({ ...good, agents, publicUrl: "https://no-such-host.invalid" }, {}, "http://127.0.0.1:1");
  assertEquals(
    findings.filter(({ level }) => level !== "ok").map(({ id, level }) => [id, level]),
    ["openai.model", "openai.transcription", "openai.session", "address.public", "twilio.account"].map((id) => [id, "unreachable"]),
  );
  assertEquals(code, 3);
});

test("check: without settings it says what is missing, tests the rest, and exits with 0", async () => {
  const bare = { ...testConfig, port: 0, twilioAuthToken: undefined };
  const { code, text } = await run(bare, { json: false });
  assertEquals(code, 0);
  for (const setting of ["TWILIO_AUTH_TOKEN", "OPENAI_API_KEY"]) assertMatch(text, new RegExp(`^! setting\\.${setting} `, "m"));
  assertMatch(text, /^- openai\.model /m);
  assertMatch(text, /^✓ server\.local /m);
  assertMatch(text, /^no errors found; \d warnings\n/);
});

test("voice check: a wrong setting is reported before anything is tested, exit 2", () => {
  const main = `${import.meta.dir}/../../src/main.ts`;
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, main, "check", "--port", "99999"], {
    env: { OPENAI_API_KEY: "a b" },
  });
  assertEquals([exitCode, stdout.toString()], [2, ""]);
  assertMatch(stderr.toString(), /OPENAI_API_KEY: .*got 3 characters \(not shown\)[\s\S]*--port: .*got "99999"/);
});
