// The redirects of a webhook request.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { describeRedirect, redirectsOf } from "../../../src/doctor/evidence/redirects.ts";
import { goodTwiml, madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall } from "../checks/made.ts";

/** A redirect from `from` with `status`, and the request that followed it. */
function followed(status: number, from: string, to: string, methods: readonly ["POST" | "GET", "POST" | "GET"]) {
  const { fault: _fault, plan: _plan, ...hop } = madeExchange("", status);
  const headers = [["Location", to]] as const;
  const first = {
    ...hop,
    request: { ...hop.request, url: from, method: methods[0] },
    answer: { status, headers, body: new Uint8Array(0) },
  };
  const answer = madeExchange(goodTwiml);
  return answeredCall(first, { ...answer, request: { ...answer.request, url: to, method: methods[1] } });
}

const cases = [
  [
    301,
    "http://a.net/voice",
    "http://a.net/voice/",
    ["POST", "GET"],
    true,
    "301 adds a trailing slash: http://a.net/voice -> http://a.net/voice/",
  ],
  [
    308,
    "http://a.net/voice",
    "https://a.net/voice",
    ["POST", "POST"],
    false,
    "308 from http to https: http://a.net/voice -> https://a.net/voice",
  ],
  [302, "https://a.net/v", "https://www.a.net/v", ["GET", "GET"], false, "302 to another host: https://a.net/v -> https://www.a.net/v"],
  [
    303,
    "https://a.net/v/",
    "https://a.net/v",
    ["POST", "GET"],
    true,
    "303 removes the trailing slash: https://a.net/v/ -> https://a.net/v",
  ],
  [302, "https://a.net/v", "https://a.net/w", ["POST", "GET"], true, "302 to another path: https://a.net/v -> https://a.net/w"],
] as const;
for (const [status, from, to, methods, losesForm, description] of cases) {
  test(`redirectsOf: ${description}`, () => {
    const redirects = redirectsOf(followed(status, from, to, methods));
    assertEquals(
      redirects.map((one) => [one.losesForm, describeRedirect(one)]),
      [[losesForm, description]],
    );
  });
}

test("redirectsOf: none without a redirect", () => {
  assertEquals(redirectsOf(answeredCall(madeExchange(goodTwiml))), []);
});
