// What the caller heard, in words, of calls in virtual time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { callerHears } from "../../../src/doctor/causes/caller-hears.ts";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { answeredCall } from "../checks/made.ts";
import { beep, evidenceOf, media, playStream, type Script } from "../checks/virtual-stream.ts";

const connect = '<Connect><Stream url="wss://voice.example/stream"/></Connect>';
const greeting = [500, media(beep(500, 1_000))] as const;
const spoke = [3_000, "spoke", beep(700, 1_000)] as const;

const cases: readonly (readonly [name: string, script: Script, cause: CauseCode, heard: string | undefined])[] = [
  ["a conversation", { server: [greeting, [5_000, media(beep(500, 1_000))]], caller: [spoke] }, "healthy", "a greeting, then an answer"],
  ["no answer", { server: [greeting], caller: [spoke] }, "reply-none", "a greeting, then silence"],
  ["nothing", { caller: [spoke], hangUpMs: 12_000 }, "stream-silent", "12.0 s of silence"],
  ["a first word after 8 s", { server: [[8_000, media(beep(500, 1_000))]] }, "healthy", "8.00 s of silence, then a greeting"],
  [
    "an answer, and no greeting",
    { server: [[5_000, media(beep(500, 1_000))]], caller: [spoke] },
    "healthy",
    "silence until the caller has spoken, then an answer",
  ],
  [
    "a late answer, and no greeting",
    { server: [[8_700, media(beep(500, 1_000))]], caller: [spoke], hangUpMs: 12_000 },
    "reply-late",
    "silence until the caller has spoken, then 4.70 s of silence, then an answer",
  ],
  [
    "closed at once",
    { server: [[100, { close: 1011 }]], hangUpMs: 0 },
    "stream-closes-on-start",
    "a moment of silence, then the line drops",
  ],
  [
    "closed at once, with a <Say> before and after",
    {
      server: [[100, { close: 1011 }]],
      hangUpMs: 0,
      options: { twiml: `<Response><Say>One moment.</Say>${connect}<Say>Please call\nlater.</Say></Response>` },
    },
    "stream-closes-on-start",
    '"One moment.", then a moment of silence, then "Please call later.", then the call ends',
  ],
  [
    "closed at once, and a person is called",
    {
      server: [[100, { close: 1011 }]],
      hangUpMs: 0,
      options: { twiml: `<Response>${connect}<Dial>+15551234567</Dial></Response>` },
    },
    "stream-closes-on-start",
    "a moment of silence, then a call to +15551234567, which the doctor does not place, then the call ends",
  ],
  [
    "closed at once, and the caller is queued or recorded",
    {
      server: [[100, { close: 1011 }]],
      hangUpMs: 0,
      options: { twiml: `<Response>${connect}<Record/><Enqueue>support</Enqueue></Response>` },
    },
    "stream-closes-on-start",
    "a moment of silence, then a beep, while they are recorded, then hold music in a queue",
  ],
  ["noise", { server: [greeting], caller: [spoke] }, "media-noise", "loud noise instead of a voice"],
  ["a fault of another call", { server: [greeting], caller: [spoke] }, "concurrency-call-fails", undefined],
  ["a fault that the call did not meet", { server: [greeting], caller: [spoke] }, "url-private", undefined],
];
for (const [name, script, cause, heard] of cases) {
  test(`callerHears: ${name}`, () => assertEquals(callerHears(evidenceOf(playStream(script)), cause), heard));
}

test("callerHears: a line that drops before any stream", () => {
  const call = { ...answeredCall(), end: { atMs: 0, by: "server", cause: "endOfDocument" } as const };
  const heard = callerHears(evidenceOf({ number: 1, call, frames: [], actions: [] }), "url-malformed");
  assertEquals(heard, "a moment of silence, then the line drops");
});

test("callerHears: no call, and a call that a server refused", () => {
  assertEquals(callerHears(evidenceOf(), "webhook-dns"), undefined);
  const call = { ...answeredCall(), end: { atMs: 0, by: "server", cause: "reject" } as const };
  assertEquals(callerHears(evidenceOf({ number: 1, call, frames: [], actions: [] }), "twiml-rejects"), "a busy signal");
});
