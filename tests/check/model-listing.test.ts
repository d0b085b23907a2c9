// The lookup of key and models, against a stub of the API.

import { afterAll, test } from "bun:test";
import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import type { OpenAiModel } from "../../src/adapters/model-socket.ts";
import { checkModels, restUrl } from "../../src/check/model-listing.ts";
import type { Level } from "../../src/report/finding.ts";
import { endlessServer } from "../support/endless-server.ts";
import { type Answer, modelAnswer, startStubApi } from "../support/stub-apis.ts";

const api = startStubApi({});
afterAll(() => api.stop());
const apiKey = "sk-secret-0123456789";
const agent: OpenAiModel = {
  type: "openai",
  apiKey,
  model: "gpt-realtime-2.1",
  realtimeUrl: `${api.url.replace("http", "ws")}/v1/realtime`,
};
const nowMs = Date.UTC(2026, 10, 1);

const failed = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message, type: "t", param: null } },
});

test("restUrl: the base URL behind the Realtime URL", () => {
  assertEquals(restUrl("wss://api.openai.com/v1/realtime"), "https://api.openai.com/v1");
  assertEquals(restUrl("ws://127.0.0.1:9000/realtime"), "http://127.0.0.1:9000");
});

const answers: readonly (readonly [promise: string, answer: Answer, level: Level, what: RegExp, fix?: RegExp])[] = [
  ["it is listed", modelAnswer("m"), "ok", /^the key is valid, and gpt-realtime-2\.1 is available$/],
  ["it is shut down in a year", modelAnswer("m", "2027-11-01"), "ok", /until 2027-11-01$/],
  ["it is shut down in eight weeks", modelAnswer("m", "2026-12-30"), "warning", /until 2026-12-30$/, /OPENAI_MODEL/],
  ["it has been shut down", modelAnswer("m", "2026-10-01"), "error", /was shut down on 2026-10-01$/, /OPENAI_MODEL/],
  [
    "the key is wrong",
    failed(401, "invalid_api_key", `No such key: ${apiKey}`),
    "error",
    /HTTP 401, refused: invalid_api_key: No such key/,
    /api-keys/,
  ],
  ["the key may not read", failed(403, "missing_scope", "No."), "error", /HTTP 403/, /permission/],
  ["too many requests", failed(429, "rate_limit_exceeded", "Slower."), "error", /rate_limit_exceeded: Slower\./, /wait/],
  ["the API is down", failed(503, "overloaded", "Later."), "unreachable", /HTTP 503/, /status\.openai\.com/],
  ["no list of models, as with other servers", { status: 404, body: "nothing" }, "warning", /HTTP 404/, /openai\.session/],
  ["a redirect is not followed", { status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } }, "error", /HTTP 302/],
];
for (const [promise, answer, level, what, fix] of answers) {
  test(`checkModels: ${promise}: ${level}`, async () => {
    api.answers = { "/v1/models/": answer };
    const [finding] = await checkModels(agent, null, nowMs);
    assertObjectMatch(finding ?? {}, { id: "openai.model", level });
    assertMatch(finding?.actual ?? "", what);
    if (fix !== undefined) assertMatch(finding?.fix?.text ?? "", fix);
    assertEquals(JSON.stringify(finding).includes(apiKey), false);
  });
}

test("checkModels: asks for both models, with the key", async () => {
  api.answers = { "/v1/models/gpt-transcribe": modelAnswer("b", "2026-10-01"), "/v1/models/": modelAnswer("a") };
  const asked = api.requests.length;
  const findings = await checkModels(agent, "gpt-transcribe", nowMs);
  assertEquals(
    findings.map(({ id, level }) => [id, level]),
    [
      ["openai.model", "ok"],
      ["openai.transcription", "error"],
    ],
  );
  assertEquals(
    api.requests
      .slice(asked)
      .map(({ line }) => line)
      .toSorted(),
    ["GET /v1/models/gpt-realtime-2.1", "GET /v1/models/gpt-transcribe"],
  );
  assertEquals(new Set(api.requests.map(({ authorization }) => authorization)), new Set([`Bearer ${apiKey}`]));
});

test("checkModels: an API that cannot be reached is unreachable, with the reason", async () => {
  const [finding] = await checkModels({ ...agent, realtimeUrl: "ws://127.0.0.1:1/v1/realtime" }, null, nowMs);
  assertEquals(finding?.level, "unreachable");
  assertMatch(finding?.actual ?? "", /^127\.0\.0\.1:1 could not be reached: .*connect/i);
});

for (const status of [200, 404, 500]) {
  test(`checkModels: an answer of ${status} without an end is given up at the limit`, async () => {
    const server = endlessServer(status);
    const [finding] = await checkModels({ ...agent, realtimeUrl: `${server.url}/v1/realtime` }, null, nowMs);
    assertEquals(["unreachable", "error", "warning"].includes(finding?.level ?? ""), true, JSON.stringify(finding));
    await server.stop();
  });
}
