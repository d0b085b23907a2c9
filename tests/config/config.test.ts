// The configuration: sources, values, and mistakes: all at once, without secrets.

import { afterAll, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import type { Agent } from "../../src/config/agents/agent.ts";
import { type Config, configKeys, loadConfig, readConfig, readDoctorEnvironment } from "../../src/config/config.ts";
import type { Mistake } from "../../src/config/mistake.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const token = "0123456789abcdef0123456789abcdef";
const accountSid = `AC${token}`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function config(env: Readonly<Record<string, string>>, flags: Readonly<Record<string, string>> = {}): Config {
  const result = readConfig(flags, env, folder);
  if ("mistakes" in result) throw new Error(JSON.stringify(result.mistakes));
  return result.config;
}

const agentOf = (read: Config): Agent => read.agents.agents[0];

function mistakes(env: Readonly<Record<string, string>>, flags: Readonly<Record<string, string>> = {}): readonly Mistake[] {
  const result = readConfig(flags, env, folder);
  return "mistakes" in result ? result.mistakes : [];
}

test("readConfig: with nothing set, the built-in agent answers local calls on all interfaces, port 8080", () => {
  const { host, port, publicUrl, twilioAuthToken, allowUnsigned, directStream, agents, recordsFile, logFormat, logLevel } = config({});
  assertEquals(
    {
      host,
      port,
      publicUrl,
      twilioAuthToken,
      allowUnsigned,
      directStream,
      model: agents.agents[0].models[0],
      recordsFile,
      logFormat,
      logLevel,
    },
    {
      host: "0.0.0.0",
      port: 8080,
      publicUrl: undefined,
      twilioAuthToken: undefined,
      allowUnsigned: false,
      directStream: false,
      model: { type: "builtIn" },
      recordsFile: undefined,
      logFormat: "auto",
      logLevel: "info",
    },
  );
});

test("readConfig: deeply frozen", () => {
  const read = config({ OPENAI_API_KEY: "sk-1", TWILIO_AUTH_TOKEN: token });
  for (const value of [read, read.agents, read.sentences, read.secrets, read.systemd]) assert(Object.isFrozen(value));
});

test("readConfig: every key is unique, and every default is valid", () => {
  assertEquals(new Set(configKeys.map(({ key }) => key)).size, configKeys.length);
  assertEquals(mistakes(Object.fromEntries(configKeys.map((one) => [one.key, one.default]).filter(([, value]) => value !== ""))), []);
});

/** A value and the result; null: counts as unset; undefined: a mistake. */
const values: readonly [key: string, text: string, pick: (config: Config) => unknown, value: unknown][] = [
  ["HOST", "::1", (one) => one.host, "::1"],
  ["HOST", "two words", (one) => one.host, undefined],
  ["PORT", "0", (one) => one.port, 0],
  ["PORT", "65536", (one) => one.port, undefined],
  ["PORT", "-1", (one) => one.port, undefined],
  ["PORT", "80x", (one) => one.port, undefined],
  ["PUBLIC_URL", "https://Voice.Example.com:443/", (one) => one.publicUrl, "https://voice.example.com"],
  ["PUBLIC_URL", "https://example.com:8443/line/1/", (one) => one.publicUrl, "https://example.com:8443/line/1"],
  ["PUBLIC_URL", "http://127.0.0.1:8080", (one) => one.publicUrl, "http://127.0.0.1:8080"],
  ["PUBLIC_URL", "http://[::1]:8080", (one) => one.publicUrl, "http://[::1]:8080"],
  ["PUBLIC_URL", "http://example.com", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "example.com", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/?a=1", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://user:word@example.com", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/twilio", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/line/twilio/voice/", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com//Twilio//Voice", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/twilio/realtime", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/healthz", (one) => one.publicUrl, undefined],
  ["PUBLIC_URL", "https://example.com/mytwilio", (one) => one.publicUrl, "https://example.com/mytwilio"],
  ["PUBLIC_URL", "https://example.com/twilio/line", (one) => one.publicUrl, "https://example.com/twilio/line"],
  ["TWILIO_AUTH_TOKEN", token, (one) => one.twilioAuthToken, token],
  ["TWILIO_AUTH_TOKEN", "", (one) => one.twilioAuthToken, undefined],
  ["TWILIO_AUTH_TOKEN", token.slice(1), (one) => one.twilioAuthToken, undefined],
  ["TWILIO_AUTH_TOKEN", `${token}\n`, (one) => one.twilioAuthToken, undefined],
  ["OPENAI_API_KEY", "", (one) => agentOf(one).models[0], undefined],
  ["OPENAI_API_KEY", "sk with space", (one) => agentOf(one).models[0], undefined],
  ["OPENAI_API_KEY", "sk-1\r\nX: y", (one) => agentOf(one).models[0], undefined],
  ["VOICE_NAME", "cedar", (one) => agentOf(one).voice, "cedar"],
  ["VOICE_NAME", "voice_0a1b", (one) => agentOf(one).voice, "voice_0a1b"],
  ["VOICE_NAME", "Marin", (one) => agentOf(one).voice, undefined],
  ["VOICE_LANGUAGE", "DE-de", (one) => one.language, "de-DE"],
  ["VOICE_LANGUAGE", "german_", (one) => one.language, undefined],
  ["VOICE_DIRECT_STREAM", "1", (one) => one.directStream, true],
  ["VOICE_DIRECT_STREAM", "no", (one) => one.directStream, false],
  ["VOICE_DIRECT_STREAM", "on", (one) => one.directStream, undefined],
  ["VOICE_DRAIN_MS", "0", (one) => one.drainMs, 0],
  ["VOICE_DRAIN_MS", "1.5", (one) => one.drainMs, undefined],
  ["VOICE_MAX_CALLS", "0", (one) => one.maxCalls, undefined],
  ["VOICE_MAX_MEMORY_MB", "512", (one) => one.maxMemoryMb, 512],
  ["VOICE_MAX_MEMORY_MB", "", (one) => one.maxMemoryMb, null],
  ["VOICE_MAX_MEMORY_MB", "63", (one) => one.maxMemoryMb, undefined],
  ["VOICE_BUSY", "", (one) => one.busy, "say"],
  ["VOICE_BUSY", "reject", (one) => one.busy, "reject"],
  ["VOICE_BUSY", "drop", (one) => one.busy, undefined],
  ["VOICE_TRANSFER_TO", "+15551234567", (one) => one.transferTo, "+15551234567"],
  ["VOICE_TRANSFER_TO", "sip:desk@example.com;transport=tls", (one) => one.transferTo, "sip:desk@example.com;transport=tls"],
  ["VOICE_TRANSFER_TO", "", (one) => one.transferTo, null],
  ["VOICE_TRANSFER_TO", "015551234567", (one) => one.transferTo, undefined],
  ["VOICE_TRANSFER_TO", "sip:example.com", (one) => one.transferTo, undefined],
  ["VOICE_TRANSFER_TO", 'sip:a@b"><Dial>', (one) => one.transferTo, undefined],
  ["VOICE_ALERT_URL", "https://hooks.example.com/a?b=c", (one) => one.alertUrl, "https://hooks.example.com/a?b=c"],
  ["VOICE_ALERT_URL", "http://127.0.0.1:9000", (one) => one.alertUrl, "http://127.0.0.1:9000/"],
  ["VOICE_ALERT_URL", "http://hooks.example.com", (one) => one.alertUrl, undefined],
  ["VOICE_ALERT_URL", "hooks.example.com", (one) => one.alertUrl, undefined],
  ["VOICE_SENTENCE_TRANSFERRING", "Ich verbinde.", (one) => one.sentences.transferring, "Ich verbinde."],
  ["VOICE_SENTENCE_BUSY", "Besetzt.", (one) => one.sentences.busy, "Besetzt."],
  ["OPENAI_TRANSCRIPTION_MODEL", "", (one) => agentOf(one).hearing.transcriptionModel, "gpt-transcribe"],
  ["OPENAI_TRANSCRIPTION_MODEL", "whisper-1", (one) => agentOf(one).hearing.transcriptionModel, "whisper-1"],
  ["OPENAI_TRANSCRIPTION_MODEL", "off", (one) => agentOf(one).hearing.transcriptionModel, null],
  ["OPENAI_TRANSCRIPTION_MODEL", "two words", (one) => agentOf(one).hearing.transcriptionModel, undefined],
  ["TWILIO_ACCOUNT_SID", accountSid, (one) => one.accountSid, accountSid],
  ["TWILIO_ACCOUNT_SID", accountSid.replace("AC", "SK"), (one) => one.accountSid, undefined],
  ["TWILIO_PHONE_NUMBER", "+4930123456", (one) => one.phoneNumber, "+4930123456"],
  ["TWILIO_PHONE_NUMBER", "+49 30 123456", (one) => one.phoneNumber, undefined],
  ["VOICE_SENTENCE_APOLOGY", "Leider nicht.", (one) => one.sentences.apology, "Leider nicht."],
  ["VOICE_SENTENCE_APOLOGY", "x".repeat(1_001), (one) => one.sentences.apology, undefined],
  ["VOICE_GREETING", "", (one) => agentOf(one).greeting.type, "instruct"],
  ["VOICE_RECORDS", "/var/lib/voice/calls.jsonl", (one) => one.recordsFile, "/var/lib/voice/calls.jsonl"],
  ["VOICE_METRICS_LISTEN", "127.0.0.1:9464", (one) => one.metricsListen, { host: "127.0.0.1", port: 9464 }],
  ["VOICE_METRICS_LISTEN", "[::1]:0", (one) => one.metricsListen, { host: "::1", port: 0 }],
  ["VOICE_METRICS_LISTEN", "metrics.internal:9464", (one) => one.metricsListen, { host: "metrics.internal", port: 9464 }],
  ["VOICE_METRICS_LISTEN", "", (one) => one.metricsListen, null],
  ["VOICE_METRICS_LISTEN", "9464", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", ":9464", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", "127.0.0.1", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", "127.0.0.1:65536", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", "::1:9464", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", "[127.0.0.1]:9464", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_LISTEN", "http://127.0.0.1:9464", (one) => one.metricsListen, undefined],
  ["VOICE_METRICS_TOKEN", "0123456789abcdef", (one) => one.metricsToken, "0123456789abcdef"],
  ["VOICE_METRICS_TOKEN", "0123456789abcde", (one) => one.metricsToken, undefined],
  ["VOICE_METRICS_TOKEN", "", (one) => one.metricsToken, undefined],
  ["VOICE_METRICS_TOKEN", "0123456789 abcdef", (one) => one.metricsToken, undefined],
  ["VOICE_LOG_FORMAT", "JSON", (one) => one.logFormat, undefined],
  ["VOICE_LOG_LEVEL", "debug", (one) => one.logLevel, "debug"],
  ["NO_COLOR", "1", (one) => one.colors, false],
  ["NO_COLOR", "", (one) => one.colors, true],
];
for (const [key, text, pick, value] of values) {
  test(`readConfig: ${key}=${JSON.stringify(text.slice(0, 40))} is ${value === undefined ? "a mistake" : JSON.stringify(value)}`, () => {
    if (value === undefined)
      assertEquals(
        mistakes({ [key]: text }).map(({ what }) => what),
        [key],
      );
    else assertEquals(pick(config({ [key]: text })) ?? null, value);
  });
}

/** OPENAI_BASE_URL as the SDKs take it, and the URL to dial. */
const baseUrls: readonly [text: string, dialled: string | undefined][] = [
  ["https://api.openai.com/v1", "wss://api.openai.com/v1/realtime"],
  ["https://api.openai.com/v1/", "wss://api.openai.com/v1/realtime"],
  ["wss://host/v1/realtime", "wss://host/v1/realtime"],
  ["http://127.0.0.1:9000/v1", "ws://127.0.0.1:9000/v1/realtime"],
  ["ws://model:9000", "ws://model:9000/realtime"],
  ["ftp://host/v1", undefined],
  ["https://host/v1?api-version=1", undefined],
  ["host", undefined],
];
for (const [text, dialled] of baseUrls) {
  test(`readConfig: OPENAI_BASE_URL=${text} dials ${dialled ?? "nothing: a mistake"}`, () => {
    const env = { OPENAI_API_KEY: "sk-1", OPENAI_BASE_URL: text };
    if (dialled === undefined)
      assertEquals(
        mistakes(env).map(({ what }) => what),
        ["OPENAI_BASE_URL"],
      );
    else assertEquals(agentOf(config(env)).models[0], { type: "openai", apiKey: "sk-1", model: "gpt-realtime-2.1", realtimeUrl: dialled });
  });
}

/** OPENAI_BASE_URL, and the default transcription model. */
const transcribers: readonly [text: string, model: string | null][] = [
  ["https://api.openai.com/v1", "gpt-transcribe"],
  ["https://eu.api.openai.com/v1", "gpt-transcribe"],
  ["https://notapi.openai.com.example/v1", null],
  ["http://127.0.0.1:9000/v1", null],
];
for (const [text, model] of transcribers) {
  test(`readConfig: OPENAI_BASE_URL=${text}: transcribed by ${model ?? "no model"}`, () => {
    assertEquals(agentOf(config({ OPENAI_API_KEY: "sk-1", OPENAI_BASE_URL: text })).hearing.transcriptionModel, model);
    const set = config({ OPENAI_BASE_URL: text, OPENAI_TRANSCRIPTION_MODEL: "whisper-1" });
    assertEquals(agentOf(set).hearing.transcriptionModel, "whisper-1");
  });
}

test("readConfig: all mistakes at once, each with value, expectation and hint", () => {
  const found = mistakes({ VOICE_NAME: "marine", TWILIO_AUTH_TOKEN: "" }, { PORT: "99999" });
  assertEquals(found.map(({ what }) => what).toSorted(), ["--port", "TWILIO_AUTH_TOKEN", "VOICE_NAME"]);
  assertEquals(
    found.find(({ what }) => what === "--port"),
    { what: "--port", problem: 'expected a whole number from 0 to 65535, got "99999"', hint: "try 8080" },
  );
  assertEquals(found.find(({ what }) => what === "TWILIO_AUTH_TOKEN")?.problem, "expected 32 hexadecimal digits, got an empty value");
  assertEquals(found.find(({ what }) => what === "VOICE_NAME")?.hint, "did you mean marin?");
});

test("loadConfig: a voice.toml that is a link to nothing is a mistake, not a configuration without the file", async () => {
  for (const target of ["absent.toml", "voice.toml"]) {
    const linked = mkdtempSync(join(folder, "linked-"));
    symlinkSync(target, join(linked, "voice.toml"));
    const result = await loadConfig({}, {}, linked);
    assert("mistakes" in result);
    assertEquals(
      result.mistakes.map(({ what }) => what),
      [join(linked, "voice.toml")],
    );
  }
});

test("readConfig: a mistake in a secret does not show it", () => {
  const found = mistakes({ TWILIO_AUTH_TOKEN: "my-secret-token", OPENAI_API_KEY: "my secret key" });
  assertEquals(found.length, 2);
  assert(!JSON.stringify(found).includes("secret-token") && !JSON.stringify(found).includes("secret key"));
});

test("readConfig: flags override the environment, which overrides the env file, which overrides systemd's credentials", () => {
  const path = file("order.env", "PORT=3\nVOICE_NAME=ash\nOPENAI_API_KEY=sk-file\n# a comment\n");
  const credentials = mkdtempSync(join(folder, "credentials-"));
  writeFileSync(join(credentials, "openai_api_key"), "sk-credential\n");
  writeFileSync(join(credentials, "twilio_auth_token"), `${token}\n`);
  const read = config({ PORT: "2", VOICE_ENV_FILE: path, CREDENTIALS_DIRECTORY: credentials }, { PORT: "1" });
  assertEquals([read.port, agentOf(read).voice, read.twilioAuthToken], [1, "ash", token]);
  const [model] = agentOf(read).models;
  assertEquals(model.type === "openai" && model.apiKey, "sk-file");
  assertEquals(read.secrets, [token, "sk-file"]);
  assertEquals(config({ PORT: "2" }, { VOICE_ENV_FILE: path }).port, 2);
});

test("readConfig: a mistake names the setting's source", () => {
  const path = file("wrong.env", "PORT=x");
  const credentials = mkdtempSync(join(folder, "credentials-"));
  writeFileSync(join(credentials, "twilio_auth_token"), "");
  const found = mistakes({ CREDENTIALS_DIRECTORY: credentials }, { VOICE_ENV_FILE: path });
  assertEquals(found.map(({ what }) => what).toSorted(), [`PORT in ${path}`, "the credential twilio_auth_token"]);
});

test("readConfig: a missing env file is a mistake", () => {
  assertEquals(
    mistakes({}, { VOICE_ENV_FILE: join(folder, "absent.env") }).map(({ what }) => what),
    ["--env-file"],
  );
});

test("readConfig: a .env file is not read without --env-file, and envFileIgnored says so", () => {
  const path = file(".env", "PORT=1234");
  assertEquals([config({}).port, config({}).envFileIgnored], [8080, true]);
  const read = config({}, { VOICE_ENV_FILE: path });
  assertEquals([read.port, read.envFileIgnored], [1234, false]);
  rmSync(path);
  assertEquals(config({}).envFileIgnored, false);
});

test("readConfig: an unknown VOICE_ setting is a warning with the nearest name, without its value", () => {
  const result = readConfig({}, { VOICE_DRIAN_MS: "sk-1", VOICE_NAME: "ash" }, folder);
  assert("warnings" in result);
  assertEquals(result.warnings, [{ what: "VOICE_DRIAN_MS", problem: "unknown setting", hint: "did you mean VOICE_DRAIN_MS?" }]);
});

test("readConfig: a base URL without a key is a warning", () => {
  const result = readConfig({}, { OPENAI_BASE_URL: "http://127.0.0.1/v1" }, folder);
  assert("warnings" in result);
  assertEquals(
    result.warnings.map(({ what }) => what),
    ["OPENAI_BASE_URL"],
  );
});

test("readConfig: systemd's socket and watchdog, but not another process's watchdog", () => {
  const env = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "30000000" };
  const expected = { notifySocket: "/run/systemd/notify", watchdogUsec: 30_000_000 };
  assertEquals(config(env).systemd, expected);
  assertEquals(config({ ...env, WATCHDOG_PID: String(process.pid) }).systemd, expected);
  assertEquals(config({ ...env, WATCHDOG_PID: "1" }).systemd.watchdogUsec, undefined);
  assertEquals(config({}).systemd, { notifySocket: undefined, watchdogUsec: undefined });
});

test("readDoctorEnvironment: credentials and certificates; empty counts as unset", () => {
  const env = { TWILIO_AUTH_TOKEN: "t", TWILIO_ACCOUNT_SID: "", SSL_CERT_FILE: "/a.pem", NODE_EXTRA_CA_CERTS: "/b.pem" };
  assertEquals(readDoctorEnvironment(env), { authToken: "t", accountSid: undefined, certFile: "/a.pem", extraCertFile: "/b.pem" });
});

test("readConfig: a mistake in a URL shows neither password nor key, in any setting", () => {
  const secret = "hunter2";
  const keys = ["PUBLIC_URL", "OPENAI_BASE_URL", "VOICE_ALERT_URL", "VOICE_TRANSFER_TO", "PORT", "HOST", "VOICE_LOG_LEVEL"];
  const texts = [
    `https://user:${secret}@host.example/#a`,
    `ftp://user:${secret}@host.example`,
    `https://:${secret}@host.example#a`,
    `http://host.example/?key=${secret}`,
  ];
  for (const key of keys) {
    for (const text of texts) {
      const found = mistakes({ [key]: text, OPENAI_API_KEY: "sk-1" });
      assertEquals(
        found.map(({ what }) => what),
        [key],
        text,
      );
      assert(!JSON.stringify(found).includes(secret), JSON.stringify(found));
    }
  }
});

test("readConfig: a key in the wrong setting is not shown", () => {
  for (const key of ["PORT", "PUBLIC_URL", "VOICE_LOG_LEVEL"]) {
    for (const text of [token, "sk-proj-0123456789"]) assert(!JSON.stringify(mistakes({ [key]: text })).includes(text.slice(-8)));
  }
});

test("readConfig: the log masks what is secret in the alert URL", () => {
  const path = "0123456789abcdefghijkl";
  assertEquals(config({ VOICE_ALERT_URL: `https://hooks.example/${path}` }).secrets, [path]);
});

test("readConfig: what is wrong in the env file, and what is unwise, is reported with its line", () => {
  const path = file("lines.env", "PORT=1\njunk\nPORT=2\n");
  assertEquals(
    mistakes({}, { VOICE_ENV_FILE: path }).map(({ what }) => what),
    [`${path}, line 2`],
  );
  const result = readConfig({}, { VOICE_ENV_FILE: file("twice.env", "PORT=1\nPORT=2\nVOICE_PROMPT=x\n") }, folder);
  assert("warnings" in result);
  assertEquals(
    result.warnings.map(({ hint }) => hint),
    ["remove one of them", "did you mean VOICE_INSTRUCTIONS?"],
  );
});
