// Twilio's requests, byte for byte.

import { test } from "bun:test";
import { assert, assertEquals, assertFalse } from "@std/assert";
import { readForm, signatureFits, signRequest } from "../../../src/protocol/signature.ts";
import type { CallFacts } from "../../../src/simulators/twilio/webhook-request.ts";
import {
  callParams,
  callStatusParams,
  FICTIONAL_CALLER,
  FICTIONAL_LINE,
  signedUrl,
  streamStatusParams,
  webhookRequest,
} from "../../../src/simulators/twilio/webhook-request.ts";

const facts: CallFacts = { accountSid: "AC1", callSid: "CA1", direction: "inbound", from: FICTIONAL_CALLER, to: FICTIONAL_LINE, more: {} };
const url = "https://example.com/voice?a=1";
const authToken = "0123456789abcdef0123456789abcdef";
const idempotencyToken = "11111111-2222-4333-8444-555555555555";

test("webhookRequest: a whole request, byte for byte", () => {
  const request = webhookRequest({ url, method: "POST", params: callParams(facts, "ringing"), authToken, idempotencyToken });
  assertEquals(request.url, url);
  assertEquals(
    request.body,
    "AccountSid=AC1&ApiVersion=2010-04-01&CallSid=CA1&CallStatus=ringing" +
      "&Called=%2B12125550199&CalledCity=NEW+YORK&CalledCountry=US&CalledState=NY&CalledZip=10001" +
      "&Caller=%2B14155550100&CallerCity=SAN+FRANCISCO&CallerCountry=US&CallerState=CA&CallerZip=94105" +
      "&Direction=inbound" +
      "&From=%2B14155550100&FromCity=SAN+FRANCISCO&FromCountry=US&FromState=CA&FromZip=94105" +
      "&StirVerstat=TN-Validation-Passed-B" +
      "&To=%2B12125550199&ToCity=NEW+YORK&ToCountry=US&ToState=NY&ToZip=10001",
  );
  assertEquals(request.headers, [
    ["Host", "example.com"],
    ["User-Agent", "TwilioProxy/1.1"],
    ["Accept", "*/*"],
    ["Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"],
    ["Content-Length", String(request.body.length)],
    ["I-Twilio-Idempotency-Token", idempotencyToken],
    ["X-Home-Region", "us1"],
    // By openssl: printf of the URL and the sorted names and values | openssl dgst -sha1 -hmac TOKEN -binary | base64
    ["X-Twilio-Signature", "UTT1p/+AykE2eJ4FnkvOX31zJyc="],
    ["Connection", "close"],
  ]);
});

test("webhookRequest: the signature is valid for the token and invalid for another", () => {
  const { headers, body } = webhookRequest({ url, method: "POST", params: callParams(facts, "ringing"), authToken, idempotencyToken });
  const signature = headers.find(([name]) => name === "X-Twilio-Signature")?.[1] ?? "";
  assert(signatureFits(authToken, signature, url, readForm(body)));
  assertFalse(signatureFits("f".repeat(32), signature, url, readForm(body)));
});

test("webhookRequest: GET has the parameters in the query, no body, and a signature of the whole URL", () => {
  const request = webhookRequest({ url, method: "GET", params: { B: "x y", A: "+1" }, authToken, idempotencyToken });
  assertEquals([request.url, request.body], ["https://example.com/voice?a=1&A=%2B1&B=x+y", ""]);
  const names = request.headers.map(([name]) => name);
  assertFalse(names.includes("Content-Type") || names.includes("Content-Length"));
  assertEquals(request.headers.find(([name]) => name === "X-Twilio-Signature")?.[1], signRequest(authToken, request.url, {}));
});

test("webhookRequest: without a token there is no signature; userinfo and fragment are never sent", () => {
  const request = webhookRequest({
    url: "http://u:p@example.com:81/v#rc=2",
    method: "POST",
    params: {},
    authToken: undefined,
    idempotencyToken,
  });
  assertEquals(request.url, "http://example.com:81/v");
  assertEquals(request.headers[0], ["Host", "example.com:81"]);
  assertFalse(request.headers.some(([name]) => name === "X-Twilio-Signature"));
});

for (const [requested, signed] of [
  ["https://h/v", "https://h/v"],
  ["https://h:8443/v?a=:1", "https://h/v?a=:1"],
  ["https://[::1]:8443/v", "https://[::1]/v"],
  ["http://h:8080/v", "http://h:8080/v"],
] as const) {
  test(`signedUrl: ${requested} is signed as ${signed}`, () => assertEquals(signedUrl(requested), signed));
}

test("callStatusParams: durations only at the end, minutes rounded up", () => {
  assertEquals(callStatusParams(1, 0, undefined), {
    CallbackSource: "call-progress-events",
    SequenceNumber: "1",
    Timestamp: "Thu, 01 Jan 1970 00:00:00 +0000",
  });
  const { CallDuration, Duration } = callStatusParams(0, 0, 61);
  assertEquals([CallDuration, Duration], ["61", "2"]);
});

test("streamStatusParams: the name defaults to the SID; StreamError only with an error", () => {
  const started = { streamSid: "MZ1", name: undefined, event: "stream-started", error: undefined, atMs: 1_732_838_979_602 } as const;
  assertEquals(streamStatusParams(facts, started), {
    AccountSid: "AC1",
    CallSid: "CA1",
    StreamEvent: "stream-started",
    StreamName: "MZ1",
    StreamSid: "MZ1",
    Timestamp: "2024-11-29T00:09:39.602000000Z",
  });
  assertEquals(streamStatusParams(facts, { ...started, name: "n", event: "stream-error", error: "e" })["StreamError"], "e");
});

test("webhookRequest: `signs`, `userAgent` and `authorization`, with POST and with GET", () => {
  const params = { A: "1" };
  const signs = "https://public.example.com/voice";
  const options = { url, params, authToken, idempotencyToken, signs, userAgent: "me", authorization: "Basic x" } as const;
  const header = (request: ReturnType<typeof webhookRequest>, name: string) => request.headers.find(([one]) => one === name)?.[1];
  const post = webhookRequest({ ...options, method: "POST" });
  assertEquals(header(post, "X-Twilio-Signature"), signRequest(authToken, signs, params));
  assertEquals([post.url, header(post, "User-Agent"), header(post, "Authorization")], [url, "me", "Basic x"]);
  const get = webhookRequest({ ...options, method: "GET" });
  assertEquals(header(get, "X-Twilio-Signature"), signRequest(authToken, `${signs}?A=1`, {}));
});
