// The shapes of HTTP responses.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { emptyAnswer, jsonAnswer, plainAnswer, twimlAnswer } from "../../../src/server/http/answers.ts";

for (const [what, response, status, contentType, body] of [
  ["twimlAnswer", twimlAnswer("<Response>é</Response>"), 200, "text/xml; charset=utf-8", "<Response>é</Response>"],
  ["plainAnswer", plainAnswer(404, "é"), 404, "text/plain; charset=utf-8", "é\n"],
  ["jsonAnswer", jsonAnswer(503, { ready: false }), 503, "application/json", '{"ready":false}\n'],
] as const) {
  test(`${what}: has its Content-Type, and its length in bytes`, async () => {
    assertEquals([response.status, response.headers.get("content-type")], [status, contentType]);
    assertEquals(response.headers.get("content-length"), String(new TextEncoder().encode(body).length));
    assertEquals(await response.text(), body);
  });
}

test("emptyAnswer: 204 without a body", async () => {
  assertEquals([emptyAnswer().status, await emptyAnswer().text()], [204, ""]);
});
