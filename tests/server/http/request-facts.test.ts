// The facts of a request that authentication uses.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { readFacts, targetOf } from "../../../src/server/http/request-facts.ts";

for (const [url, target] of [
  ["http://h/twilio/voice", "/twilio/voice"],
  ["http://h:80/a%20b+c?x=%7E&y=1+2#frag", "/a%20b+c?x=%7E&y=1+2"],
  ["HTTPS://h?x=1", "?x=1"],
  ["/healthz", "/healthz"],
  ["/healthz?x=http://h/y", "/healthz?x=http://h/y"],
  ["//a/b", "//a/b"],
  ["not a URL", "/"],
  // With a malformed Host, Bun's Request.url is the target.
  ["/twilio/voice?a='", "/twilio/voice?a='"],
  ["//twilio/voice#x", "//twilio/voice"],
] as const) {
  test(`targetOf(${url}): path and query in their original spelling`, () => assertEquals(targetOf(url), target));
}

test("readFacts: copies what authentication needs; an empty header counts as missing", () => {
  const headers = {
    host: "h",
    "x-twilio-signature": "",
    "sec-websocket-protocol": "a, b",
    "x-forwarded-proto": "https",
    "user-agent": "x".repeat(500),
  };
  const request = new Request("http://h/twilio/realtime", { headers });
  const facts = readFacts(request, { peerAddress: "192.0.2.1", upgrade: () => undefined }, "https://p", true);
  assertEquals(facts.signature, undefined);
  assertEquals(facts.subprotocols, "a, b");
  assertEquals(facts.userAgent?.length, 100);
  assertEquals([facts.address.publicUrl, facts.address.xForwardedProto, facts.address.upgrade], ["https://p", "https", true]);
});
