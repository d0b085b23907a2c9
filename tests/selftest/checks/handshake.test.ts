// Each check of the handshake leg, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import {
  HANDSHAKE_LIMIT_MS,
  handshakeAudioTwilio,
  handshakeModelHangs,
  handshakeNoSubprotocol,
  handshakeSeveral,
  handshakeUnknownOnly,
} from "../../../src/selftest/checks/handshake.ts";
import { assertVerdict, madeCall, madeEvidence, madeStream } from "./made.ts";

const twilio = "audio.twilio.com";
const several = ["chat", twilio, "superchat"];
for (const [verdict, check, subprotocols, answered] of [
  ["passed", handshakeNoSubprotocol, [], []],
  ["failed", handshakeNoSubprotocol, [], [twilio]],
  ["failed", handshakeNoSubprotocol, [twilio], []],
  ["passed", handshakeAudioTwilio, [twilio], [twilio]],
  ["failed", handshakeAudioTwilio, [twilio], []],
  ["failed", handshakeAudioTwilio, [twilio], [twilio, twilio]],
  ["passed", handshakeSeveral, several, [twilio]],
  ["failed", handshakeSeveral, several, ["chat"]],
  ["failed", handshakeSeveral, several, [several.join(", ")]],
  ["passed", handshakeUnknownOnly, ["chat", "superchat"], ["chat"]],
  ["failed", handshakeUnknownOnly, ["chat", "superchat"], []],
  ["failed", handshakeUnknownOnly, ["chat", "superchat"], ["Chat"]],
] as const) {
  test(`${check.id}: offered [${subprotocols}], answered [${answered}]: ${verdict}`, () => {
    assertVerdict(check, { call: madeCall({ streams: [madeStream({}, answered)] }, { subprotocols }) }, verdict);
  });
}

for (const [why, stream] of [
  ["no stream", undefined],
  ["another status", madeStream({}, [], 403)],
  ["a breach of RFC 6455", madeStream({ handshakeRisk: "an extension that was not offered" })],
  ["too late", madeStream({ dialledAtMs: 1_020 - HANDSHAKE_LIMIT_MS - 1 })],
] as const) {
  test(`handshake.no-subprotocol: ${why}: failed`, () => {
    assertVerdict(handshakeNoSubprotocol, { call: madeCall({ streams: stream === undefined ? [] : [stream] }) }, "failed");
  });
}

const lost = { atMs: 2, by: "server", code: 1011, reason: "" } as const;
for (const [why, verdict, evidence] of [
  ["101, and the stream stays", "passed", madeEvidence({ sessions: [] })],
  ["the model answered: the test is wrong", "failed", madeEvidence()],
  ["no 101", "failed", madeEvidence({ sessions: [], call: madeCall({ streams: [madeStream({}, [], 504)] }) })],
  ["a late 101", "failed", madeEvidence({ sessions: [], call: madeCall({ streams: [madeStream({ dialledAtMs: -9_000 })] }) })],
  ["the stream is closed", "failed", madeEvidence({ sessions: [], call: madeCall({ streams: [madeStream({ end: lost })] }) })],
] as const) {
  test(`handshake.model-hangs: ${why}: ${verdict}`, () => assertVerdict(handshakeModelHangs, evidence, verdict));
}
