// What the caller does and what is measured by it, in virtual time: frames of 20 ms from 0 on.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ANSWER_WAIT_MS, CallerConversation, CLEAR_WAIT_MS, SPEECH_MS } from "../../../src/load/measure/caller-conversation.ts";
import { checkProperty } from "../../support/properties.ts";

const FRAME_MS = 20;

/** A caller, and what its sink took. The server's audio is `playing` until a time. */
function caller() {
  const took: string[] = [];
  const conversation = new CallerConversation(0, {
    firstAudio: (ms) => void took.push(`first audio ${ms}`),
    answered: (ms) => void took.push(`answered ${ms}`),
    unanswered: () => void took.push("unanswered"),
    cleared: (ms) => void took.push(`cleared ${ms}`),
    notCleared: () => void took.push("not cleared"),
  });
  let nowMs = 0;
  let playingUntilMs = 0;
  const runUntil = (isDone: (speaks: boolean) => boolean, limitMs = 60_000): number => {
    const endMs = nowMs + limitMs;
    while (nowMs < endMs) {
      nowMs += FRAME_MS;
      const speaks = conversation.next(nowMs, playingUntilMs);
      if (speaks) conversation.spoke(nowMs);
      if (isDone(speaks)) return nowMs;
    }
    throw new Error("it did not happen");
  };
  return {
    took,
    conversation,
    get nowMs() {
      return nowMs;
    },
    /** The server sends audio of so many ms. */
    hear(ms: number) {
      conversation.heard(nowMs);
      playingUntilMs = Math.max(nowMs, playingUntilMs) + ms;
    },
    clear() {
      conversation.cleared(nowMs);
      playingUntilMs = nowMs;
    },
    pass: (ms: number) => {
      const endMs = nowMs + ms;
      runUntil(() => nowMs >= endMs);
    },
    untilSpeech: () => runUntil((speaks) => speaks),
    untilSilence: () => runUntil((speaks) => !speaks),
  };
}

/** A caller who has heard a greeting and asked `turns` questions, each answered after 500 ms with 2 s of audio. */
function talking(turns: number): ReturnType<typeof caller> {
  const one = caller();
  one.pass(40);
  one.hear(1_000);
  for (let turn = 0; turn < turns; turn++) {
    one.untilSpeech();
    one.untilSilence();
    one.pass(480);
    one.hear(2_000);
  }
  one.took.length = 0;
  return one;
}

test("CallerConversation: hears the greeting out, then speaks", () => {
  const one = caller();
  one.pass(40);
  one.hear(1_000);
  assertEquals([one.untilSpeech(), one.took], [1_340, ["first audio 40"]]);
});

test("CallerConversation: speaks first when no greeting is heard", () => {
  assertEquals(caller().untilSpeech(), 3_000);
});

test("CallerConversation: the time to the answer counts from the last frame of speech", () => {
  const one = caller();
  one.untilSpeech();
  const silentAtMs = one.untilSilence();
  one.pass(600);
  one.hear(1_000);
  assertEquals(one.took, [`answered ${one.nowMs - (silentAtMs - FRAME_MS)}`]);
});

test("CallerConversation: audio that began while the caller spoke does not count as an answer", () => {
  const one = caller();
  one.untilSpeech();
  one.pass(SPEECH_MS - 100);
  one.hear(500);
  one.untilSilence();
  one.hear(500);
  assertEquals(one.took, []);
});

test("CallerConversation: asks again when no answer comes", () => {
  const one = caller();
  one.untilSpeech();
  const silentAtMs = one.untilSilence();
  assertEquals([one.untilSpeech() - silentAtMs, one.took], [ANSWER_WAIT_MS, ["unanswered"]]);
});

test("CallerConversation: interrupts every second answer, and measures the time to clear", () => {
  const one = talking(2);
  const startedMs = one.untilSpeech();
  one.pass(60);
  one.clear();
  assertEquals([one.took, startedMs < one.nowMs], [["cleared 60"], true]);
});

test("CallerConversation: the first answer is heard out", () => {
  const one = talking(1);
  const heardAtMs = one.nowMs;
  assertEquals([one.untilSpeech() - heardAtMs, one.took], [2_300, []]);
});

test("CallerConversation: audio that goes on after an interruption was not cleared", () => {
  const one = talking(2);
  one.hear(10_000);
  one.untilSpeech();
  one.pass(CLEAR_WAIT_MS);
  assertEquals(one.took, ["not cleared"]);
});

test("CallerConversation: an answer that ends by itself shows nothing about clear", () => {
  const one = talking(2);
  one.untilSpeech();
  one.pass(SPEECH_MS);
  one.clear();
  assertEquals(one.took, []);
});

test("CallerConversation: a clear that nobody waits for is not measured", () => {
  const one = caller();
  one.pass(100);
  one.clear();
  assertEquals(one.took, []);
});

test("CallerConversation: a server that sends the audio straight back makes the caller speak all the time", () => {
  const one = caller();
  for (let frame = 0; frame < 5; frame++) {
    one.pass(FRAME_MS);
    one.conversation.echoed(one.conversation.spurt, one.nowMs);
  }
  assertEquals(one.conversation.isEcho, true);
  one.untilSpeech();
  one.hear(100);
  for (let frame = 0; frame < 3_000; frame++) {
    one.pass(FRAME_MS);
    assertEquals(one.conversation.next(one.nowMs, 0), true);
  }
  assertEquals(one.took, []);
});

test("CallerConversation: an agent that repeats an earlier turn is not an echo", () => {
  const one = talking(1);
  for (let frame = 0; frame < 200; frame++) one.conversation.echoed(one.conversation.spurt - 1, one.nowMs);
  one.untilSpeech();
  for (let frame = 0; frame < 200; frame++) one.conversation.echoed(one.conversation.spurt - 2, one.nowMs);
  assertEquals(one.conversation.isEcho, false);
});

test("CallerConversation: whatever happens, the caller speaks again, and no duration is negative", () => {
  const events = fc.array(fc.constantFrom("hear", "clear", "pass", "echo"), { maxLength: 300 });
  checkProperty(
    fc.property(events, (all) => {
      const one = caller();
      for (const event of all) {
        if (event === "hear") one.hear(400);
        if (event === "clear") one.clear();
        if (event === "echo") one.conversation.echoed(one.conversation.spurt, one.nowMs);
        one.pass(100);
      }
      one.clear();
      one.untilSpeech();
      assertEquals(
        one.took.filter((text) => text.includes("-")),
        [],
      );
    }),
  );
});
