// Tools against a server on loopback: what is sent, what the model gets, and what is never reached.

import { afterAll, test } from "bun:test";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import type { LookUp } from "../../../src/adapters/tools/guarded-request.ts";
import { MAX_ARGUMENT_CHARS, toolRunner } from "../../../src/adapters/tools/tool-runner.ts";
import type { ToolCall, ToolPort } from "../../../src/call/ports.ts";
import type { HttpTool } from "../../../src/config/agents/agent.ts";
import { MAX_PATTERN_TEXT_CHARS } from "../../../src/protocol/json-schema/pattern-cost.ts";
import type { FunctionCall } from "../../../src/protocol/realtime/realtime.ts";

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** Never answers. */
  readonly hangs?: boolean;
}

const received: Received[] = [];
let answer: Answer = {};
const server = createServer((request, response) => {
  const chunks: Uint8Array[] = [];
  request.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
  request.on("end", () => {
    const { method = "", url = "", headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    if (answer.hangs === true) return;
    response.writeHead(answer.status ?? 200, answer.headers ?? {});
    response.end(answer.body ?? '{"name":"Ada","at":"six","secret":"x"}');
  });
});
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const phone = { type: "object", properties: { phone: { type: "string" } }, required: ["phone"], additionalProperties: false };
const tool: HttpTool = {
  name: "find_booking",
  description: "Finds a booking.",
  parameters: phone,
  method: "GET",
  url: `http://127.0.0.1:${port}/bookings/{{phone}}?by={{caller}}`,
  headers: { Authorization: "Bearer key" },
  fields: {},
  body: "none",
  timeoutMs: 5_000,
  privateHosts: ["127.0.0.1"],
  maxBytes: 8_192,
  keep: [],
};
const identity = { callSid: "CA1", accountSid: "AC1", from: "+15550100", to: "+15550199", direction: undefined };

interface Ran {
  readonly output: string;
  readonly requests: readonly Received[];
  readonly problem: unknown;
}

function outputOf(
  runner: ToolPort,
  call: FunctionCall,
  signal = new AbortController().signal,
  typed: ToolCall["typed"] = {},
): Promise<string> {
  return new Promise((resolve) => runner.run({ ...call, typed }, identity, signal, resolve));
}

async function run(more: Partial<HttpTool>, given: string, reply: Answer = {}, lookUp?: LookUp): Promise<Ran> {
  answer = reply;
  received.length = 0;
  let problem: unknown;
  const log = (_level: string, _event: string, fields: Readonly<Record<string, unknown>>): void => {
    problem = fields["problem"];
  };
  const runner = toolRunner([{ ...tool, ...more }], { clock: realClock(), log, ...(lookUp === undefined ? {} : { lookUp }) });
  const call = { callId: "c1", name: "find_booking", arguments: given };
  const output = await outputOf(runner, call);
  return { output, requests: [...received], problem };
}

test("toolRunner: GET: the arguments are in the URL, encoded, and the answer is the model's", async () => {
  const { output, requests, problem } = await run({}, '{"phone":"+1 555/1?2#3"}');
  assertEquals([output, problem], ['{"name":"Ada","at":"six","secret":"x"}', undefined]);
  const [request] = requests;
  assertEquals([request?.method, request?.url], ["GET", "/bookings/%2B1%20555%2F1%3F2%233?by=%2B15550100"]);
  assertEquals([request?.headers.authorization, request?.body], ["Bearer key", ""]);
  assertEquals(request?.headers["accept-encoding"], "identity");
  assertMatch(String(request?.headers["idempotency-key"]), /^[0-9a-f]{32}$/);
  assertMatch(String(request?.headers.traceparent), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test("toolRunner: the same call of a function has the same Idempotency-Key, another one has another", async () => {
  const keys: unknown[] = [];
  for (let time = 0; time < 2; time++) keys.push((await run({}, '{"phone":"1"}')).requests[0]?.headers["idempotency-key"]);
  assertEquals(keys[0], keys[1]);
});

test("toolRunner: POST sends JSON, or a form", async () => {
  const parameters = { type: "object" };
  const url = `http://127.0.0.1:${port}/bookings`;
  const given = '{"name":"Ada & Co","seats":2}';
  const [json] = (await run({ method: "POST", body: "json", url, parameters }, given)).requests;
  assertEquals([json?.headers["content-type"], JSON.parse(json?.body ?? "")], ["application/json", JSON.parse(given)]);
  const [form] = (await run({ method: "POST", body: "form", url, parameters }, given)).requests;
  assertEquals([form?.headers["content-type"], form?.body], ["application/x-www-form-urlencoded", "name=Ada+%26+Co&seats=2"]);
});

test("toolRunner: only the parts to keep reach the model", async () => {
  assertEquals((await run({ keep: ["$.name", "$.at", "$.none"] }, '{"phone":"1"}')).output, '{"name":"Ada","at":"six"}');
  assertEquals(
    (await run({ keep: ["$.items[1].price"] }, '{"phone":"1"}', { body: '{"items":[{},{"price":5}]}' })).output,
    '{"items[1].price":5}',
  );
  assertStringIncludes((await run({ keep: ["$.name"] }, '{"phone":"1"}', { body: "<html>" })).output, "is not JSON");
});

/** Arguments that are never sent. */
const refused: readonly [given: string, words: RegExp][] = [
  ['{"phone":', /^Not run: the arguments are not JSON/],
  ['{"phone":"1', /^Not run: the arguments are not JSON/],
  ["[]", /not a JSON object/],
  ["null", /not a JSON object/],
  ["", /invalid arguments.*phone/],
  ["{}", /invalid arguments.*phone/],
  ['{"phone":5}', /phone: Instance type "number" is invalid/],
  ['{"phone":"1","admin":true}', /admin/],
  ['{"phone":".."}', /must not be dots/],
  ['{"phone":"."}', /must not be dots/],
  [`{"phone":"${"1".repeat(MAX_ARGUMENT_CHARS)}"}`, /longer than/],
];
for (const [given, words] of refused) {
  test(`toolRunner: ${given.slice(0, 40) || "no arguments"} is not sent, and the model gets why`, async () => {
    const { output, requests, problem } = await run({}, given);
    assertMatch(output, words);
    assertEquals([requests.length, problem], [0, "invalid arguments"]);
  });
}

test("toolRunner: a pattern is never tried with a long text, which does not fit", async () => {
  const parameters = (pattern: string) => ({ type: "object", properties: { phone: { type: "string", pattern } } });
  const wrong = await run({ parameters: parameters("^[0-9]{3}$") }, '{"phone":"12"}');
  assertEquals([wrong.output, wrong.requests.length], ["Not run: invalid arguments. phone: String does not match pattern.", 0]);
  assertEquals((await run({ parameters: parameters("^[0-9]{3}$") }, '{"phone":"123"}')).requests.length, 1);
  const long = "1".repeat(MAX_PATTERN_TEXT_CHARS);
  assertEquals((await run({ parameters: parameters("^1+$") }, `{"phone":"${long}"}`)).requests.length, 1);
  assertMatch(
    (await run({ parameters: parameters("^1+$") }, `{"phone":"${long}1"}`)).output,
    /^Not run: invalid arguments\. phone: String is too long/,
  );
});

test("toolRunner: values stay in their place of the URL", async () => {
  for (const value of ["../../admin", "a/../b", "..%2F", "?x=1", "#", "\\..\\", "a\nb", "@evil.example", "\ud800"]) {
    const { requests } = await run({}, JSON.stringify({ phone: value }));
    assertMatch(requests[0]?.url ?? "", /^\/bookings\/[^/?#]+\?by=%2B15550100$/);
  }
});

test("toolRunner: names that every JavaScript object has are arguments like others", async () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const more = { url: `http://127.0.0.1:${port}/{{${name}}}`, parameters: { type: "object" } };
    const missing = await run(more, "{}");
    assertEquals([missing.output, missing.requests.length], [`Not run: the argument ${name} is missing.`, 0]);
    assertEquals((await run(more, `{"${name}":"x"}`)).requests[0]?.url, "/x");
  }
});

test("toolRunner: an error's text that is cut inside of a character stays text", async () => {
  const { output } = await run({}, '{"phone":"1"}', { status: 500, body: `${"x".repeat(499)}\u{1f600}` });
  assert(output.isWellFormed(), output);
});

test("toolRunner: a function that does not exist, and a runner without tools", async () => {
  const log = (): void => {};
  const call = { callId: "c1", name: "drop_tables", arguments: "{}" };
  assertEquals(
    await outputOf(toolRunner([tool], { clock: realClock(), log }), call),
    "There is no tool of that name. The tools are: find_booking.",
  );
  assertEquals(await outputOf(toolRunner([], { clock: realClock(), log }), call), "There is no tool of that name. There are none.");
});

const answers: readonly [reply: Answer, words: string, problem: string | undefined][] = [
  [{ status: 404, body: "no booking" }, "The tool failed: HTTP 404. no booking", "HTTP 404"],
  [{ status: 500, body: "x".repeat(1_000) }, `The tool failed: HTTP 500. ${"x".repeat(500)}`, "HTTP 500"],
  [
    { status: 302, headers: { location: "http://169.254.169.254/" } },
    "The tool failed: its server redirects (HTTP 302), which is not followed.",
    "HTTP 302",
  ],
  [{ status: 204, body: "" }, "Done.", undefined],
  [{ body: new Uint8Array([0xff, 0xfe, 0]) }, "The tool's answer is not text (HTTP 200).", undefined],
];
for (const [reply, words, problem] of answers) {
  test(`toolRunner: HTTP ${reply.status ?? 200}: ${words.slice(0, 50)}`, async () => {
    const ran = await run({}, '{"phone":"1"}', reply);
    assertEquals([ran.output, ran.problem, ran.requests.length], [words, problem, 1]);
  });
}

test("toolRunner: more than max_bytes is not read", async () => {
  const { output } = await run({ maxBytes: 100 }, '{"phone":"1"}', { body: "é".repeat(1_000_000) });
  assertEquals(output, `${"é".repeat(50)} … (cut after 100 bytes)`);
  assertStringIncludes((await run({ maxBytes: 101 }, '{"phone":"1"}', { body: "é".repeat(100) })).output, `${"é".repeat(50)} …`);
  assertStringIncludes(
    (await run({ maxBytes: 100, keep: ["$.a"] }, '{"phone":"1"}', { body: `"${"x".repeat(200)}"` })).output,
    "longer than 100 bytes",
  );
});

test("toolRunner: a server that does not answer costs its time limit, one that is not there costs nothing", async () => {
  const late = await run({ timeoutMs: 100 }, '{"phone":"1"}', { hangs: true });
  assertEquals([late.output, late.problem], ["The tool failed: no answer within 0.1 s.", "timeout"]);
  const gone = await run({ url: "http://127.0.0.1:1/{{phone}}" }, '{"phone":"1"}');
  assertEquals(gone.output, "The tool failed: its server could not be reached.");
});

test("toolRunner: the end of the call ends the request", async () => {
  const ended = new AbortController();
  answer = { hangs: true };
  const call = { callId: "c1", name: "find_booking", arguments: '{"phone":"1"}' };
  const running = outputOf(toolRunner([tool], { clock: realClock(), log: () => {} }), call, ended.signal);
  ended.abort();
  assertStringIncludes(await running, "The tool failed");
});

/** Hosts that a URL may not lead to, in every spelling. */
const privateUrls = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.1",
  "0x7f000001",
  "0177.0.0.1",
  "017700000001",
  "127.0.0.1.",
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "169.254.43518",
  "2852039166",
  "0xa9fea9fe",
  "100.64.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:169.254.169.254]",
  "[::ffff:a9fe:a9fe]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b::169.254.169.254]",
  "[2002:7f00:1::]",
  "[fe80::1]",
  "[fd00::1]",
  "[fc00::1]",
  "[fec0::1]",
  "[ff02::1]",
  "\u2460\u2461\u2466.0.0.1",
  "127\u30020\u30020\u30021",
];
for (const host of privateUrls) {
  test(`toolRunner: http://${host}:${"PORT"}/ is not reached`, async () => {
    const { output, requests, problem } = await run({ url: `http://${host}:${port}/{{phone}}`, privateHosts: [] }, '{"phone":"1"}');
    assertEquals([output, requests.length], ["The tool failed: it is not set up correctly.", 0]);
    assertStringIncludes(String(problem), "is a private address");
  });
}

/** Names that resolve to these addresses. */
const privateNames: readonly (readonly string[])[] = [
  ["127.0.0.1"],
  ["169.254.169.254"],
  ["::1"],
  ["::ffff:127.0.0.1"],
  ["fd12::1", "10.1.2.3"],
];
for (const addresses of privateNames) {
  test(`toolRunner: a name of ${addresses} is not reached`, async () => {
    const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const lookUp: LookUp = (_name, _options, done) => done(null, found);
    const { output, requests, problem } = await run(
      { url: `http://crm.example:${port}/{{phone}}`, privateHosts: [] },
      '{"phone":"1"}',
      {},
      lookUp,
    );
    assertEquals([output, requests.length], ["The tool failed: it is not set up correctly.", 0]);
    assertEquals(problem, "crm.example is a private address");
  });
}

test("toolRunner: the connection goes to the address that was checked, whatever a second look-up gives", async () => {
  let lookUps = 0;
  const lookUp: LookUp = (_name, _options, done) => {
    lookUps++;
    done(null, [{ address: lookUps === 1 ? "192.0.2.1" : "127.0.0.1", family: 4 }]);
  };
  const { requests } = await run(
    { url: `http://crm.example:${port}/{{phone}}`, privateHosts: [], timeoutMs: 200 },
    '{"phone":"1"}',
    {},
    lookUp,
  );
  assertEquals([lookUps, requests.length], [1, 0]);
});

for (const allowed of ["127.0.0.1", `127.0.0.1:${port}`]) {
  test(`toolRunner: private_hosts = ["${allowed.replace(String(port), "PORT")}"] lets it be reached, in any spelling of the URL`, async () => {
    const ran = await run({ url: `http://0x7f.1:${port}/{{phone}}`, privateHosts: [allowed] }, '{"phone":"1"}');
    assertEquals(ran.requests.length, 1);
  });
}

test("toolRunner: private_hosts names a host: a name's addresses may be private then", async () => {
  const lookUp: LookUp = (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);
  const more = { url: `http://crm.internal:${port}/{{phone}}`, privateHosts: ["crm.internal"] };
  assertEquals((await run(more, '{"phone":"1"}', {}, lookUp)).requests[0]?.headers.host, `crm.internal:${port}`);
  assert((await run({ ...more, privateHosts: ["crm.internal:1"] }, '{"phone":"1"}', {}, lookUp)).output.includes("not set up"));
});

test("toolRunner: what the caller typed goes where the request names it, and nowhere else", async () => {
  const more = { method: "POST", url: `${tool.url.split("/bookings")[0]}/pins/{{digits.pin}}`, body: "json" } as const;
  const fields = { pin: "{{digits.pin}}", note: "call {{call_sid}} from {{phone}}" };
  answer = {};
  received.length = 0;
  const runner = toolRunner([{ ...tool, ...more, fields }], { clock: realClock(), log: () => {} });
  const call = { callId: "c", name: tool.name, arguments: '{"phone":"7"}' };
  await outputOf(runner, call, undefined, { pin: "0471", other: "1" });
  assertEquals(
    received.map(({ url }) => url),
    ["/pins/0471"],
  );
  assertEquals(JSON.parse(received[0]?.body ?? ""), { phone: "7", pin: "0471", note: `call ${identity.callSid} from 7` });
});

test("toolRunner: without what the caller must type nothing is sent, also when the model makes it up", async () => {
  received.length = 0;
  const parameters = { type: "object" };
  const runner = toolRunner([{ ...tool, parameters, method: "POST", body: "json", fields: { pin: "{{digits.pin}}" } }], {
    clock: realClock(),
    log: () => {},
  });
  const call = { callId: "c", name: tool.name, arguments: '{"phone":"7","digits.pin":"1234"}' };
  assertEquals(await outputOf(runner, call), "Not run: the caller has not typed pin. Collect it first.");
  assertEquals(received.length, 0);
});
