// What the doctor's caller said: each frame at its own timestamp.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { MULAW_SILENCE } from "../../../src/audio/g711.ts";
import { callerAudio } from "../../../src/doctor/report/caller-audio.ts";

test("callerAudio: frames stand at their timestamps, silence between them", () => {
  const media = { event: "media", media: { timestamp: "20", payload: new Uint8Array(160).fill(0x22).toBase64() } };
  const audio = callerAudio([
    { atMs: 1_030, from: "twilio", type: "text", text: '{"event":"start"}' },
    { atMs: 1_040, from: "twilio", type: "text", text: JSON.stringify(media) },
    { atMs: 1_050, from: "server", type: "text", text: JSON.stringify(media) },
  ]);
  assertEquals([audio.length, audio[0], audio[159], audio[160], audio[319]], [320, MULAW_SILENCE, MULAW_SILENCE, 0x22, 0x22]);
  assertEquals(callerAudio([]).length, 0);
});
