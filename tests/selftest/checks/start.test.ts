// Each check of a stream's beginning, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { firstCall, startAccepted, startRefused } from "../../../src/selftest/checks/start.ts";
import { assertVerdict, frame, madeCall, madeEvidence, madeStream } from "./made.ts";

const byServer = { atMs: 1_100, by: "server", code: 1008, reason: "no token" } as const;
const problem = { twilioCode: 31951, what: "a message", atMs: 1, level: "warning" } as const;
const refused = madeEvidence({ sessions: [], call: madeCall({ streams: [madeStream({ end: byServer })] }) });

for (const [why, verdict, evidence] of [
  ["open until the caller hung up", "passed", madeEvidence()],
  ["the server closed it", "failed", madeEvidence({ call: madeCall({ streams: [madeStream({ end: byServer })] }) })],
  ["no model session", "failed", madeEvidence({ sessions: [] })],
  ["Twilio logs a problem", "failed", madeEvidence({ call: madeCall({ problems: [problem] }) })],
] as const) {
  test(`start.accepted: ${why}: ${verdict}`, () => assertVerdict(startAccepted, evidence, verdict));
}

for (const [why, verdict, evidence] of [
  ["closed, no model dialled", "passed", [refused, refused]],
  ["no stream at all", "failed", [refused, madeEvidence({ sessions: [], call: madeCall({ streams: [] }) })]],
  ["a model was dialled, and hears nothing", "passed", [refused, { ...refused, sessions: madeEvidence().sessions }]],
  [
    "a model hears",
    "failed",
    [refused, { ...refused, sessions: [{ received: [frame(1, { type: "input_audio_buffer.append" })], delivered: [] }] }],
  ],
  [
    "a model is to speak",
    "failed",
    [refused, { ...refused, sessions: [{ received: [frame(1, { type: "response.create" })], delivered: [] }] }],
  ],
  ["one stays open", "failed", [refused, madeEvidence({ sessions: [] })]],
  [
    "a sound was heard",
    "failed",
    [madeEvidence({ sessions: [], call: madeCall({ streams: [madeStream({ end: byServer, firstMediaAtMs: 1_050 })] }) })],
  ],
] as const) {
  test(`start.refused: ${why}: ${verdict}`, () => assertVerdict(startRefused, evidence, verdict));
}

const firstSoundAt = (firstMediaAtMs: number) => madeEvidence({ call: madeCall({ streams: [madeStream({ firstMediaAtMs })] }) });
for (const [why, verdict, evidence] of [
  ["sound at once", "passed", firstSoundAt(1_200)],
  ["no sound", "failed", madeEvidence()],
] as const) {
  test(`first-call: ${why}: ${verdict}`, () => assertVerdict(firstCall, { ...evidence, listenedAtMs: 1_000 }, verdict));
}
