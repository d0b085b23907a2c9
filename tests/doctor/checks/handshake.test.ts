// The checks of the handshake, each answer with the one cause that it has.

import { test } from "bun:test";
import { assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { HANDSHAKE_CHECKS, tellHandshake } from "../../../src/doctor/checks/handshake.ts";
import type { HandshakeTry } from "../../../src/doctor/evidence/evidence.ts";
import { assertCause, madeDoctorEvidence, madeHandshake } from "./made.ts";

for (const { id } of HANDSHAKE_CHECKS) {
  test(`${id}: a handshake by the book is fine`, () => {
    const handshakes = [madeHandshake(), madeHandshake({ variant: "subprotocol", offered: ["audio.twilio.com"] })];
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes }), "fine");
  });
  test(`${id}: without a handshake there is nothing to judge`, () => {
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes: [] }), "untried");
  });
}

function refusedWith(status: number, body = "", fields: readonly (readonly [string, string])[] = []): HandshakeTry {
  const made = madeHandshake({}, status, fields);
  return { ...made, answer: { head: { version: "1.1", status, reason: "", fields }, body } };
}

const later = (variant: HandshakeTry["variant"], offered: readonly string[] = []): HandshakeTry => madeHandshake({ variant, offered });
const refusals: readonly (readonly [what: string, handshakes: readonly HandshakeTry[], cause: CauseCode])[] = [
  ["404", [refusedWith(404)], "handshake-not-found"],
  ["403 with a token", [refusedWith(403)], "handshake-forbidden"],
  ["502", [refusedWith(502)], "handshake-gateway"],
  ["200", [refusedWith(200, "<html>")], "handshake-no-upgrade"],
  ["426", [refusedWith(426)], "handshake-no-upgrade"],
  ["a redirect", [refusedWith(301, "", [["Location", "https://b.net/"]])], "handshake-redirect"],
  ["500", [refusedWith(500)], "handshake-status"],
  ["404 first and 101 later", [refusedWith(404), later("again")], "handshake-cold-start"],
  ["101 only with an Origin", [refusedWith(403), later("origin")], "handshake-origin-required"],
  ["101 only with a sub-protocol", [refusedWith(400), later("subprotocol", ["audio.twilio.com"])], "handshake-subprotocol-required"],
  ["101 only with the query", [refusedWith(401), later("query")], "url-query-required"],
  ["101 when signed as https", [refusedWith(403), later("signed-https")], "handshake-signature-rejected"],
  ["101 when unsigned", [refusedWith(403), later("unsigned")], "handshake-signature-rejected"],
];
for (const [what, handshakes, cause] of refusals) {
  test(`handshake.status: ${what} is ${cause}`, () => {
    assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes }), cause);
  });
}

test("handshake.status: a refusal without a token to sign with is not called broken, unless the webhook let in what nobody signed", () => {
  const target = { url: "wss://voice.example.net/s", kind: "stream" } as const;
  const refused = { hasToken: false, handshakes: [refusedWith(403)] };
  assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ ...refused, target }), "needs-token");
  assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence(refused), "handshake-forbidden");
});

for (const [kind, cause] of [
  ["totalTimeout", "handshake-timeout"],
  ["closed", "handshake-closed"],
  ["protocol", "handshake-not-http"],
  ["refused", "untried"],
] as const) {
  test(`handshake.status: no answer, ${kind}: ${cause}`, () => {
    const { answer: _answer, ...silent } = madeHandshake({ failure: { kind, detail: "" } });
    assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes: [silent] }), cause);
  });
}

const answers: readonly (readonly [id: string, handshake: HandshakeTry, cause: CauseCode])[] = [
  ["handshake.accept", madeHandshake({ key: "AAAAAAAAAAAAAAAAAAAAAA==" }), "handshake-accept-mismatch"],
  ["handshake.subprotocol", madeHandshake({}, 101, [["Sec-WebSocket-Protocol", "audio.twilio.com"]]), "handshake-subprotocol-unsolicited"],
  ["handshake.extensions", madeHandshake({}, 101, [["Sec-WebSocket-Extensions", "permessage-deflate"]]), "handshake-extension-unsolicited"],
  ["handshake.time", madeHandshake({ ms: 4_000 }), "handshake-slow"],
  ["handshake.upgrade", madeHandshake({}, 101, [["Connection", "close"]]), "handshake-no-upgrade"],
];
for (const [id, handshake, cause] of answers.filter(([id]) => id !== "handshake.upgrade")) {
  test(`${id}: ${cause}`, () => {
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes: [handshake] }), cause);
  });
}

test("handshake.upgrade: a 101 without Upgrade is none", () => {
  const { answer } = madeHandshake();
  const bare = madeHandshake({
    answer: { head: { version: "1.1", status: 101, reason: "", fields: answer?.head.fields.slice(1) ?? [] }, body: "" },
  });
  assertCause(HANDSHAKE_CHECKS, "handshake.upgrade", madeDoctorEvidence({ handshakes: [bare] }), "handshake-no-upgrade");
});

test("handshake.offers: an answer that was not among those offered", () => {
  const wrong = madeHandshake({ variant: "subprotocols", offered: ["mqtt", "audio.twilio.com"] }, 101, [
    ["Sec-WebSocket-Protocol", "chat"],
  ]);
  const echo = madeHandshake({ variant: "subprotocols", offered: ["mqtt", "audio.twilio.com"] }, 101, [["Sec-WebSocket-Protocol", "mqtt"]]);
  assertCause(
    HANDSHAKE_CHECKS,
    "handshake.offers",
    madeDoctorEvidence({ handshakes: [madeHandshake(), wrong] }),
    "handshake-subprotocol-wrong",
  );
  assertCause(HANDSHAKE_CHECKS, "handshake.offers", madeDoctorEvidence({ handshakes: [madeHandshake(), echo] }), "fine");
});

test("tellHandshake: what was sent and what came", () => {
  assertStringIncludes(tellHandshake(madeHandshake({ variant: "subprotocol", offered: ["a"] }, 400)), "offering a: HTTP 400 after 20 ms");
});
