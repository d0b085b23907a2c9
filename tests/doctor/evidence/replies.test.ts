// Turns, late greetings and echoes, on calls in virtual time.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { DoctorCall } from "../../../src/doctor/evidence/evidence.ts";
import { echoDelayMs, lateGreetingMs, turnsOf } from "../../../src/doctor/evidence/replies.ts";
import { type StreamFacts, streamFacts } from "../../../src/doctor/evidence/stream-facts.ts";
import { callersSpeech } from "../../../src/doctor/probe/callers-speech.ts";
import { beep, media, playStream, type Script } from "../checks/virtual-stream.ts";

const word = beep(500, 600);
const clear = { event: "clear", streamSid: "$SID" };

function played(script: Script): { readonly call: DoctorCall; readonly stream: StreamFacts } {
  const call = playStream(script);
  const stream = streamFacts(call);
  assert(stream !== undefined);
  return { call, stream };
}

const delays = (script: Script) => turnsOf(played(script).stream).map(({ delayMs, sentMs }) => [delayMs, sentMs]);

test("turnsOf: each utterance has its answer", () => {
  const caller = [
    [2_000, "spoke", beep(700, 1_000)],
    [6_000, "interrupted", beep(700, 1_000)],
  ] as const;
  assertEquals(
    delays({
      server: [
        [3_500, media(word)],
        [7_900, media(word)],
      ],
      caller,
    }),
    [
      [500, 500],
      [900, 900],
    ],
  );
  assertEquals(delays({ server: [[3_500, media(word)]], caller }), [
    [500, 500],
    [undefined, undefined],
  ]);
});

test("turnsOf: an interrupted reply that goes on is not an answer, one that was cleared is not either", () => {
  const caller = [[2_000, "interrupted", beep(700, 1_000)]] as const;
  const long = media(beep(500, 6_000));
  assertEquals(delays({ server: [[1_000, long]], caller }), [[undefined, undefined]]);
  assertEquals(
    delays({
      server: [
        [1_000, long],
        [2_300, clear],
        [3_800, media(word)],
      ],
      caller,
    }),
    [[800, 800]],
  );
});

test("turnsOf: an answer that waits behind silence was sent earlier than it is heard", () => {
  const caller = [[2_000, "spoke", beep(700, 1_000)]] as const;
  const silence = media(new Uint8Array(24_000).fill(0xff));
  assertEquals(
    delays({
      server: [
        [2_500, silence],
        [3_400, media(word)],
      ],
      caller,
    }),
    [[2_500, 400]],
  );
});

test("lateGreetingMs: late without a word of the caller, or with quick answers afterwards", () => {
  const spoke = [6_000, "spoke", beep(700, 1_000)] as const;
  assertEquals(lateGreetingMs(played({ server: [[8_000, media(word)]] }).stream), 8_000);
  assertEquals(lateGreetingMs(played({ server: [[5_000, media(word)]] }).stream), undefined);
  assertEquals(lateGreetingMs(played({ server: [[7_500, media(word)]], caller: [spoke] }).stream), undefined);
});

for (const [name, change, lagMs] of [
  ["as it is", (frame: Uint8Array) => frame, 60],
  ["late", (frame: Uint8Array) => frame, 1_500],
  ["with its sign inverted", (frame: Uint8Array) => frame.map((code) => code ^ 0x80), 200],
] as const) {
  test(`echoDelayMs: the caller's voice ${name}`, () => {
    const voice = callersSpeech();
    const server = Array.from({ length: voice.length / 160 }, (_, at) => {
      const frame = change(voice.slice(at * 160, (at + 1) * 160));
      return [3_000 + lagMs + at * 20, media(frame)] as const;
    });
    const { call, stream } = played({ server, caller: [[3_000, "spoke", voice]] });
    const delayMs = echoDelayMs(call.frames, stream);
    assert(delayMs !== undefined && Math.abs(delayMs - lagMs) <= 40, String(delayMs));
  });
}

test("echoDelayMs: other speech, and nothing, are not an echo", () => {
  const voice = callersSpeech();
  const caller = [[3_000, "spoke", voice]] as const;
  const other = media(voice.slice().reverse());
  for (const server of [[], [[5_000, other] as const], [[3_500, media(beep(500, 3_000))] as const]]) {
    const { call, stream } = played({ server, caller });
    assertEquals(echoDelayMs(call.frames, stream), undefined);
  }
});
