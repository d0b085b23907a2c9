// The model's answers carry the label of the call that was heard.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { LabelledAudio, LabelReader } from "../../../src/load/measure/fingerprint.ts";
import { loadBrain, REPLY_STRIDE } from "../../../src/load/model/load-brain.ts";
import { joinBytes } from "../../../src/protocol/bytes.ts";
import type { BrainInput, BrainReply } from "../../../src/simulators/openai/brains/brain.ts";

const ask = (number: number, bytes: readonly Uint8Array[]): BrainReply => {
  const input = bytes.map((one): BrainInput => ({ type: "audio", bytes: one, format: { type: "audio/pcmu" } }));
  return loadBrain.reply({ number, input, instructions: "", outOfBand: false });
};
const labelsOf = ({ items: [item] }: BrainReply) => (item?.type === "audio" ? new LabelReader().push(item.mulaw) : []);

test("loadBrain: an answer carries the call of the audio, and numbers of its own", () => {
  const heard = [1, 2].map((call) => new LabelledAudio("caller", call));
  const labels = labelsOf(ask(3, [joinBytes(heard.map((audio) => audio.frame(9, true)))]));
  assertEquals(labels[0], { side: "model", call: 2, frame: 3 * REPLY_STRIDE, loud: true });
  assertEquals(new Set(labels.map(({ frame }) => Math.floor(frame / REPLY_STRIDE))), new Set([3]));
});

test("loadBrain: a greeting, and an answer to audio without a label, carry none", () => {
  assertEquals([labelsOf(ask(0, [])), labelsOf(ask(1, [new Uint8Array(800).fill(0xff)]))], [[], []]);
});
