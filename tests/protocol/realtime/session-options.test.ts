// Which parts of a refused session.update are left out of the next one.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatToModel } from "../../../src/protocol/realtime/format.ts";
import { optionNamed, optionRefused, optionsToOmit, type SessionOption } from "../../../src/protocol/realtime/session-options.ts";
import { checkProperty } from "../../support/properties.ts";

const LEAST = ["noise_reduction", "transcription", "turn_detection_tuning"] as const;

const cases: readonly (readonly [
  param: string | undefined,
  message: string,
  omitted: readonly SessionOption[],
  omit: readonly SessionOption[],
])[] = [
  ["session.audio.input.noise_reduction", "Unknown parameter", [], ["noise_reduction"]],
  ["session.audio.input.noise_reduction.type", "Invalid value", [], ["noise_reduction"]],
  ["audio.input.noise_reduction", "Invalid value", [], ["noise_reduction"]],
  ["session.input_audio_noise_reduction", "Unknown parameter", [], ["noise_reduction"]],
  ["session.audio.input.transcription.model", "Invalid value: 'gpt-transcribe'.", [], ["transcription"]],
  ["session.audio.input.turn_detection.threshold", "Unknown parameter", [], ["turn_detection_tuning"]],
  ["session.audio.input.turn_detection.prefix_padding_ms", "Unknown parameter", [], ["turn_detection_tuning"]],
  ["session.audio.input.turn_detection.silence_duration_ms", "Unknown parameter", [], ["turn_detection_tuning"]],
  ["session.audio.input.turn_detection.type", "Invalid value: 'server_vad'.", [], ["turn_detection"]],
  ["session.audio.input.turn_detection.create_response", "Unknown parameter", [], ["turn_detection"]],
  ["session.audio.input.turn_detection", "Unknown parameter", [], ["turn_detection"]],
  ["session.audio.output.voice", "Invalid value: 'marin'.", [], ["voice"]],
  ["session.audio.output.speed", "Invalid value: 2", [], ["speed"]],
  ["session.audio.input.turn_detection.eagerness", "Unknown parameter", [], ["turn_detection_tuning"]],
  [undefined, "Invalid value: 'semantic_vad'.", [], ["turn_detection"]],
  ["session.output_modalities", "Unknown parameter", [], ["output_modalities"]],
  [undefined, "Unknown parameter: 'session.audio.input.noise_reduction'.", [], ["noise_reduction"]],
  [undefined, "Invalid value: 'near_field'.", [], ["noise_reduction"]],
  [undefined, "The model `gpt-transcribe` does not exist", [], ["transcription"]],
  [undefined, "Invalid turn_detection", [], ["turn_detection"]],
  [undefined, "Voice 'marin' is not supported", [], ["voice"]],
  [undefined, "Invalid session", [], LEAST],
  ["session", "Invalid session", [], LEAST],
  ["", "", [], LEAST],
  [undefined, "Invalid session", LEAST, ["turn_detection", "speed", "voice", "output_modalities"]],
  [undefined, "Invalid turn_detection", ["turn_detection"], ["noise_reduction", "transcription"]],
  [undefined, "Invalid turn_detection", ["turn_detection", "noise_reduction", "transcription"], ["speed", "voice", "output_modalities"]],
  [undefined, "Invalid turn_detection", ["turn_detection", "noise_reduction", "transcription", "speed", "voice", "output_modalities"], []],
  ["session.audio.input.format", "Unknown parameter", [], []],
  ["session.audio.output.format.type", "Invalid value: 'audio/pcmu'.", [], []],
  ["session.input_audio_format", "Unknown parameter", [], []],
  ["session.audio", "Unknown parameter: 'session.audio'.", [], []],
  ["session.audio.input", "Unknown parameter", [], []],
  ["session.type", "Missing", [], []],
  ["session.instructions", "Too long", [], []],
];
for (const [param, message, omitted, omit] of cases) {
  test(`optionsToOmit: ${param ?? "no param"}, "${message}", after ${omitted.length} options`, () => {
    assertEquals(optionsToOmit({ param, message }, omitted), omit);
  });
}

test("optionRefused: by param, else by message", () => {
  assertEquals(optionRefused({ param: "session.audio.output.voice", message: "near_field" }), "voice");
  assertEquals(optionRefused({ param: "session", message: "near_field" }), "noise_reduction");
  assertEquals([optionNamed(undefined), optionNamed("session.audio.input.format")], [undefined, undefined]);
});

test("optionsToOmit: each error leaves out something more, until nothing is left", () => {
  const param = fc.constantFrom(undefined, "session", "session.audio.output.voice", "session.audio.input.turn_detection.threshold");
  const message = fc.constantFrom("", "Invalid turn_detection", "near_field", "voice", "threshold", "transcription");
  checkProperty(
    fc.property(fc.array(fc.record({ param, message }), { minLength: 8, maxLength: 8 }), (errors) => {
      const omitted: SessionOption[] = [];
      const sent = new Set([formatToModel(update(omitted))]);
      for (const error of errors) {
        const more = optionsToOmit(error, omitted);
        if (more.length === 0) continue;
        omitted.push(...more);
        assertEquals(new Set(omitted).size, omitted.length);
        const text = formatToModel(update(omitted));
        assert(!sent.has(text), "the same update again");
        sent.add(text);
      }
      assertEquals(optionsToOmit({ param: undefined, message: "" }, omitted), []);
    }),
  );
});

function update(omit: readonly SessionOption[]): Parameters<typeof formatToModel>[0] {
  return { type: "session.update", eventId: "e", session: { instructions: "Be kind.", voice: "marin", speed: 1.2 }, omit };
}
