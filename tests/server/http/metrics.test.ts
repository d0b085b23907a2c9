// Who may read /metrics. What is in it: tests/server/scrape.test.ts.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { answerMetricsOnly } from "../../../src/server/http/metrics.ts";
import { makeDesk } from "../fakes.ts";

const TOKEN = "a-token-of-the-operator";
const local = { host: "localhost:8080" };
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

for (const [who, metricsToken, headers, peer, status] of [
  ["a program on this machine", undefined, local, "127.0.0.1", 200],
  ["a program on this machine, with a token set", TOKEN, local, "::1", 200],
  ["another machine", undefined, local, "192.0.2.1", 403],
  ["a request through a proxy on this machine", undefined, { ...local, "x-forwarded-for": "192.0.2.1" }, "127.0.0.1", 403],
  ["a tunnel, by its Host", undefined, { host: "abc.ngrok.app" }, "127.0.0.1", 403],
  ["a web page in a browser here", undefined, { ...local, origin: "https://evil.example" }, "127.0.0.1", 403],
  ["another machine without the token", TOKEN, {}, "192.0.2.1", 401],
  ["another machine with a wrong token", TOKEN, bearer(`${TOKEN}x`), "192.0.2.1", 401],
  ["another machine with an empty token", TOKEN, { authorization: "Bearer " }, "192.0.2.1", 401],
  ["another machine with the token as a password", TOKEN, { authorization: `Basic ${btoa(`x:${TOKEN}`)}` }, "192.0.2.1", 401],
  ["another machine with the token", TOKEN, bearer(TOKEN), "192.0.2.1", 200],
  ["a proxy with the token", TOKEN, { ...bearer(TOKEN), "x-forwarded-for": "192.0.2.9" }, "127.0.0.1", 200],
  ["another machine with a token where none is set", undefined, bearer("undefined"), "192.0.2.1", 403],
] as const) {
  test(`/metrics: ${who} gets ${status}`, async () => {
    const desk = makeDesk({}, metricsToken === undefined ? {} : { metricsToken });
    const response = await desk.fetch("/metrics", { headers: { accept: "a/b", ...headers } }, peer);
    assertEquals(response.status, status);
    assertEquals((await response.text()).includes("scraped as a/b"), status === 200);
    assertEquals(desk.events(), status === 200 ? [] : ["metrics.rejected"]);
    assertEquals(response.headers.get("www-authenticate"), status === 401 ? 'Bearer realm="metrics"' : null);
    assertEquals(JSON.stringify(desk.lines).includes(TOKEN), false);
  });
}

test("/metrics: an answer is not cached, and has the format's content type", async () => {
  const { headers } = await makeDesk().fetch("/metrics", { headers: local }, "127.0.0.1");
  assertEquals([headers.get("cache-control"), headers.get("content-type")], ["no-store", "text/plain"]);
});

/** A request to the address of VOICE_METRICS_LISTEN, from another machine. */
function ask(path: string, metricsToken: string | undefined, init: RequestInit = {}): Promise<Response> {
  const scrape = () => Promise.resolve({ contentType: "text/plain", text: "scraped" });
  const connection = { peerAddress: "192.0.2.1", upgrade: () => undefined };
  return answerMetricsOnly(new Request(`http://10.0.0.5:9464${path}`, init), connection, { scrape, metricsToken, log: () => {} });
}

for (const [what, path, token, init, status] of [
  ["without a token set", "/metrics", undefined, {}, 200],
  ["with a query", "/metrics?name=a", undefined, {}, 200],
  ["with a token set and not sent", "/metrics", TOKEN, {}, 401],
  ["with the token", "/metrics", TOKEN, { headers: bearer(TOKEN) }, 200],
  ["for another path", "/healthz", undefined, {}, 404],
  ["for a webhook", "/twilio/voice", undefined, { method: "POST" }, 404],
  ["by POST", "/metrics", undefined, { method: "POST" }, 404],
] as const) {
  test(`the metrics' own address: a request ${what} gets ${status}`, async () => {
    const response = await ask(path, token, init);
    assertEquals(response.status, status);
    if (status === 200) assertStringIncludes(await response.text(), "scraped");
  });
}
