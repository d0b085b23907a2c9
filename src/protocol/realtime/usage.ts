// What the model says it has used: the tokens of a response, and the tokens or seconds of a transcription. What that
// costs: prices.ts. Follows https://developers.openai.com/api/docs/guides/realtime-costs

import type { Fields } from "../fields.ts";

/** Token counts from `response.done.response.usage`. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** The parts of the counts above, if the server says them. */
  readonly parts?: UsageParts;
}

/** Cached tokens are a part of the input's. */
export interface UsageParts {
  readonly textIn: number;
  readonly audioIn: number;
  readonly cachedText: number;
  readonly cachedAudio: number;
  readonly textOut: number;
  readonly audioOut: number;
}

/** From `conversation.item.input_audio_transcription.completed.usage`: some models count tokens, others seconds. */
export type TranscriptionUsage =
  | { readonly type: "seconds"; readonly seconds: number }
  | { readonly type: "tokens"; readonly textIn: number; readonly audioIn: number; readonly textOut: number };

/** Undefined where a count is missing or odd: the event is read all the same. */
export function readUsage(usage: Fields): ModelUsage | undefined {
  const inputTokens = usage.maybeNumber("input_tokens");
  const outputTokens = usage.maybeNumber("output_tokens");
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const input = usage.maybeObject("input_token_details");
  const output = usage.maybeObject("output_token_details");
  const cached = input.maybeObject("cached_tokens_details");
  const textIn = count(input, "text_tokens");
  // Without the details of what is cached, text is: a discount on audio would be a guess.
  const cachedText = cached.maybeNumber("text_tokens") ?? Math.min(count(input, "cached_tokens"), textIn);
  const parts = {
    textIn,
    audioIn: count(input, "audio_tokens"),
    cachedText,
    cachedAudio: count(cached, "audio_tokens"),
    textOut: count(output, "text_tokens"),
    audioOut: count(output, "audio_tokens"),
  };
  const totalTokens = usage.maybeNumber("total_tokens") ?? inputTokens + outputTokens;
  const hasParts = usage.has("input_token_details") || usage.has("output_token_details");
  return { inputTokens, outputTokens, totalTokens, ...(hasParts ? { parts } : {}) };
}

export function readTranscriptionUsage(usage: Fields): TranscriptionUsage | undefined {
  const seconds = usage.maybeNumber("seconds");
  if (seconds !== undefined) return { type: "seconds", seconds };
  const inputTokens = usage.maybeNumber("input_tokens");
  if (inputTokens === undefined) return undefined;
  const textIn = count(usage.maybeObject("input_token_details"), "text_tokens");
  return { type: "tokens", textIn, audioIn: Math.max(0, inputTokens - textIn), textOut: count(usage, "output_tokens") };
}

function count(fields: Fields, name: string): number {
  return fields.maybeNumber(name) ?? 0;
}
