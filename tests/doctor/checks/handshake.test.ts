// The handshake's checks. Why a handshake was refused: evidence/handshake-refusal.test.ts.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { describeHandshake, HANDSHAKE_CHECKS } from "../../../src/doctor/checks/handshake.ts";
import type { HandshakeTry } from "../../../src/doctor/evidence/evidence.ts";
import type { HttpHead } from "../../../src/protocol/http/message.ts";
import { assertCause, madeDoctorEvidence, madeHandshake } from "./made.ts";
import { playStream } from "./virtual-stream.ts";

const fields101 = madeHandshake().answer?.head.fields ?? [];
const withHead = (fields: Partial<HttpHead>): HandshakeTry =>
  madeHandshake({ answer: { head: { version: "1.1", status: 101, reason: "", fields: fields101, ...fields }, body: "" } });

for (const { id } of HANDSHAKE_CHECKS) {
  test(`${id}: a correct handshake passes`, () => {
    const handshakes = [madeHandshake(), madeHandshake({ variant: "subprotocol", offered: ["audio.twilio.com"] })];
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes }), "passed");
  });
  test(`${id}: untested without a handshake`, () => {
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes: [] }), "untested");
  });
}

test("handshake.status: a refusal fails with its cause, and says so when a later try opened", () => {
  const refused = madeHandshake({}, 404, [["Location", "/x"]]);
  const judged = assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes: [refused] }), "handshake-not-found");
  assertEquals(judged.actual, "HTTP 404, Location: /x");
  const handshakes = [refused, madeHandshake({ variant: "again", atMs: 700 })];
  const later = assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes }), "handshake-cold-start");
  assertStringIncludes(later.actual, "HTTP 101 when tried again 700 ms later");
});

test("handshake.latency: says when only the first handshake was slow", () => {
  const judge = (laterMs: number) => {
    const handshakes = [madeHandshake({ ms: 6_000 }), madeHandshake({ variant: "subprotocol", ms: laterMs })];
    return assertCause(HANDSHAKE_CHECKS, "handshake.latency", madeDoctorEvidence({ handshakes }), "handshake-slow");
  };
  assertEquals(judge(5).actual, "6000 ms, and a later one took 5 ms: the server was not awake yet");
  assertStringIncludes(judge(5).fix?.text ?? "", "keep an instance running");
  assertEquals(judge(6_000).actual, "6000 ms");
});

test("handshake.status: an empty 403 may be Starlette's answer for a path without a route", () => {
  const refusedWith = (body: string) => madeHandshake({ answer: { head: { version: "1.1", status: 403, reason: "", fields: [] }, body } });
  const fixOf = (body: string) =>
    assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes: [refusedWith(body)] }), "handshake-forbidden").fix
      ?.text;
  assertStringIncludes(fixOf("") ?? "", "@app.websocket");
  assertEquals(fixOf("Forbidden")?.includes("@app.websocket") ?? false, false);
});

test("handshake.status: untested when the connection failed, which the URL's checks report", () => {
  const { answer: _answer, ...silent } = madeHandshake({ failure: { kind: "refused", detail: "" } });
  assertCause(HANDSHAKE_CHECKS, "handshake.status", madeDoctorEvidence({ handshakes: [silent] }), "untested");
});

const answers: readonly (readonly [id: string, handshake: HandshakeTry, cause: CauseCode | "passed"])[] = [
  ["handshake.accept", madeHandshake({ key: "AAAAAAAAAAAAAAAAAAAAAA==" }), "handshake-accept-mismatch"],
  [
    "handshake.no-subprotocol",
    madeHandshake({}, 101, [["Sec-WebSocket-Protocol", "audio.twilio.com"]]),
    "handshake-subprotocol-unsolicited",
  ],
  ["handshake.extensions", madeHandshake({}, 101, [["Sec-WebSocket-Extensions", "permessage-deflate"]]), "handshake-extension-unsolicited"],
  ["handshake.latency", madeHandshake({ ms: 4_000 }), "handshake-slow"],
  ["handshake.upgrade", madeHandshake({}, 101, [["upgrade", "websocket"]]), "handshake-header-repeated"],
  ["handshake.upgrade", withHead({ version: "1.0" }), "handshake-http-version"],
  ["handshake.upgrade", withHead({ fields: fields101.filter(([name]) => name !== "Upgrade") }), "handshake-header-missing"],
  ["handshake.upgrade", withHead({ fields: fields101.filter(([name]) => name !== "Connection") }), "handshake-header-missing"],
  ["handshake.upgrade", withHead({ fields: [...fields101.slice(1), ["Upgrade", "h2c"]] }), "handshake-header-missing"],
  ["handshake.upgrade", withHead({ fields: [["Upgrade", "websocket, websocket"], ...fields101.slice(1)] }), "handshake-header-repeated"],
  ["handshake.upgrade", madeHandshake({}, 101, [["Connection", "Upgrade"]]), "passed"],
  ["handshake.accept", madeHandshake({}, 101, [["Sec-WebSocket-Accept", "again="]]), "handshake-header-repeated"],
  ["handshake.accept", withHead({ fields: fields101.slice(0, 2) }), "handshake-header-missing"],
];
for (const [id, handshake, cause] of answers) {
  test(`${id}: ${cause}`, () => {
    assertCause(HANDSHAKE_CHECKS, id, madeDoctorEvidence({ handshakes: [handshake] }), cause);
  });
}

