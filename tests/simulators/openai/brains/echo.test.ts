// The built-in agent's brain: greeting, repetition, and key presses, on real speech.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assertEquals } from "@std/assert";
import type { BrainInput, ReplyItem } from "../../../../src/simulators/openai/brains/brain.ts";
import { echoBrain } from "../../../../src/simulators/openai/brains/echo.ts";
import { type PromptName, promptAudio, promptText } from "../../../../src/simulators/openai/brains/prompts/prompts.ts";
import { audioOf, type Event, openPcmu, silence } from "../client.ts";

const text = (words: string, role: "user" | "system" = "user"): BrainInput => ({ type: "text", role, text: words });
const answer = (...input: BrainInput[]): readonly ReplyItem[] =>
  echoBrain.reply({ number: 0, input, instructions: "", outOfBand: false }).items;
const prompts = (...names: PromptName[]): readonly ReplyItem[] => [
  {
    type: "audio",
    mulaw: Uint8Array.from(names.flatMap((name) => [...promptAudio(name)])),
    transcript: names.map(promptText).join(" "),
  },
];

const cases: readonly (readonly [what: string, input: readonly BrainInput[], names: readonly PromptName[]])[] = [
  ["no input", [], ["greeting"]],
  ["input that it does not understand", [text("Hello?")], ["greeting"]],
  ["a key", [text("The caller pressed 5.")], ["youPressed", "5"]],
  ["keys", [text("The caller pressed *."), text("The caller pressed 0."), text("The caller pressed #.")], ["youPressed", "*", "0", "#"]],
  ["a key that does not exist", [text("The caller pressed 55.")], ["greeting"]],
  ["a key in a system message", [text("The caller pressed 5.", "system")], ["greeting"]],
];
for (const [what, input, names] of cases) {
  test(`echoBrain: ${what}: ${names.join(" ")}`, () => assertEquals(answer(...input), prompts(...names)));
}

test("echoBrain: a turn is repeated byte for byte, with a neutral transcript", () => {
  const bytes = silence(1250);
  const input = { type: "audio", bytes, format: { type: "audio/pcmu" } } as const;
  assertEquals(answer(input), [{ type: "audio", mulaw: bytes, transcript: "(1.3 seconds of the caller's voice)" }]);
  assertEquals(echoBrain.transcribe(input, 0), "(1.3 seconds of the caller's voice)");
});

test("echoBrain: real speech is repeated turn by turn, every byte from the caller", () => {
  const speech = readFileSync(new URL("../../../data/jfk.ulaw", import.meta.url));
  const client = openPcmu({ brain: echoBrain });
  const received: Event[] = [];
  for (let at = 0; at < speech.length; at += 160) {
    received.push(...client.say(speech.subarray(at, at + 160)), ...client.advance(20));
  }
  received.push(...client.say(silence(600)), ...client.advance(10_000));
  const count = (type: string) => received.filter((event) => event.type === type).length;
  const turns = count("input_audio_buffer.speech_stopped");
  assertEquals([count("input_audio_buffer.speech_started"), count("response.done")], [turns, turns]);
  assertEquals(turns >= 2, true);
  const completed = received.filter((event) => event.type === "response.done" && event.response.status === "completed");
  for (const { response } of completed) {
    const echoed = audioOf(received.filter((event) => event.response_id === response.id));
    assertEquals(Buffer.concat([speech, silence(600)]).includes(echoed), true);
  }
});
