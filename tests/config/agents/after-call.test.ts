// [after_call] of voice.toml.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { afterCallOf, afterCallTable, checkWebhookSecret } from "../../../src/config/agents/after-call.ts";

const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;

test("afterCallOf: call.ended unless events are given; nothing without the table", () => {
  const table = afterCallTable.parse({ url: "http://10.0.0.5:9000/hook", secret: "${HOOK}" });
  assertEquals(afterCallOf(table, secret), { url: "http://10.0.0.5:9000/hook", secret, events: ["call.ended"] });
  assertEquals(afterCallOf(undefined, undefined), undefined);
});

for (const wrong of [{ url: "ftp://x/y" }, { url: "not a url" }, { events: [] }, { events: ["call.started"] }, { retries: 3 }]) {
  test(`afterCallTable: refuses ${JSON.stringify(wrong)}`, () => {
    assertEquals(afterCallTable.safeParse({ url: "https://x.example", secret: "s", ...wrong }).success, false);
  });
}

test("checkWebhookSecret: the form of the standard", () => {
  assertEquals(checkWebhookSecret(secret), secret);
  assertEquals(typeof checkWebhookSecret("hunter2"), "object");
});
