// voice.toml: what a file says, and every mistake with its place. mistakes/NAME.txt has a file, then "---", then what
// is reported. UPDATE_MISTAKES=1 writes what is reported now; review the diff.

import { afterAll, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AgentBook } from "../../../src/config/agents/agent.ts";
import { type AgentDefaults, agentOfSettings } from "../../../src/config/agents/default-agent.ts";
import { type AgentsResult, MAX_MISTAKES, readAgents } from "../../../src/config/agents/read-agents.ts";
import { templates } from "../../../src/config/agents/templates.ts";
import { checkProperty } from "../../support/properties.ts";

const folder = mkdtempSync(join(tmpdir(), "agents-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "reception.md"), "You are the reception.\n");
writeFileSync(join(folder, "empty.md"), "\n");
writeFileSync(join(folder, "key"), "sk-from-a-file\n");

const realtimeUrl = "wss://api.openai.com/v1/realtime";
const defaults: AgentDefaults = {
  agent: agentOfSettings({
    model: { type: "openai", apiKey: "sk-default", model: "gpt-realtime-2.1", realtimeUrl },
    instructions: "Be brief.",
    greeting: "Greet the caller.",
    voice: "cedar",
    transcriptionModel: "gpt-transcribe",
  }),
  env: { OTHER_KEY: "sk-other-key", EMPTY_KEY: "", CREDENTIALS_DIRECTORY: folder },
  apiKey: "sk-default",
  realtimeUrl,
  transcriptionModel: (url) => (url === realtimeUrl ? "gpt-transcribe" : null),
};

function read(text: string, given: AgentDefaults = defaults): AgentsResult {
  const path = join(folder, "voice.toml");
  writeFileSync(path, text);
  return readAgents(path, given);
}

function bookOf(text: string, given?: AgentDefaults): AgentBook {
  const result = read(text, given);
  if ("mistakes" in result) throw new Error(JSON.stringify(result.mistakes));
  return result.book;
}

const cases = new URL("mistakes/", import.meta.url);
for (const name of readdirSync(cases)) {
  test(`readAgents: ${name}`, () => {
    const file = new URL(name, cases);
    const [toml = ""] = readFileSync(file, "utf8").split(/^---\n/m);
    const result = read(toml);
    assert("mistakes" in result, "no mistake was found");
    const lines = result.mistakes.map(({ what, problem, hint }) => `${what}: ${problem}\n  hint: ${hint}\n`);
    const whole = `${toml}---\n${lines.join("").replaceAll(`${folder}/`, "").replaceAll(folder, "FOLDER")}`;
    if (process.env["UPDATE_MISTAKES"] === "1") writeFileSync(file, whole);
    else assertEquals(readFileSync(file, "utf8"), whole);
  });
}

test("readAgents: an agent that says only who it is has the settings' model, voice and greeting", () => {
  assertEquals(bookOf('[agents.a]\ninstructions = "Sell bicycles."').agents, [
    { ...defaults.agent, name: "a", instructions: "Sell bicycles." },
  ]);
});

test("readAgents: every key of an agent", () => {
  const [agent] = bookOf(`
    [agents.a]
    instructions = "file:reception.md"
    models = ["gpt-realtime-2.1-mini", { model = "m", url = "https://voice.example.com/v1", key = "\${OTHER_KEY}" }]
    languages = ["de-de", "en-US"]
    greeting = { say = "Guten Tag." }
    voice = "voice_0a1b"
    speed = 1.2
    hearing = { turn = "semantic", eagerness = "low", noise = "off", keywords = ["Acme"], transcription = "whisper-1" }
  `).agents;
  assertEquals(agent, {
    name: "a",
    instructions: "You are the reception.",
    models: [
      { type: "openai", apiKey: "sk-default", model: "gpt-realtime-2.1-mini", realtimeUrl },
      { type: "openai", apiKey: "sk-other-key", model: "m", realtimeUrl: "wss://voice.example.com/v1/realtime" },
    ],
    languages: ["de-DE", "en-US"],
    greeting: { type: "say", words: "Guten Tag." },
    voice: "voice_0a1b",
    speed: 1.2,
    hearing: { turn: { type: "semantic", eagerness: "low" }, noise: null, keywords: ["Acme"], transcriptionModel: "whisper-1" },
    tools: [],
    patience: { idle: undefined, duration: undefined },
    budget: { perCallUsd: undefined, perDayUsd: undefined },
    canHangUp: false,
    canSendDigits: false,
    digits: [],
    keys: {},
    transfers: [],
    onFailure: undefined,
  });
});

test("readAgents: server turns have the defaults of the API, and a model of another server is not transcribed", () => {
  const [agent] = bookOf(`
    [agents.a]
    instructions = "x"
    models = [{ model = "m", url = "ws://127.0.0.1:9000/v1" }]
    hearing = { silence_ms = 900 }
  `).agents;
  assertEquals(agent.hearing, {
    turn: { type: "server", threshold: 0.5, silenceMs: 900, prefixMs: 300 },
    noise: "near_field",
    keywords: [],
    transcriptionModel: null,
  });
});

for (const [reference, key] of [
  ["${OTHER_KEY}", "sk-other-key"],
  ["file:key", "sk-from-a-file"],
  ["credential:key", "sk-from-a-file"],
] as const) {
  test(`readAgents: the key ${reference} is among the secrets that the log masks`, () => {
    const result = read(`[agents.a]\ninstructions = "x"\nmodels = [{ model = "m", key = ${JSON.stringify(reference)} }]`);
    assertEquals("book" in result && [result.book.agents[0].models[0], result.secrets], [
      { type: "openai", apiKey: key, model: "m", realtimeUrl },
      [key],
    ]);
  });
}

test("readAgents: without any key the built-in agent answers", () => {
  const given = { ...defaults, apiKey: undefined };
  assertEquals(bookOf('[agents.a]\ninstructions = "x"\nmodels = ["m"]', given).agents[0].models[0], { type: "builtIn" });
});

test("readAgents: numbers, opening hours and callers", () => {
  const { numbers, callers } = bookOf(`
    [agents.day]
    instructions = "x"
    [agents.night]
    instructions = "x"
    [numbers."+1 (555) 000-1111"]
    agent = "day"
    [numbers."SIP:Desk@PBX.example.com"]
    agent = "night"
    [numbers."*"]
    agent = "day"
    hours = { tz = "Europe/Berlin", open = ["Mon-Fri 09:00-17:00"], closed = { say = "We are closed." } }
    [callers]
    deny = ["+1 900", "client:mallory", "Anonymous"]
    per_number = 2
    anonymous = "reject"
  `);
  const hours = {
    timeZone: "Europe/Berlin",
    open: [{ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1020 }],
    closed: { type: "say", words: "We are closed." },
  };
  assertEquals([...numbers], [
    ["+15550001111", { agent: "day", hours: undefined }],
    ["sip:Desk@pbx.example.com", { agent: "night", hours: undefined }],
    ["*", { agent: "day", hours }],
  ] as unknown);
  assertEquals(callers, { deny: ["+1900", "client:mallory", "anonymous"], perNumber: 2, anonymous: "reject" });
});

for (const [name, text] of Object.entries(templates)) {
  test(`readAgents: the template ${name} works as it is`, () => assert(bookOf(text).agents.length > 0));
}

test("readAgents: a file that cannot be read is one mistake", () => {
  const result = readAgents(join(folder, "none.toml"), defaults);
  assertEquals("mistakes" in result && result.mistakes.length, 1);
});

test("readAgents: any text gives a book or mistakes, and never throws", () => {
  const words = [
    "[agents.a]",
    "[numbers]",
    "instructions",
    "=",
    '"x"',
    "\n",
    "{",
    "}",
    "[",
    "]",
    "model",
    ".",
    "'",
    "1",
    "true",
    "hearing",
    ",",
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join(" ")),
  );
  checkProperty(
    fc.property(text, (toml) => {
      const result = read(`[agents.a]\ninstructions = "x"\n${toml}`);
      assert("book" in result || result.mistakes.length > 0);
    }),
    { numRuns: 300 },
  );
});

test("readAgents: a file that is not UTF-8 is one mistake; a byte order mark and CRLF are none", () => {
  const path = join(folder, "encoded.toml");
  const toml = '[agents.a]\ninstructions = "Caf\u00e9"\n';
  const result = (bytes: Uint8Array): AgentsResult => {
    writeFileSync(path, bytes);
    return readAgents(path, defaults);
  };
  for (const encoding of ["latin1", "utf16le"] as const) {
    const bytes = Buffer.concat([Buffer.from(encoding === "utf16le" ? [0xff, 0xfe] : []), Buffer.from(toml, encoding)]);
    const read = result(bytes);
    assert("mistakes" in read);
    assertEquals(
      read.mistakes.map(({ what, problem }) => [what, problem]),
      [[path, "is not UTF-8 text"]],
    );
  }
  assert("book" in result(Buffer.from(`\ufeff${toml.replaceAll("\n", "\r\n")}`)));
});

test("readAgents: of many mistakes the first MAX_MISTAKES are reported, and how many follow", () => {
  for (const more of [0, 7]) {
    const keys = Array.from({ length: MAX_MISTAKES + more }, (_, index) => `${"k".repeat(10_000)}${index} = 1\n`).join("");
    const result = read(`[agents.a]\ninstructions = "x"\n${keys}`);
    assert("mistakes" in result);
    assertEquals(result.mistakes.length, MAX_MISTAKES + Math.sign(more));
    assert(result.mistakes.every(({ what }) => what.length < 400));
    if (more > 0) assertEquals(result.mistakes.at(-1)?.problem, "has 7 more mistakes");
  }
});
