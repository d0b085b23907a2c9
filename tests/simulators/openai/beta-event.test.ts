// The beta's shape of GA events: names, content types, the flat session.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { betaEvent } from "../../../src/simulators/openai/beta-event.ts";
import { defaultSession } from "../../../src/simulators/openai/config/session-config.ts";

const message = (type: string) => ({ item: { type: "message", content: [{ type, transcript: "Hi" }] } });
const cases: readonly (readonly [ga: Parameters<typeof betaEvent>[0], beta: ReturnType<typeof betaEvent>])[] = [
  [
    { type: "response.output_audio.delta", delta: "AA==" },
    { type: "response.audio.delta", delta: "AA==" },
  ],
  [
    { type: "conversation.item.added", ...message("output_audio") },
    { type: "conversation.item.created", ...message("audio") },
  ],
  [{ type: "conversation.item.done", ...message("output_audio") }, undefined],
  [
    { type: "response.output_text.done", text: "Hi" },
    { type: "response.text.done", text: "Hi" },
  ],
  [{ type: "input_audio_buffer.cleared" }, { type: "input_audio_buffer.cleared" }],
];
for (const [ga, beta] of cases) test(`betaEvent: ${ga.type}`, () => assertEquals(betaEvent(ga), beta));

test("betaEvent: the session is flat", () => {
  const session = betaEvent({ type: "session.updated", session: defaultSession("sess_1", "m", 0) })?.session as Record<string, unknown>;
  assertEquals([session.input_audio_format, session.output_audio_format, session.voice], ["pcm16", "pcm16", "alloy"]);
  assertEquals([session.modalities, session.type, session.audio], [["audio", "text"], undefined, undefined]);
});
