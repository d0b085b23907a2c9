// The brain with scripted replies.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { functionCallReply, scriptedBrain, spokenReply } from "../../../../src/simulators/openai/brains/brain.ts";

const request = (number: number) => ({ number, input: [], instructions: "", outOfBand: false });
const audio = { type: "audio", bytes: new Uint8Array(0), format: { type: "audio/pcmu" } } as const;

test("scriptedBrain: replies and transcripts in order, then the last one again", () => {
  const replies = [spokenReply(Uint8Array.of(1), "one"), functionCallReply("f", "call_1", "{}")];
  const brain = scriptedBrain(replies, ["a", "b"]);
  assertEquals(
    [0, 1, 2, 9].map((number) => brain.reply(request(number))),
    [replies[0], replies[1], replies[1], replies[1]],
  );
  assertEquals(
    [0, 1, 2].map((number) => brain.transcribe(audio, number)),
    ["a", "b", "b"],
  );
});

test("scriptedBrain: without replies it says nothing and completes", () => {
  assertEquals(scriptedBrain([]).reply(request(0)), { items: [], end: { type: "completed" } });
  assertEquals(scriptedBrain([]).transcribe(audio, 0), "");
});
