// One POST: what is sent, and what each kind of answer means.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { postJson } from "../../../src/adapters/webhooks/post-json.ts";
import { manualClock } from "../../support/manual-clock.ts";

const URL_ = "https://hooks.example/voice";

test("postJson: sends the body and the headers, as JSON, and follows no redirect", async () => {
  const requests: { readonly url: string; readonly init: RequestInit }[] = [];
  const send = (async (url: string, init: RequestInit) => {
    requests.push({ url, init });
    return new Response(null, { status: 204 });
  }) as typeof fetch;
  const posted = await postJson(URL_, "{}", { headers: { "X-A": "b" }, timeoutMs: 5_000, clock: manualClock(), send });
  assertEquals(posted, { problem: undefined, retryAfter: null });
  const { url, init } = requests[0] ?? { url: "", init: {} };
  assertEquals([url, init.method, init.body, init.redirect], [URL_, "POST", "{}", "manual"]);
  assertEquals(init.headers, { "Content-Type": "application/json", "X-A": "b" });
});

const refusals: readonly (readonly [number, Readonly<Record<string, string>>, string | null])[] = [
  [302, { Location: "https://elsewhere.example/" }, null],
  [404, {}, null],
  [503, { "Retry-After": "30" }, "30"],
];

for (const [status, headers, retryAfter] of refusals) {
  test(`postJson: an answer of ${status} is a problem`, async () => {
    const send = (async () => new Response("no", { status, headers })) as unknown as typeof fetch;
    const posted = await postJson(URL_, "{}", { headers: {}, timeoutMs: 5_000, clock: manualClock(), send });
    assertEquals(posted, { problem: `answered ${status}`, retryAfter });
  });
}

test("postJson: an error is a problem, and so is an answer that is too late", async () => {
  const clock = manualClock();
  const broken = (async () => {
    throw new Error("connection refused");
  }) as unknown as typeof fetch;
  const failed = await postJson(URL_, "{}", { headers: {}, timeoutMs: 5_000, clock, send: broken });
  assertEquals(failed, { problem: "connection refused", retryAfter: null });
  const silent = ((_url: string, { signal }: RequestInit) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))) as unknown as typeof fetch;
  const late = postJson(URL_, "{}", { headers: {}, timeoutMs: 5_000, clock, send: silent });
  clock.advance(5_000);
  assertEquals(await late, { problem: "no answer within 5 s", retryAfter: null });
});
