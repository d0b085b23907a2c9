// The exchange that a webhook is judged by, and what an answer shows.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  bodyStart,
  describeExchange,
  documentExchanges,
  judgedExchange,
  leadingExchanges,
  rejectsSignature,
  visibleStart,
} from "../../../src/doctor/evidence/exchanges.ts";
import { madeCall, madeExchange } from "../../selftest/checks/made.ts";

const say = "<Response><Say>Hello.</Say></Response>";

test("judgedExchange: the first failure, otherwise the last before the stream; callbacks and later requests do not count", () => {
  const bad = madeExchange("no", 500, { id: 2 });
  const late = madeExchange("no", 500, { id: 3, purpose: "action", atMs: 9_000 });
  const status = madeExchange("", 500, { id: 4, purpose: "streamStatus" });
  const call = madeCall({ exchanges: [madeExchange(say), bad, status, late] });
  assertEquals([documentExchanges(call).length, leadingExchanges(call).length, judgedExchange(call)?.id], [3, 2, 2]);
  assertEquals(judgedExchange(madeCall({ exchanges: [madeExchange(say), late] }))?.id, 1);
  assertEquals(judgedExchange(madeCall({ exchanges: [] })), undefined);
});

test("rejectsSignature: by status or body, unless the answer shows another reason", () => {
  const of = (status: number, body: string, headers: readonly (readonly [string, string])[] = []) => {
    const exchange = madeExchange(body, status);
    return rejectsSignature({ ...exchange, answer: { status, headers, body: new TextEncoder().encode(body) } });
  };
  assertEquals(
    [of(403, "Forbidden"), of(401, ""), of(400, "No signature header error - X-Twilio-Signature header does not exist")],
    [true, true, true],
  );
  assertEquals(
    [of(401, "", [["WWW-Authenticate", "Basic"]]), of(403, "csrf token missing"), of(404, "no"), of(200, "signature")],
    [false, false, false, false],
  );
});

test("bodyStart: one line, cut to length", () => {
  assertEquals(bodyStart(" a\n\tb ", 3), "a b");
  assertEquals(bodyStart(new TextEncoder().encode("abcdef"), 3), "abc");
});

test("describeExchange: request and result on one line", () => {
  const { answer: _answer, answeredAtMs: _at, ...open } = madeExchange(say, 200);
  const { url } = open.request;
  assertEquals(describeExchange(open), `POST ${url}: no answer yet`);
  assertEquals(describeExchange({ ...open, failure: { kind: "dns", detail: "ENOTFOUND" } }), `POST ${url}: dns: ENOTFOUND`);
});

test("visibleStart: a page's text without markup and styles; other text as it is", () => {
  const page = "<!DOCTYPE html><html><head><title>Error</title><style>b{}</style></head><body><pre>Cannot GET /a</pre></body></html>";
  assertEquals(visibleStart(page, 40), "Error Cannot GET /a");
  assertEquals(visibleStart(new TextEncoder().encode("<Response/>"), 40), "<Response/>");
});
