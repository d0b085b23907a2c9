// Why a handshake was refused: each answer has one cause.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import type { Evidence, HandshakeTry } from "../../../src/doctor/evidence/evidence.ts";
import { handshakeRefusal } from "../../../src/doctor/evidence/handshake-refusal.ts";
import { madeDoctorEvidence, madeHandshake } from "../checks/made.ts";

function refusalOf(fields: Partial<Evidence>): CauseCode | undefined {
  const evidence = madeDoctorEvidence(fields);
  const [first] = evidence.handshakes;
  assert(first);
  return handshakeRefusal(first, evidence);
}

function refusedWith(status: number, body = "", fields: readonly (readonly [string, string])[] = []): HandshakeTry {
  const made = madeHandshake({}, status, fields);
  return { ...made, answer: { head: { version: "1.1", status, reason: "", fields }, body } };
}

const later = (variant: HandshakeTry["variant"], offered: readonly string[] = []): HandshakeTry => madeHandshake({ variant, offered });
const refusals: readonly (readonly [what: string, handshakes: readonly HandshakeTry[], cause: CauseCode])[] = [
  ["404", [refusedWith(404)], "handshake-not-found"],
  ["404 from Express, as to a plain GET", [refusedWith(404, "<pre>Cannot GET /stream</pre>")], "handshake-no-upgrade"],
  ["404 from express-ws", [refusedWith(404, "<pre>Cannot GET /stream/.websocket</pre>")], "handshake-not-found"],
  ["404 from Starlette, as to a plain GET", [refusedWith(404, '{"detail":"Not Found"}')], "handshake-no-upgrade"],
  ["404 from Fastify", [refusedWith(404, '{"message":"Route GET:/s not found","statusCode":404}')], "handshake-not-found"],
  ["a challenge of an edge", [refusedWith(403, "<title>Just a moment...</title>")], "handshake-blocked"],
  ["a login of an edge", [refusedWith(302, "", [["Location", "https://a.cloudflareaccess.com/"]])], "handshake-login-required"],
  ["a tunnel that is offline", [refusedWith(404, "", [["ngrok-error-code", "ERR_NGROK_3200"]])], "handshake-tunnel-offline"],
  ["a WebSocket API without the stage", [refusedWith(403, '{"message":"Forbidden","connectionId":"a"}')], "handshake-not-found"],
  ["a page of an edge, and 101 later", [refusedWith(503, "<title>Just a moment...</title>"), later("again")], "handshake-cold-start"],
  ["403 with a token", [refusedWith(403)], "handshake-forbidden"],
  ["502", [refusedWith(502)], "handshake-gateway"],
  ["200", [refusedWith(200, "<html>")], "handshake-no-upgrade"],
  ["426", [refusedWith(426)], "handshake-no-upgrade"],
  ["a redirect", [refusedWith(301, "", [["Location", "https://b.net/"]])], "handshake-redirect"],
  ["500", [refusedWith(500)], "handshake-status"],
  ["404 first and 101 later", [refusedWith(404), later("again")], "handshake-cold-start"],
  ["101 only with an Origin", [refusedWith(403), later("origin")], "handshake-origin-required"],
  ["101 only with a subprotocol", [refusedWith(400), later("subprotocol", ["audio.twilio.com"])], "handshake-subprotocol-required"],
  ["101 only with the query", [refusedWith(401), later("query")], "url-query-required"],
  ["101 when signed as https", [refusedWith(403), later("signed-https")], "handshake-signature-rejected"],
  ["101 when unsigned", [refusedWith(403), later("unsigned")], "handshake-signature-rejected"],
];
for (const [what, handshakes, cause] of refusals) {
  test(`handshakeRefusal: ${what} is ${cause}`, () => {
    assertEquals(refusalOf({ handshakes }), cause);
  });
}

test("handshakeRefusal: a refusal without a token is not a fault, unless the webhook accepted an unsigned request", () => {
  const target = { url: "wss://voice.example.net/s", kind: "stream" } as const;
  const refused = { hasToken: false, handshakes: [refusedWith(403)] };
  assertEquals(refusalOf({ ...refused, target }), "needs-token");
  assertEquals(refusalOf(refused), "handshake-forbidden");
});

for (const [kind, cause] of [
  ["totalTimeout", "handshake-timeout"],
  ["closed", "handshake-closed"],
  ["protocol", "handshake-not-http"],
  ["refused", undefined],
] as const) {
  test(`handshakeRefusal: no answer, ${kind}: ${cause}`, () => {
    const { answer: _answer, ...silent } = madeHandshake({ failure: { kind, detail: "" } });
    assertEquals(refusalOf({ handshakes: [silent] }), cause);
  });
}
