// The checks of TwiML, on documents with one fault each.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { TWIML_CHECKS } from "../../../src/doctor/checks/twiml.ts";
import { goodTwiml, madeCall, madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall, assertCause, documentCall, madeDoctorEvidence } from "./made.ts";

for (const id of [
  "webhook.body",
  "webhook.content-type",
  "webhook.size",
  "twiml.well-formed",
  "twiml.root",
  "twiml.parsed",
  "twiml.encoding",
  "twiml.verbs",
  "twiml.stream",
  "twiml.track",
  "twiml.after-connect",
]) {
  test(`${id}: a document that connects the call to a stream passes`, () => {
    assertCause(TWIML_CHECKS, id, madeDoctorEvidence(), "passed");
  });
  test(`${id}: untested for HTTP 500`, () => {
    assertCause(TWIML_CHECKS, id, madeDoctorEvidence({}, answeredCall(madeExchange("no", 500))), "untested");
  });
}

const inResponse = (verbs: string): string => `<Response>${verbs}</Response>`;
const documents: readonly (readonly [id: string, body: string, cause: CauseCode | "no cause", type?: string])[] = [
  ["webhook.body", "", "webhook-empty"],
  ["webhook.content-type", '"<Response/>"', "twiml-encoded-again", "application/json"],
  ["webhook.content-type", '{"ok":true}', "webhook-json", "application/json"],
  ["webhook.content-type", "<Response/>", "webhook-content-type", "application/octet-stream"],
  ["webhook.size", inResponse(`<Say>${"x".repeat(70_000)}</Say>`), "webhook-too-big"],
  ["twiml.well-formed", "<Response><Connect></Response>", "twiml-malformed"],
  ["twiml.well-formed", '\n<?xml version="1.0"?><Response/>', "twiml-extra-text"],
  ["twiml.root", "<html></html>", "twiml-web-page", "text/html"],
  ["twiml.root", "<Connect/>", "twiml-root"],
  ["twiml.root", "<response/>", "twiml-root"],
  ["twiml.parsed", "hello", "twiml-plain-text", "text/plain"],
  ["twiml.parsed", "&lt;Response&gt;", "twiml-encoded-again", "text/plain"],
  ["twiml.parsed", goodTwiml, "twiml-as-plain-text", "text/plain"],
  ["twiml.encoding", '<?xml version="1.0" encoding="utf-16"?><Response/>', "twiml-encoding"],
  ["twiml.encoding", '<?xml version="1.0" encoding="ISO-8859-1"?><Response/>', "no cause"],
  ["twiml.stream", inResponse("&lt;Connect&gt;&lt;Stream/&gt;&lt;/Connect&gt;"), "twiml-encoded-again"],
  ["twiml.parsed", "RIFF", "twiml-audio-file", "audio/wav"],
  ["twiml.verbs", inResponse('<connect><Stream url="wss://a.net/"/></connect>'), "twiml-unknown-verb"],
  ["twiml.verbs", inResponse('<Connect><stream url="wss://a.net/"/></Connect>'), "twiml-unknown-verb"],
  ["twiml.verbs", inResponse('<Connect><Stream URL="wss://a.net/"/></Connect>'), "twiml-unknown-verb"],
  ["twiml.stream", inResponse('<Start><Stream url="wss://a.net/"/></Start>'), "twiml-one-way"],
  ["twiml.stream", inResponse('<Connect><ConversationRelay url="wss://a.net/"/></Connect>'), "twiml-conversation-relay"],
  ["twiml.stream", inResponse("<Say>Hello.</Say>"), "twiml-no-stream"],
  ["twiml.stream", inResponse(""), "twiml-empty"],
  ["twiml.stream", inResponse("<Reject/>"), "twiml-rejects"],
  ["twiml.track", inResponse('<Connect><Stream url="wss://a.net/" track="both_tracks"/></Connect>'), "twiml-track"],
  ["twiml.after-connect", inResponse('<Connect><Stream url="wss://a.net/"/></Connect>'), "no cause"],
];
for (const [id, body, cause, type] of documents) {
  test(`${id}: ${body.slice(0, 60)} is ${cause}`, () => {
    assertCause(TWIML_CHECKS, id, madeDoctorEvidence({}, documentCall(body, type)), cause);
  });
}

test("twiml.well-formed: the evidence shows the line of the fault", () => {
  const judged = assertCause(
    TWIML_CHECKS,
    "twiml.well-formed",
    madeDoctorEvidence({}, documentCall("<Response>\n<Redirect>/a?b=1&c=2</Redirect></Response>")),
    "twiml-malformed",
  );
  assertStringIncludes(judged.evidence?.[0] ?? "", "line 2: <Redirect>");
});

test("twiml.verbs: an unknown name is an error only when the call has no stream", () => {
  const strange = goodTwiml.replace("<Connect", "<connect/><Connect");
  const call = madeCall({ exchanges: [madeExchange(strange)] });
  assertEquals(assertCause(TWIML_CHECKS, "twiml.verbs", madeDoctorEvidence({}, call), "twiml-unknown-verb").level, "warning");
  assertEquals(
    assertCause(TWIML_CHECKS, "twiml.verbs", madeDoctorEvidence({}, { ...call, streams: [] }), "twiml-unknown-verb").level,
    "error",
  );
});

test("twiml.verbs: lower-case SSML in <Say> passes", () => {
  const call = documentCall(inResponse('<Say>One <break time="1s"/><say-as interpret-as="date">2</say-as></Say>'));
  assertCause(TWIML_CHECKS, "twiml.verbs", madeDoctorEvidence({}, call), "passed");
});

test("twiml.stream: documents that redirect to each other forever", () => {
  const call = {
    ...documentCall(inResponse("<Redirect>/a</Redirect>")),
    end: { atMs: 1, by: "twilio", cause: "tooLong" } as const,
  };
  assertCause(TWIML_CHECKS, "twiml.stream", madeDoctorEvidence({}, call), "twiml-redirect-loop");
});

test("twiml.plays: a recording that cannot be fetched, and one that is not audio", () => {
  const play = { url: "https://a.net/x.wav", status: 200, contentType: "audio/wav" };
  assertCause(TWIML_CHECKS, "twiml.plays", madeDoctorEvidence(), "untested");
  assertCause(TWIML_CHECKS, "twiml.plays", madeDoctorEvidence({ plays: [play] }), "passed");
  assertCause(TWIML_CHECKS, "twiml.plays", madeDoctorEvidence({ plays: [play, { ...play, status: 403 }] }), "twiml-play-unavailable");
  assertCause(
    TWIML_CHECKS,
    "twiml.plays",
    madeDoctorEvidence({ plays: [{ ...play, contentType: "text/html" }] }),
    "twiml-play-unavailable",
  );
});

test("twiml.action: requests after the stream are judged apart from the webhook", () => {
  const action = madeExchange("no", 500, { purpose: "action", atMs: 6_000 });
  const call = madeCall({ exchanges: [madeExchange(goodTwiml), action] });
  assertCause(TWIML_CHECKS, "twiml.action", madeDoctorEvidence({}, call), "twiml-action-failed");
  assertCause(TWIML_CHECKS, "twiml.well-formed", madeDoctorEvidence({}, call), "passed");
  assertCause(TWIML_CHECKS, "twiml.action", madeDoctorEvidence(), "untested");
});
