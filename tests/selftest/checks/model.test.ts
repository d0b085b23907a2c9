// The checks of the model's side, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { dtmfForwarded, modelDownApology, nothingThrown } from "../../../src/selftest/checks/model.ts";
import { assertVerdict, frame, goodTwiml, heardPieces, madeCall, madeEvidence, madeExchange, madeStream } from "./made.ts";

const byServer = { atMs: 1_100, by: "server", code: 1000, reason: "" } as const;
const exchanges = [madeExchange(goodTwiml), madeExchange("<Response><Say>Sorry.</Say></Response>", 200, { purpose: "action" })];
const line = [{ kind: "say", atMs: 1, text: "Sorry.", language: undefined }] as const;
const error = [{ kind: "applicationError", atMs: 1, text: "We are sorry", twilioCode: 11200 }] as const;
const down = { exchanges, streams: [madeStream({ end: byServer })], line };
for (const [why, verdict, call] of [
  ["a message", "passed", madeCall(down)],
  ["silence", "failed", madeCall({ ...down, line: [] })],
  ["the application error", "failed", madeCall({ ...down, line: [...line, ...error] })],
  ["the server does not close the stream", "failed", madeCall({ ...down, streams: [madeStream()] })],
  ["the action is never requested", "failed", madeCall({ ...down, exchanges: exchanges.slice(0, 1) })],
] as const) {
  test(`model-down.apology: ${why}: ${verdict}`, () => assertVerdict(modelDownApology, madeEvidence({ call, sessions: [] }), verdict));
}

const message = (text: string, role = "user") =>
  frame(1, { type: "conversation.item.create", item: { type: "message", role, content: [{ type: "input_text", text }] } });
const ask = frame(2, { type: "response.create" });
const stream = madeStream({ heard: heardPieces(0, new Uint8Array(80)) });
const replies = [new Uint8Array(40), new Uint8Array(40)];
for (const [why, verdict, received, streams] of [
  ["sent, requested, heard", "passed", [ask, message("The caller pressed 5."), ask], [stream]],
  ["another key", "failed", [message("The caller pressed 6."), ask], [stream]],
  ["not a user message", "failed", [message("The caller pressed 5.", "system"), ask], [stream]],
  ["not sent", "failed", [ask], [stream]],
  ["no response requested", "failed", [ask, message("The caller pressed 5.")], [stream]],
  ["no answer heard", "failed", [message("The caller pressed 5."), ask], [madeStream({ heard: heardPieces(0, new Uint8Array(40)) })]],
] as const) {
  test(`dtmf.forwarded: ${why}: ${verdict}`, () => {
    const sessions = [{ received, delivered: [] }];
    assertVerdict(dtmfForwarded, { ...madeEvidence({ call: madeCall({ streams }), sessions, replies }), digit: "5" }, verdict);
  });
}

test("server.no-throw: names what was thrown", () => {
  assertVerdict(nothingThrown, { thrown: [] }, "passed");
  assertVerdict(nothingThrown, { thrown: ["error server.threw"] }, "failed");
});
