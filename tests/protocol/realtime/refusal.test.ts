// Refused handshakes: facts from JSON bodies, text from other bodies, and never a key.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  describeRefusal,
  type HandshakeRefusal,
  MAX_MESSAGE_CHARS,
  MAX_RETRY_AFTER_MS,
  readRefusal,
} from "../../../src/protocol/realtime/refusal.ts";
import { handshakeFaults } from "../../../src/simulators/openai/faults.ts";
import { checkProperty } from "../../support/properties.ts";

/** Wed, 21 Oct 2026 07:27:30.5 GMT. */
const nowMs = Date.UTC(2026, 9, 21, 7, 27, 30, 500);
const secret = "sk-proj-0123456789abcdef";
const read = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): HandshakeRefusal =>
  readRefusal(status, { headers, body }, secret, nowMs);

for (const [name, { status, headers, body }] of Object.entries(handshakeFaults)) {
  test(`readRefusal: code and message of the documented response ${name}`, () => {
    const { error } = JSON.parse(body) as { error: { code: string | null; type: string; message: string } };
    const { code, message, status: statusRead } = read(status, body, headers);
    assertEquals([statusRead, code, message], [status, error.code ?? error.type, error.message]);
  });
}

const headerCases: readonly (readonly [headers: Readonly<Record<string, string>>, expected: Partial<HandshakeRefusal>])[] = [
  [{}, { retryAfterMs: undefined, requestId: undefined }],
  [{ "retry-after": "20" }, { retryAfterMs: 20_000 }],
  [{ "retry-after": "0" }, { retryAfterMs: 0 }],
  [{ "retry-after": "20", "retry-after-ms": "150.5" }, { retryAfterMs: 151 }],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, { retryAfterMs: 29_500 }],
  [{ "retry-after": "Wednesday, 21-Oct-26 07:28:00 GMT" }, { retryAfterMs: 29_500 }],
  [{ "retry-after": "Wed Oct 21 07:28:00 2026" }, { retryAfterMs: 29_500 }],
  [{ "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT" }, { retryAfterMs: 0 }],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after-ms": "150" }, { retryAfterMs: 150 }],
  [{ "retry-after": "Thu, 22 Oct 2026 07:27:30 GMT" }, { retryAfterMs: MAX_RETRY_AFTER_MS - 500 }],
  [{ "retry-after": "Thu, 22 Oct 2026 07:27:31 GMT" }, { retryAfterMs: MAX_RETRY_AFTER_MS }],
  [{ "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, { retryAfterMs: MAX_RETRY_AFTER_MS }],
  [{ "retry-after": "86401" }, { retryAfterMs: MAX_RETRY_AFTER_MS }],
  [{ "retry-after": "999999999" }, { retryAfterMs: MAX_RETRY_AFTER_MS }],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 CET" }, { retryAfterMs: undefined }],
  [{ "retry-after-ms": "0.12345" }, { retryAfterMs: 1 }],
  [{ "retry-after": "-1" }, { retryAfterMs: undefined }],
  [{ "x-request-id": "req_1" }, { requestId: "req_1" }],
  [{ "x-request-id": "" }, { requestId: undefined }],
  [{ "x-request-id": `req\n${secret}` }, { requestId: "req [masked]" }],
];
for (const [headers, expected] of headerCases) {
  test(`readRefusal: the header fields ${JSON.stringify(headers)}`, () => {
    const { retryAfterMs, requestId } = read(429, "", headers);
    assertEquals({ retryAfterMs, requestId }, { retryAfterMs: undefined, requestId: undefined, ...expected });
  });
}

test("readRefusal: the time to wait, from the message when no header field has it", () => {
  const body = '{"error":{"code":"rate_limit_exceeded","message":"Please try again in 1m26.4s."}}';
  assertEquals(read(429, body).retryAfterMs, 86_400);
  assertEquals(read(429, body, { "retry-after": "2" }).retryAfterMs, 2_000);
});

const bodies: readonly (readonly [body: string, code: string | undefined, message: string | undefined])[] = [
  ["", undefined, undefined],
  ["  \r\n\t", undefined, undefined],
  ["Bad gateway\r\n  nginx", undefined, "Bad gateway nginx"],
  ['{"error":"no such route"}', undefined, "no such route"],
  ['{"error":"insufficient_quota: add credit","code":"insufficient_quota"}', "insufficient_quota", "insufficient_quota: add credit"],
  ['{"error":{"code":null,"type":"insufficient_quota","message":"m"}}', "insufficient_quota", "m"],
  ['{"error":{"code":"rate_limit_exceeded","type":"insufficient_quota","message":"m"}}', "insufficient_quota", "m"],
  ['{"error":{"code":null,"message":"You exceeded your current quota"}}', "insufficient_quota", "You exceeded your current quota"],
  ['{"code":429,"message":"m"}', "rate_limit_exceeded", "m"],
  ["<p>rate limit</p>", undefined, "<p>rate limit</p>"],
  ['{"error":{"code":17,"message":"m"}}', undefined, "m"],
  ['{"error":{"code":"two words","type":"t","message":"m"}}', "t", "m"],
  [`{"error":{"code":"${secret}","message":"m"}}`, undefined, "m"],
  [`{"error":{"message":"Incorrect API key provided: ${secret}."}}`, "invalid_api_key", "Incorrect API key provided: [masked]."],
  ['{"error":{"message":"Incorrect API key provided: sk-proj-****cdef"}}', "invalid_api_key", "Incorrect API key provided: [masked]"],
  ["x".repeat(5_000), undefined, `${"x".repeat(MAX_MESSAGE_CHARS)}…`],
];
for (const [body, code, message] of bodies) {
  test(`readRefusal: the body ${JSON.stringify(body.slice(0, 60))}`, () => {
    const found = read(500, body);
    assertEquals([found.code, found.message], [code, message]);
  });
}

test("readRefusal: any body gives text without control characters and without the secret", () => {
  const piece = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constant(secret), fc.constant('{"error":{"message":"'));
  checkProperty(
    fc.property(fc.array(piece), (pieces) => {
      const words = describeRefusal(read(400, pieces.join("")));
      assert(!words.includes(secret) && !/\p{Cc}/u.test(words));
      assert(words.length <= MAX_MESSAGE_CHARS + 100);
    }),
  );
});

test("describeRefusal: one line with whatever is known", () => {
  const all = { status: 429, requestId: "req_1", retryAfterMs: 1_500, code: "c", message: "M." };
  assertEquals(describeRefusal(all), "refused: c: M. (retry after 1.5 s, request req_1)");
  const nothing = { status: 500, requestId: undefined, retryAfterMs: undefined, code: undefined, message: undefined };
  assertEquals(describeRefusal(nothing), "refused");
  assertEquals(describeRefusal({ ...nothing, message: "M." }), "refused: M.");
});
