// Limits of a body's size and time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { BODY_TIMEOUT_MS, readBody } from "../../../src/server/http/body.ts";
import { manualClock } from "../../support/manual-clock.ts";

test("readBody: a slow body is given up after its timeout, one that is cut off at once", async () => {
  const clock = manualClock();
  const slow = new Request("http://x/", {
    method: "POST",
    body: new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new Uint8Array(1)) }),
  });
  const reading = readBody(slow, clock);
  await Promise.resolve();
  clock.advance(BODY_TIMEOUT_MS);
  assertEquals(((await reading) as { status: number }).status, 408);
  const broken = new Request("http://x/", { method: "POST", body: new ReadableStream({ start: (c) => c.error(new Error("reset")) }) });
  assertEquals(((await readBody(broken, clock)) as { status: number }).status, 400);
  assertEquals(await readBody(new Request("http://x/", { method: "POST", body: "a=%C3%A9" }), clock), "a=%C3%A9");
  assertEquals(clock.pending, 0);
});
