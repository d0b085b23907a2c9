// The prompts, by measurement: present, audible, trimmed.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { decodeMulaw } from "../../../../../src/audio/g711.ts";
import { levelDbfs } from "../../../../../src/audio/level.ts";
import { PROMPT_NAMES, promptAudio, promptText } from "../../../../../src/simulators/openai/brains/prompts/prompts.ts";

const samplesPerMs = 8;

test("PROMPT_NAMES: the greeting, the phrase before a key, and each telephone key", () => {
  assertEquals([...PROMPT_NAMES].sort(), [..."#*0123456789", "greeting", "youPressed"].sort());
});

for (const name of PROMPT_NAMES) {
  const samples = decodeMulaw(promptAudio(name));
  const lengthMs = samples.length / samplesPerMs;

  test(`promptAudio(${name}): -20 dBFS, not clipped, as long as its text takes`, () => {
    assertAlmostEquals(levelDbfs(samples), -20, 0.5);
    assertLess(Math.max(...samples.map(Math.abs)), 32_124);
    const [atLeastMs, atMostMs] = name === "greeting" ? [4000, 7000] : name === "youPressed" ? [500, 900] : [200, 700];
    assert(lengthMs >= atLeastMs && lengthMs <= atMostMs, `${lengthMs} ms`);
  });

  test(`promptAudio(${name}): starts and ends quietly, with speech within 100 ms of both ends`, () => {
    for (const edge of [samples.subarray(0, 5 * samplesPerMs), samples.subarray(-5 * samplesPerMs)]) assertLess(levelDbfs(edge), -50);
    for (const part of [samples.subarray(0, 100 * samplesPerMs), samples.subarray(-100 * samplesPerMs)])
      assertGreater(levelDbfs(part), -45);
  });
}

test("promptAudio: returns a copy", () => {
  promptAudio("5").fill(0);
  assertGreater(levelDbfs(decodeMulaw(promptAudio("5"))), -21);
  assertLess(levelDbfs(decodeMulaw(promptAudio("5"))), -19);
});

test("promptText: each text is a sentence or a word, and unique", () => {
  const texts = PROMPT_NAMES.map(promptText);
  assertEquals(new Set(texts).size, PROMPT_NAMES.length);
  assertEquals([promptText("7"), promptText("*"), promptText("#")], ["seven", "star", "pound"]);
  for (const text of texts) assert(/^[A-Za-z][A-Za-z ,.-]+$/.test(text), text);
});
