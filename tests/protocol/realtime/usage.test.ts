// What the model has used, as OpenAI and other servers spell it.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { Fields } from "../../../src/protocol/fields.ts";
import { readTranscriptionUsage, readUsage } from "../../../src/protocol/realtime/usage.ts";

/** https://developers.openai.com/api/docs/guides/realtime-costs */
const documented = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 60, audio_tokens: 4, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
};

test("readUsage: text, audio and what is cached of them", () => {
  assertEquals(readUsage(new Fields(documented)), {
    inputTokens: 132,
    outputTokens: 121,
    totalTokens: 253,
    parts: { textIn: 119, audioIn: 13, cachedText: 60, cachedAudio: 4, textOut: 30, audioOut: 91 },
  });
});

test("readUsage: without the details of what is cached, text is", () => {
  const { cached_tokens_details: _, ...input } = documented.input_token_details;
  assertEquals(readUsage(new Fields({ ...documented, input_token_details: input }))?.parts?.cachedText, 64);
  assertEquals(readUsage(new Fields({ ...documented, input_token_details: { ...input, cached_tokens: 130 } }))?.parts?.cachedText, 119);
});

test("readUsage: a server that counts only sums, and one that counts nothing", () => {
  assertEquals(readUsage(new Fields({ input_tokens: 3, output_tokens: 4 })), {
    inputTokens: 3,
    outputTokens: 4,
    totalTokens: 7,
  });
  assertEquals(readUsage(new Fields({ output_tokens: 4 })), undefined);
});

test("readTranscriptionUsage: seconds or tokens", () => {
  assertEquals(readTranscriptionUsage(new Fields({ type: "duration", seconds: 2.5 })), { type: "seconds", seconds: 2.5 });
  const tokens = { type: "tokens", input_tokens: 30, output_tokens: 7, input_token_details: { text_tokens: 5, audio_tokens: 25 } };
  assertEquals(readTranscriptionUsage(new Fields(tokens)), { type: "tokens", textIn: 5, audioIn: 25, textOut: 7 });
  assertEquals(readTranscriptionUsage(new Fields({})), undefined);
});
