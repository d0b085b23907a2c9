// Requests to Twilio's REST API, exactly, and each kind of answer.

import { afterAll, test } from "bun:test";
import { createServer } from "node:net";
import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { TWILIO_TIMEOUT_MS, twilioRest } from "../../src/adapters/twilio-rest.ts";
import { endlessServer } from "../support/endless-server.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type Answer, accountAnswer, numberAnswer, startStubApi } from "../support/stub-apis.ts";

const api = startStubApi({});
const accountSid = "AC0123456789abcdef0123456789abcdef";
const authToken = "abcdef0123456789abcdef0123456789";
const mute = createServer(() => {}).listen(0, "127.0.0.1");
afterAll(async () => {
  mute.close();
  await api.stop();
});
const rest = twilioRest({ accountSid, authToken, clock: realClock(), baseUrl: api.url });

test("twilioRest: requests the account and its numbers with Basic credentials, the plus sign escaped", async () => {
  api.answers = { [`/2010-04-01/Accounts/${accountSid}.json`]: accountAnswer(), [`/2010-04-01/Accounts/${accountSid}/`]: numberAnswer({}) };
  assertEquals((await rest.account()).type, "found");
  assertEquals(await rest.numbers("+15551234567"), { type: "found", object: { incoming_phone_numbers: [{}] } });
  assertEquals(api.requests, [
    { line: `GET /2010-04-01/Accounts/${accountSid}.json`, authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    {
      line: `GET /2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers.json?PhoneNumber=%2B15551234567`,
      authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`,
    },
  ]);
});

const refusals: readonly (readonly [promise: string, answer: Answer, status: number, code: number | undefined, message: string])[] = [
  ["Twilio's own message", { status: 401, body: { code: 20003, message: "Authenticate" } }, 401, 20003, "Authenticate"],
  ["an answer that is not JSON", { status: 502, body: "<html>" }, 502, undefined, "no message"],
  ["status 200 without an object", { body: "[]" }, 200, undefined, "no message"],
  [
    "a redirect, which is not followed",
    { status: 307, body: "", headers: { location: "http://127.0.0.1:1/" } },
    307,
    undefined,
    "no message",
  ],
];
for (const [promise, answer, status, code, message] of refusals) {
  test(`twilioRest: ${promise} is a refusal`, async () => {
    api.answers = { "/": answer };
    assertEquals(await rest.account(), { type: "refused", status, code, message });
  });
}

test("twilioRest: a port where nothing listens is unreachable", async () => {
  const answer = await twilioRest({ accountSid, authToken, clock: realClock(), baseUrl: "http://127.0.0.1:1" }).account();
  assertMatch(answer.type === "unreachable" ? answer.failure : "", /connect/i);
});

test("twilioRest: a server that does not answer is given up after TWILIO_TIMEOUT_MS", async () => {
  const clock = manualClock();
  const connected = new Promise((resolve) => mute.once("connection", resolve));
  const { port } = mute.address() as { port: number };
  const answer = twilioRest({ accountSid, authToken, clock, baseUrl: `http://127.0.0.1:${port}` }).account();
  await connected;
  clock.advance(TWILIO_TIMEOUT_MS);
  assertEquals(await answer, { type: "unreachable", failure: "no answer within 8 s" });
  assertEquals(clock.pending, 0);
});

test("twilioRest: an answer without an end is given up at the limit", async () => {
  const server = endlessServer(200);
  const answer = await twilioRest({ accountSid, authToken, clock: realClock(), baseUrl: server.url }).account();
  assertMatch(answer.type === "unreachable" ? answer.failure : "", /longer than/);
  await server.stop();
});
