// Documents, redirects, retries, the fallback URL and the application error.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { MAX_REQUESTS, WHOLE_BODIES_BYTES } from "../../../../src/simulators/twilio/telephone/fetch-document.ts";
import type { TelephoneOptions, TelephoneOutput } from "../../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import type { Replies, Reply } from "../virtual-line.ts";
import { lineOf, virtualLine } from "../virtual-line.ts";

const errors: readonly (readonly [what: string, reply: Reply, code: number])[] = [
  ["403", { status: 403 }, 11200],
  ["JSON", { status: 200, headers: [["Content-Type", "application/json"]], body: "{}" }, 12300],
  ["an empty body", { status: 200, headers: [["Content-Type", "text/xml"]] }, 11770],
  ["a refused connection", { failure: "refused" }, 11202],
  ["a silent server", { failure: "totalTimeout" }, 11203],
  ["a redirect to an ftp URL", { status: 302, headers: [["Location", "ftp://h/"]] }, 11100],
  ["a redirect to itself", { status: 307, headers: [["Location", "/voice"]] }, 11215],
];
for (const [what, reply, code] of errors) {
  test(`onHttpResult: ${what} ends the call with one application error, ${code}`, () => {
    const { call } = virtualLine({ "https://h/voice": reply });
    assertEquals(lineOf(call), [`applicationError ${code}`, "hangup twilio"]);
    assertEquals(
      call.problems.map(({ twilioCode, level }) => [twilioCode, level]),
      [[code, "error"]],
    );
    assertEquals(call.done, true);
  });
}

test("onHttpResult: the fallback is requested with the error and its URL, and its TwiML continues the call", () => {
  const { call } = virtualLine(
    { "https://h/voice": { status: 500 }, "https://b/f": "<Say>saved</Say>" },
    { fallback: { url: "https://b/f" } },
  );
  assertEquals([call.exchanges[1]?.params["ErrorCode"], call.exchanges[1]?.params["ErrorUrl"]], ["11200", "https://h/voice"]);
  assertEquals(lineOf(call), ["say saved", "hangup server"]);
});

test("onHttpResult: a fallback that fails too is the application error, without a loop", () => {
  const { call, requests } = virtualLine({}, { fallback: { url: "https://b/f" } });
  assertEquals([lineOf(call), requests.length], [["applicationError 11200", "hangup twilio"], 2]);
});

const redirected: readonly (readonly [status: number, method: string, hasForm: boolean])[] = [
  [301, "GET", false],
  [302, "GET", false],
  [303, "GET", false],
  [307, "POST", true],
  [308, "POST", true],
];
for (const [status, method, hasForm] of redirected) {
  test(`onHttpResult: ${status} is followed with ${method} and a new signature`, () => {
    const { call } = virtualLine({ "https://h/voice": { status, headers: [["location", "https://w/v"]] }, "https://w/v": "<Say>x</Say>" });
    const [first, second] = call.exchanges.map(({ request }) => request);
    assertEquals([second?.method, second?.url, second?.body !== ""], [method as "GET", "https://w/v", hasForm]);
    const signatures = [first, second].map((request) => request?.headers.find(([name]) => name === "X-Twilio-Signature")?.[1]);
    assertEquals(signatures[0] === signatures[1], false);
    assertEquals(lineOf(call), ["say x", "hangup server"]);
  });
}

const tries: readonly (readonly [what: string, fragment: string, replies: readonly Reply[], requests: number])[] = [
  ["a failed connection is retried once by default", "", [{ failure: "connectTimeout" }, "<Say>x</Say>"], 2],
  ["but not twice", "", [{ failure: "refused" }, { failure: "refused" }, "<Say>x</Say>"], 2],
  ["a 500 is not retried by default", "", [{ status: 500 }, "<Say>x</Say>"], 1],
  ["a 500 is retried if the URL says so", "#rc=2&rp=5xx", [{ status: 500 }, { status: 503 }, "<Say>x</Say>"], 3],
  ["a wrong certificate is not retried", "", [{ failure: "certificateName" }, "<Say>x</Say>"], 1],
];
for (const [what, fragment, replies, expected] of tries) {
  test(`onHttpResult: ${what}`, () => {
    const { call, requests } = virtualLine({ "https://h/voice": replies }, { webhook: { url: `https://h/voice${fragment}` } });
    assertEquals(requests.length, expected);
    const tokens = call.exchanges.map(({ request }) => request.headers.find(([name]) => name === "I-Twilio-Idempotency-Token")?.[1]);
    assertEquals(new Set(tokens).size, 1, "retries of one request share its token");
  });
}

