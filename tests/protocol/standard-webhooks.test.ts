// The signatures of webhooks, judged by the standardwebhooks package.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { readWebhookSecret, webhookHeaders } from "../../src/protocol/standard-webhooks.ts";

const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const bytes = readWebhookSecret(secret) ?? new Uint8Array();

test("webhookHeaders: the package accepts them, and nothing else", () => {
  const body = '{"type":"call.ended","data":{"text":"Grüße"}}';
  const judge = new Webhook(secret);
  const headers = { ...webhookHeaders(bytes, "msg_1", Date.now(), body) };
  assertEquals(judge.verify(body, headers), JSON.parse(body));
  for (const wrong of [
    { ...headers, "webhook-id": "msg_2" },
    { ...headers, ...webhookHeaders(bytes, "msg_1", Date.now() - 600_000, body) },
    { ...headers, ...webhookHeaders(new Uint8Array(24), "msg_1", Date.now(), body) },
  ])
    assertThrows(() => judge.verify(body, wrong));
  assertThrows(() => judge.verify(`${body} `, headers));
});

test("readWebhookSecret: 24 to 64 bytes of base64, with or without the prefix", () => {
  assertEquals(readWebhookSecret(Buffer.alloc(24, 7).toString("base64")), bytes);
  for (const text of [
    "",
    "whsec_",
    "whsec_short",
    `whsec_${Buffer.alloc(23).toString("base64")}`,
    `whsec_${Buffer.alloc(65).toString("base64")}`,
    "whsec_not base64 at all, but long enough",
  ])
    assertEquals(readWebhookSecret(text), undefined, text);
});
