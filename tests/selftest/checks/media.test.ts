// Each check of the audio, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones } from "../../../src/audio/tone.ts";
import { callsIsolated, greetingHeard, replyUnchanged, speechUnchanged } from "../../../src/selftest/checks/media.ts";
import { assertVerdict, frame, heardPieces, madeCall, madeEvidence, madeStream } from "./made.ts";

const tone = (ms: number, ...hz: readonly number[]) =>
  encodeMulaw(
    renderTones(
      hz.map((one) => ({ hz: one, dbfs: -12 })),
      0,
      ms * 8,
    ),
  );
const hearing = (...pieces: readonly Uint8Array[]) => madeCall({ streams: [madeStream({ heard: heardPieces(1_100, ...pieces) })] });
const silence = (ms: number) => new Uint8Array(ms * 8).fill(0xff);
const append = (atMs: number, bytes: Uint8Array) => frame(atMs, { type: "input_audio_buffer.append", audio: bytes.toBase64() });
const ready = frame(100, { type: "session.updated" });
const replies = [tone(300, 620)];

for (const [why, verdict, call] of [
  ["the tone", "passed", hearing(tone(300, 620))],
  ["the tone, and more behind it", "passed", hearing(tone(300, 620), tone(100, 900))],
  ["nothing", "failed", madeCall()],
  ["no stream", "failed", madeCall({ streams: [] })],
  ["another tone", "failed", hearing(tone(300, 900))],
  ["half of it", "failed", hearing(tone(150, 620))],
  ["silence as long", "failed", hearing(silence(300))],
] as const) {
  test(`greeting.heard: ${why}: ${verdict}`, () =>
    assertVerdict(greetingHeard, { ...madeEvidence({ call, replies }), greetingHz: 620 }, verdict));
}

for (const [why, verdict, call] of [
  ["all of it", "passed", hearing(tone(300, 620))],
  ["nothing", "failed", madeCall()],
  ["a part", "failed", hearing(tone(299, 620))],
  ["more", "failed", hearing(tone(301, 620))],
] as const) {
  test(`reply.unchanged: ${why}: ${verdict}`, () => assertVerdict(replyUnchanged, madeEvidence({ call, replies }), verdict));
}

const said = tone(100, 440);
for (const [why, verdict, received] of [
  ["in order, then silence", "passed", [append(100, said.slice(0, 400)), append(110, said.slice(400)), append(120, silence(20))]],
  ["a byte is another", "failed", [append(100, said.with(7, 0))]],
  ["its beginning is missing", "failed", [append(100, said.slice(160))]],
  ["its end is missing", "failed", [append(100, said.slice(0, 160))]],
  ["before session.updated", "failed", [append(99, said)]],
  ["audio after it that the caller did not say", "failed", [append(100, said), append(110, tone(20, 900))]],
] as const) {
  test(`speech.unchanged: ${why}: ${verdict}`, () => {
    assertVerdict(speechUnchanged, madeEvidence({ said, sessions: [{ received, delivered: [ready] }] }), verdict);
  });
}

for (const [why, verdict, bytes] of [
  ["heard by the second session", "passed", said],
  ["spoilt in the second session", "failed", said.with(7, 0)],
] as const) {
  test(`speech.unchanged: a session that was given up, and the speech ${why}: ${verdict}`, () => {
    const givenUp = { received: [], delivered: [] };
    const sessions = [givenUp, { received: [append(200, bytes)], delivered: [frame(200, { type: "session.updated" })] }, givenUp];
    assertVerdict(speechUnchanged, madeEvidence({ said, sessions }), verdict);
  });
}

test("speech.unchanged: no session: failed", () => assertVerdict(speechUnchanged, madeEvidence({ said, sessions: [] }), "failed"));

const talk = (ears: Uint8Array, model: Uint8Array) =>
  madeEvidence({ call: hearing(ears), sessions: [{ received: [append(100, model)], delivered: [] }] });
const second = { ...talk(tone(500, 730), tone(500, 1_390)), replyHz: 730, saidHz: 1_390 };
const firstHz = { replyHz: 450, saidHz: 1_030 };
for (const [why, verdict, evidence] of [
  ["each its own", "passed", talk(tone(500, 450), tone(500, 1_030))],
  ["the caller hears both", "failed", talk(tone(500, 450, 730), tone(500, 1_030))],
  ["the model hears both", "failed", talk(tone(500, 450), tone(500, 1_030, 1_390))],
  ["crossed", "failed", talk(tone(500, 730), tone(500, 1_030))],
  ["nothing", "failed", madeEvidence()],
] as const) {
  test(`calls.isolated: ${why}: ${verdict}`, () => assertVerdict(callsIsolated, [{ ...evidence, ...firstHz }, second], verdict));
}