test("sendRequest: timeouts follow the URL's fragment, and a retry has the rest of the total", () => {
  const { outputs } = virtualLine({}, { webhook: { url: "https://h/voice#ct=300&rt=400&tt=500" } });
  const request = outputs.find((output) => output.type === "http.request");
  assertEquals(request && [request.connectTimeoutMs, request.readTimeoutMs, request.totalTimeoutMs], [300, 400, 500]);
});

const other: readonly (readonly [what: string, reply: Reply, line: readonly string[]])[] = [
  [
    "audio is played, then the call ends",
    { status: 200, headers: [["Content-Type", "audio/wav"]], body: "RIFF" },
    ["play https://h/voice", "hangup server"],
  ],
  ["plain text is read aloud", { status: 200, headers: [["Content-Type", "text/plain"]], body: "Hi" }, ["say Hi", "hangup server"]],
];
for (const [what, reply, line] of other) {
  test(`onHttpResult: ${what}`, () => assertEquals(lineOf(virtualLine({ "https://h/voice": reply }).call), line));
}

test("fetchDocument: an invalid webhook URL is 11100", () => {
  for (const url of ["voice", "ftp://h/v", ""]) assertEquals(virtualLine({}, { webhook: { url } }).call.problems[0]?.twilioCode, 11100);
});

test("endCall: the status callback has the duration; its failure is only a warning", () => {
  const options: Partial<TelephoneOptions> = { statusCallback: { url: "https://h/status" } };
  const replies: Replies = { "https://h/voice": '<Pause length="2"/>', "https://h/status": { status: 500 } };
  const line = virtualLine(replies, options);
  line.advance(2_000);
  const { CallStatus, CallDuration, Timestamp } = line.call.exchanges[1]?.params ?? {};
  assertEquals([CallStatus, CallDuration, Timestamp], ["completed", "2", "Thu, 01 Jan 1970 00:00:02 +0000"]);
  assertEquals(
    line.call.problems.map(({ twilioCode, level }) => [twilioCode, level]),
    [[15003, "warning"]],
  );
  assertEquals(line.call.done, true);
});

const asksForBasic: Reply = { status: 401, headers: [["WWW-Authenticate", 'Basic realm="x"']] };
const authorizations = (outputs: readonly TelephoneOutput[]): readonly (string | undefined)[] =>
  outputs.flatMap((output) => (output.type === "http.request" ? [output.headers.find(([name]) => name === "Authorization")?.[1]] : []));

test("onHttpResult: the URL's user and password are sent when requested, once", () => {
  const { call, outputs } = virtualLine({ "https://h/voice": asksForBasic }, { webhook: { url: "https://me:a%40b%zz@h/voice" } });
  assertEquals(authorizations(outputs), [undefined, `Basic ${btoa("me:a%40b%zz")}`]);
  assertEquals(call.problems[0]?.twilioCode, 11200);
  const escaped = virtualLine({ "https://h/voice": asksForBasic }, { webhook: { url: "https://me:a%40b+c@h/voice" } });
  assertEquals(authorizations(escaped.outputs), [undefined, `Basic ${btoa("me:a@b+c")}`]);
});

test("onHttpResult: user and password are not sent to another host, nor without a request", () => {
  const webhook = { url: "https://me:secret@h/voice" };
  const elsewhere = {
    "https://h/voice": { status: 307, headers: [["Location", "https://me:secret@other/voice"]] },
    "https://other/voice": asksForBasic,
  } as const;
  assertEquals(authorizations(virtualLine(elsewhere, { webhook }).outputs), [undefined, undefined]);
  assertEquals(authorizations(virtualLine({ "https://h/voice": { status: 401 } }, { webhook }).outputs), [undefined]);
});

test("onHttpResult: a call makes a bounded number of requests, and keeps of each body what Twilio reads", () => {
  const body = "x".repeat(100_000);
  const hop = { status: 307, headers: [["Location", "https://h/b"]], body } as const;
  const replies = { "https://h/voice": hop, "https://h/b": [...Array.from({ length: 8 }, () => hop), "<Redirect>/voice</Redirect>"] };
  const again: Replies = { ...replies, "https://h/b": Array.from({ length: 60 }, () => replies["https://h/b"]).flat() };
  const { call } = virtualLine(again);
  assertEquals([call.end?.cause, call.exchanges.length], ["tooLong", MAX_REQUESTS]);
  const kept = call.exchanges.map(({ answer }) => answer?.body.length ?? 0);
  assertEquals([kept[0], Math.max(...kept.slice(-10))], [100_000, 65_536]);
  assert(kept.reduce((sum, bytes) => sum + bytes, 0) < WHOLE_BODIES_BYTES + MAX_REQUESTS * 65_536);
});
