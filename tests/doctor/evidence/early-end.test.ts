// Why a stream ended early, and what its close reason and time suggest.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { earlyEnd } from "../../../src/doctor/evidence/early-end.ts";
import { streamFacts } from "../../../src/doctor/evidence/stream-facts.ts";
import { beep, media, playStream, type Script } from "../checks/virtual-stream.ts";

function endOf(script: Script) {
  const facts = streamFacts(playStream(script));
  return facts === undefined ? undefined : earlyEnd(facts);
}

test("earlyEnd: undefined when the caller hung up", () => assertEquals(endOf({}), undefined));

test("earlyEnd: undefined while a second call is open", () => {
  assertEquals(endOf({ caller: [[5_000, "together"]], server: [[6_000, { close: 1001 }]] }), undefined);
});

test("earlyEnd: named while a second call is open, when a limit ended both at the same age", () => {
  const call = playStream({ caller: [[5_000, "together"]], server: [[6_000, { close: 1006 }]] });
  const facts = streamFacts({ ...call, isLimited: true });
  assertEquals(facts === undefined ? undefined : earlyEnd(facts)?.cause, "stream-dropped");
});

test("earlyEnd: a proper close after speech has no cause, one after silence has", () => {
  assertEquals(
    endOf({
      server: [
        [500, media(beep(500, 1_000))],
        [6_000, { close: 1000 }],
      ],
    })?.cause,
    undefined,
  );
  assertEquals(endOf({ server: [[6_000, { close: 1000 }]] })?.cause, "stream-closes-on-media");
});

const orderly = (reason: string, atMs = 6_000): Script => ({
  server: [
    [500, media(beep(500, 200))],
    [atMs, { close: 1000, reason }],
  ],
});
test("earlyEnd: a close with 1000 and a reason, after audio, is the server's way of ending", () => {
  assertEquals(endOf(orderly("Repeated 5 times"))?.cause, undefined);
  assertStringIncludes(endOf(orderly("Repeated 5 times"))?.description ?? "", 'close 1000 "Repeated 5 times"');
  assertEquals(endOf(orderly("conversation ended", 900))?.cause, undefined);
  assertEquals(endOf(orderly("Internal error"))?.cause, "stream-closes-on-media");
  assertEquals(endOf(orderly("TypeError: x is undefined"))?.cause, "stream-closes-on-media");
  assertEquals(endOf({ server: [[6_000, { close: 1000, reason: "bye" }]] })?.cause, "stream-closes-on-media");
});

const violations = { http: "stream-http-response", compressed: "stream-compressed", text: "stream-protocol-error", flood: "stream-flood" };
for (const [broken, cause] of Object.entries(violations)) {
  test(`earlyEnd: a violation of the protocol names its cause: ${broken}`, () => {
    assertEquals(endOf({ server: [[6_000, { broken }]] })?.cause, cause as CauseCode);
  });
}

const mark = { event: "mark", streamSid: "$SID", mark: { name: "a" } };
test("earlyEnd: one of the first marks can be the cause, the hundredth cannot", () => {
  assertEquals(
    endOf({
      server: [
        [5_000, mark],
        [5_050, { close: 1011 }],
      ],
    })?.cause,
    "mark-drops-stream",
  );
  const hundred = Array.from({ length: 100 }, (_, index) => [3_000 + 10 * index, mark] as const);
  assertEquals(endOf({ server: [...hundred, [4_050, { close: 1011 }]] })?.cause, "stream-closes-on-media");
});

const hints: readonly (readonly [atMs: number, code: number, reason: string, hint: string])[] = [
  [200, 1011, "Incorrect API key provided", "API key"],
  [200, 1008, "missing token", "authentication"],
  [200, 1008, "", "policy"],
  [200, 1011, "", "threw"],
  [200, 4000, "", "model session"],
  [8_000, 4000, "", "log of this moment"],
  [8_000, 1006, "", "idle timeout"],
];
for (const [atMs, code, reason, hint] of hints) {
  test(`earlyEnd: ${code} "${reason}" after ${atMs} ms suggests: ${hint}`, () => {
    assertStringIncludes(endOf({ server: [[atMs, { close: code, reason }]] })?.hint ?? "", hint);
  });
}
