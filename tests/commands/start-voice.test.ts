// The wired server's own promises: a port of its own, and an end. What it does in between: tests/e2e.

import { test } from "bun:test";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { stackOf } from "../../src/commands/start-voice.ts";
import { startServer } from "../e2e/server-under-test.ts";
import { voiceForm } from "../server/fakes.ts";

test("startVoice: port 0 is a free one, told; two servers side by side do not mix", async () => {
  const [one, other] = [startServer(), startServer()];
  await one.post("/twilio/voice", voiceForm(1));
  assertEquals([one.voice.calls.running, other.voice.calls.running], [1, 0]);
  await Promise.all([one.stop(), other.stop()]);
  await assertRejects(() => fetch(`${one.origin}/healthz`));
});

test("drain: with no call it ends at once, and resolves when nothing listens any more", async () => {
  const server = startServer();
  await server.voice.drain(60_000);
  await assertRejects(() => fetch(`${server.origin}/healthz`));
});

test("stackOf: the stack of an error, the words of anything else", () => {
  assertStringIncludes(stackOf(new Error("x")), "start-voice.test.ts");
  assertEquals(stackOf("x"), "x");
});
