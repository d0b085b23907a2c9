// A body that fits, and one without an end.

import { test } from "bun:test";
import { assertEquals, assertRejects } from "@std/assert";
import { boundedBody } from "../../../src/protocol/http/bounded-body.ts";

test("boundedBody: a body up to the limit is read whole", async () => {
  assertEquals(await new Response(boundedBody(new Response("12345").body, 5)).text(), "12345");
  assertEquals(boundedBody(null, 5), null);
});

test("boundedBody: a body without an end fails at the limit, and its source is cancelled", async () => {
  let sent = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1_000;
      controller.enqueue(new Uint8Array(1_000));
    },
    cancel() {
      cancelled = true;
    },
  });
  await assertRejects(() => new Response(boundedBody(endless, 10_000)).text(), Error, "longer than 10000 bytes");
  assertEquals([cancelled, sent < 100_000], [true, true]);
});
