// Labels and tones: what survives which relay.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { levelDbfs } from "../../../src/audio/level.ts";
import {
  FRAME_BYTES,
  type FrameLabel,
  findTonePair,
  isAudible,
  LabelledAudio,
  LabelReader,
  MAX_FRAME_NUMBER,
  MAX_LABELLED_CALLS,
  TONE_PAIRS,
  tonePairOf,
} from "../../../src/load/measure/fingerprint.ts";
import { joinBytes } from "../../../src/protocol/bytes.ts";
import { fromMulaw, toMulaw } from "../../../src/simulators/openai/audio-format.ts";
import { promptAudio } from "../../../src/simulators/openai/brains/prompts/prompts.ts";
import { checkProperty } from "../../support/properties.ts";

const anyLabel = fc.record({
  side: fc.constantFrom("caller" as const, "model" as const),
  call: fc.integer({ min: 0, max: MAX_LABELLED_CALLS - 1 }),
  frame: fc.integer({ min: 0, max: MAX_FRAME_NUMBER }),
  loud: fc.boolean(),
});
const render = ({ side, call, frame, loud }: FrameLabel): Uint8Array => new LabelledAudio(side, call).frame(frame, loud);

test("LabelReader: finds every label, wherever the audio is cut and whatever is before and after it", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 });
  const noise = fc.uint8Array({ max: 100 });
  checkProperty(
    fc.property(fc.array(anyLabel, { maxLength: 6 }), noise, cuts, (labels, before, pieces) => {
      const all = joinBytes([before, ...labels.map(render)]);
      const reader = new LabelReader();
      const found: FrameLabel[] = [];
      for (let at = 0, cut = 0; at < all.length; at += pieces[cut % pieces.length] as number, cut += 1) {
        found.push(...reader.push(all.subarray(at, at + (pieces[cut % pieces.length] as number))));
      }
      assertEquals(found, labels);
    }),
  );
});

test("LabelReader: a missing frame does not hide the next", () => {
  const audio = new LabelledAudio("caller", 7);
  const torn = joinBytes([audio.frame(1, true), audio.frame(2, true).subarray(0, 90), audio.frame(3, true), audio.frame(4, true)]);
  assertEquals(
    new LabelReader().push(torn).map(({ frame }) => frame),
    [1, 2, 4], // frame 3 began within the 160 bytes of frame 2
  );
});

test("LabelReader: finds no label in any noise, in silence or in speech", () => {
  checkProperty(fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => assertEquals(new LabelReader().push(bytes), [])));
  assertEquals(new LabelReader().push(promptAudio("greeting")), []);
});

test("LabelReader: keeps at most a label's length", () => {
  const reader = new LabelReader();
  const audio = new LabelledAudio("caller", 7);
  for (let byte = 0; byte < 10 * FRAME_BYTES; byte++)
    reader.push(audio.frame(0, true).subarray(byte % FRAME_BYTES, (byte % FRAME_BYTES) + 1));
  assertEquals(reader.push(audio.frame(1, true)).length, 1);
});

test("LabelledAudio: survives decoding to PCM and encoding again at 8 kHz", () => {
  checkProperty(fc.property(anyLabel, (label) => assertEquals(new LabelReader().push(encodeMulaw(decodeMulaw(render(label)))), [label])));
});

test("LabelledAudio: loud frames are speech, quiet ones are silence, for any detector of voices", () => {
  const [loud, quiet] = [true, false].map((isLoud) => new LabelledAudio("caller", 3).frame(5, isLoud));
  assert(levelDbfs(decodeMulaw(loud as Uint8Array)) > -20);
  assert(levelDbfs(decodeMulaw(quiet as Uint8Array)) < -50);
  assertEquals([isAudible(loud as Uint8Array), isAudible(quiet as Uint8Array)], [true, false]);
});

test("findTonePair: names the pair of each call, at any offset", () => {
  for (const call of [0, 1, 57, TONE_PAIRS - 1, TONE_PAIRS, 1_000]) {
    const audio = new LabelledAudio("caller", call);
    const bytes = joinBytes([audio.frame(0, true), audio.frame(1, true)]).subarray(33);
    assertEquals(findTonePair(bytes), tonePairOf(call));
  }
});

test("findTonePair: the tones survive resampling to 24 kHz and back, which no label does", () => {
  const format = { type: "audio/pcm", rate: 24_000 } as const;
  const audio = new LabelledAudio("caller", 21);
  const relayed = toMulaw(format, fromMulaw(format, joinBytes([0, 1, 2, 3, 4].map((frame) => audio.frame(frame, true)))));
  assertEquals(findTonePair(relayed.subarray(2 * FRAME_BYTES)), tonePairOf(21));
});

test("findTonePair: finds none in silence, in speech, and in less than 20 ms", () => {
  const speech = promptAudio("greeting");
  const found = Array.from({ length: Math.floor(speech.length / FRAME_BYTES) }, (_, at) => findTonePair(speech.subarray(at * FRAME_BYTES)));
  assert(found.filter((pair) => pair !== undefined).length <= found.length / 50, "at most one block in fifty");
  assertEquals(findTonePair(new Uint8Array(FRAME_BYTES).fill(0xff)), undefined);
  assertEquals(findTonePair(new LabelledAudio("caller", 1).frame(0, true).subarray(1)), undefined);
});

test("isAudible: speech is, silence of both signs and a click are not", () => {
  const click = new Uint8Array(FRAME_BYTES).fill(0xff);
  click[5] = 0;
  assertEquals([isAudible(promptAudio("greeting")), isAudible(click), isAudible(new Uint8Array(8).fill(0x7f))], [true, false, false]);
});
