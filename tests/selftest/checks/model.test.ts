// The checks of the model's side, on evidence that passes and on each thing that must not.

import { test } from "bun:test";
import { dtmfTold, modelDownSentence, nothingThrown } from "../../../src/selftest/checks/model.ts";
import { assertVerdict, frame, goodTwiml, heardPieces, madeCall, madeEvidence, madeExchange, madeStream } from "./made.ts";

const byServer = { atMs: 1_100, by: "server", code: 1000, reason: "" } as const;
const exchanges = [madeExchange(goodTwiml), madeExchange("<Response><Say>Sorry.</Say></Response>", 200, { purpose: "action" })];
const line = [{ kind: "words", atMs: 1, text: "Sorry.", language: undefined }] as const;
const error = [{ kind: "applicationError", atMs: 1, text: "We are sorry", twilioCode: 11200 }] as const;
const down = { exchanges, streams: [madeStream({ end: byServer })], line };
for (const [why, verdict, call] of [
  ["a sentence", "passed", madeCall(down)],
  ["silence", "failed", madeCall({ ...down, line: [] })],
  ["the application error", "failed", madeCall({ ...down, line: [...line, ...error] })],
  ["the server does not close the stream", "failed", madeCall({ ...down, streams: [madeStream()] })],
  ["never asked what comes next", "failed", madeCall({ ...down, exchanges: exchanges.slice(0, 1) })],
] as const) {
  test(`model-down.sentence: ${why}: ${verdict}`, () => assertVerdict(modelDownSentence, madeEvidence({ call, sessions: [] }), verdict));
}

const tell = (text: string, role = "user") =>
  frame(1, { type: "conversation.item.create", item: { type: "message", role, content: [{ type: "input_text", text }] } });
const ask = frame(2, { type: "response.create" });
const stream = madeStream({ heard: heardPieces(0, new Uint8Array(80)) });
const replies = [new Uint8Array(40), new Uint8Array(40)];
for (const [why, verdict, received, streams] of [
  ["told, asked, heard", "passed", [ask, tell("The caller pressed 5."), ask], [stream]],
  ["another key", "failed", [tell("The caller pressed 6."), ask], [stream]],
  ["not in the user's words", "failed", [tell("The caller pressed 5.", "system"), ask], [stream]],
  ["not told", "failed", [ask], [stream]],
  ["not asked for an answer", "failed", [ask, tell("The caller pressed 5.")], [stream]],
  ["no answer heard", "failed", [tell("The caller pressed 5."), ask], [madeStream({ heard: heardPieces(0, new Uint8Array(40)) })]],
] as const) {
  test(`dtmf.told: ${why}: ${verdict}`, () => {
    const sessions = [{ received, delivered: [] }];
    assertVerdict(dtmfTold, { ...madeEvidence({ call: madeCall({ streams }), sessions, replies }), digit: "5" }, verdict);
  });
}

test("server.no-throw: what was thrown is told", () => {
  assertVerdict(nothingThrown, { thrown: [] }, "passed");
  assertVerdict(nothingThrown, { thrown: ["error server.threw"] }, "failed");
});