test("handshake.extensions: followed by a compressed frame, the compression is the cause", () => {
  const handshakes = [madeHandshake({}, 101, [["Sec-WebSocket-Extensions", "permessage-deflate"]])];
  const calls = [playStream({ server: [[600, { broken: "compressed" }]] })];
  assertCause(HANDSHAKE_CHECKS, "handshake.extensions", madeDoctorEvidence({ handshakes, calls }), "stream-compressed");
});

test("handshake.subprotocol-choice: a subprotocol that was not offered fails", () => {
  const wrong = madeHandshake({ variant: "subprotocols", offered: ["mqtt", "audio.twilio.com"] }, 101, [
    ["Sec-WebSocket-Protocol", "chat"],
  ]);
  const echo = madeHandshake({ variant: "subprotocols", offered: ["mqtt", "audio.twilio.com"] }, 101, [["Sec-WebSocket-Protocol", "mqtt"]]);
  assertCause(
    HANDSHAKE_CHECKS,
    "handshake.subprotocol-choice",
    madeDoctorEvidence({ handshakes: [madeHandshake(), wrong] }),
    "handshake-subprotocol-wrong",
  );
  assertCause(HANDSHAKE_CHECKS, "handshake.subprotocol-choice", madeDoctorEvidence({ handshakes: [madeHandshake(), echo] }), "passed");
});

const offering = { variant: "subprotocol", offered: ["audio.twilio.com"] } as const;
const chooses = (...choices: readonly string[]) =>
  madeHandshake(
    offering,
    101,
    choices.map((choice) => ["Sec-WebSocket-Protocol", choice] as const),
  );

const choices = [
  [chooses("audio.twilio.com"), "passed"],
  [chooses(), "passed"],
  [chooses("Audio.Twilio.com"), "handshake-subprotocol-misspelt"],
  [chooses("audio.twillio.com"), "handshake-subprotocol-misspelt"],
  [chooses("audio-twilio-com"), "handshake-subprotocol-misspelt"],
  [chooses("media"), "handshake-subprotocol-wrong"],
  [chooses("x".repeat(10_000)), "handshake-subprotocol-wrong"],
  [chooses("audio.twilio.com, mqtt"), "handshake-subprotocol-two"],
  [chooses("audio.twilio.com", "audio.twilio.com"), "handshake-subprotocol-two"],
] as const;
for (const [handshake, cause] of choices) {
  const names = handshake.answer?.head.fields.slice(3).map(([, value]) => value.slice(0, 40)) ?? [];
  test(`handshake.subprotocol-choice: ${names.join(" and ") || "none"}: ${cause}`, () => {
    assertCause(HANDSHAKE_CHECKS, "handshake.subprotocol-choice", madeDoctorEvidence({ handshakes: [madeHandshake(), handshake] }), cause);
  });
}

const again = madeHandshake({ variant: "again" });
const offers = [
  ["a 403 only with an offer", [madeHandshake(offering, 403), again], "handshake-subprotocol-rejected"],
  ["a close only with an offer", [madeHandshake({ ...offering, ended: "close 1002" }), again], "handshake-subprotocol-rejected"],
  ["a 429 for every handshake from then on", [madeHandshake(offering, 429), madeHandshake({ variant: "again" }, 429)], "untested"],
  ["accepted", [madeHandshake(offering)], "passed"],
  ["no offer was made", [], "untested"],
] as const;
for (const [what, handshakes, cause] of offers) {
  test(`handshake.subprotocol-offered: ${what}: ${cause}`, () => {
    const evidence = madeDoctorEvidence({ handshakes: [madeHandshake(), ...handshakes] });
    assertCause(HANDSHAKE_CHECKS, "handshake.subprotocol-offered", evidence, cause);
  });
}

test("describeHandshake: request and result on one line", () => {
  assertStringIncludes(
    describeHandshake(madeHandshake({ variant: "subprotocol", offered: ["a"] }, 400)),
    "offering a: HTTP 400 after 20 ms",
  );
});
