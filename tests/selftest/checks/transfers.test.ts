// The check of transfers, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { transferScreened } from "../../../src/selftest/checks/transfers.ts";
import type { DialledPerson, LineEvent } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { assertVerdict, frame, heardPieces, madeCall, madeEvidence, madeStream } from "./made.ts";

const about = "Ann calls.";
const hears = (text: string): DialledPerson => ({
  target: "+1",
  callSid: "CA2",
  person: {},
  screenUrl: "https://voice.example/twilio/screen",
  callerId: undefined,
  answerMs: 0,
  state: "over",
  call: madeCall({ line: [{ kind: "say", atMs: 1, text, language: "en-US" }] }),
});
const connected: LineEvent = { kind: "connected", atMs: 2, target: "+1" };
const end = { atMs: 9, by: "server", cause: "endOfDocument" } as const;
const heard = heardPieces(0, new Uint8Array(80));
const records = [{ counts: { heardMs: 10 } }];
const person = hears("Ann calls. Press 1.");
const accepted = madeEvidence({ call: madeCall({ line: [connected], dialled: [person], end }), records });
const streams = [madeStream({ heard }), madeStream({ id: 2, heard })];
const session = { received: [], delivered: [] };
const informed = { received: [frame(1, { type: "conversation.item.create", text: "the person declined the call" })], delivered: [] };
const declined = madeEvidence({ call: madeCall({ dialled: [person], streams }), sessions: [session, informed], records });
const good = { accepted, declined, about };

for (const [why, verdict, evidence] of [
  ["one is connected, the other is not", "passed", good],
  ["the person who accepts is not connected", "failed", { ...good, accepted: { ...accepted, call: { ...accepted.call, line: [] } } }],
  ["the person who declines is connected", "failed", { ...good, declined: { ...declined, call: { ...declined.call, line: [connected] } } }],
  ["the person hears something else", "failed", { ...good, about: "Bob calls." }],
  ["no one was dialled", "failed", { ...good, accepted: { ...accepted, call: { ...accepted.call, dialled: [] } } }],
  [
    "the agent does not come back",
    "failed",
    { ...good, declined: { ...declined, call: { ...declined.call, streams: streams.slice(0, 1) } } },
  ],
  [
    "the agent is silent",
    "failed",
    { ...good, declined: { ...declined, call: { ...declined.call, streams: [streams[0] ?? madeStream(), madeStream({ id: 2 })] } } },
  ],
  ["the agent comes back after the talk", "failed", { ...good, accepted: { ...accepted, call: { ...accepted.call, streams } } }],
  ["the call goes on after the talk", "failed", { ...good, accepted: { ...accepted, call: { ...accepted.call, end: undefined } } }],
  ["the agent does not know", "failed", { ...good, declined: { ...declined, sessions: [session, session] } }],
  ["no record", "failed", { ...good, declined: { ...declined, records: [] } }],
] as const) {
  test(`transfer.screened: ${why}: ${verdict}`, () => assertVerdict(transferScreened, evidence, verdict));
}
