// What models cost, in US dollars: OpenAI's list prices as of 2026-11-27. voice.toml overrides them ([prices]).
// https://developers.openai.com/api/docs/models/gpt-realtime-2.1 (and -2.1-mini, -2, -1.5, gpt-realtime-whisper)
// https://developers.openai.com/api/docs/guides/realtime-costs

import type { ModelUsage, TranscriptionUsage, UsageParts } from "./usage.ts";

/** US dollars for a million tokens. */
export interface TokenPrices {
  readonly textIn: number;
  readonly textCached: number;
  readonly textOut: number;
  readonly audioIn: number;
  readonly audioCached: number;
  readonly audioOut: number;
}

/** Of a transcription: US dollars for a minute of audio. */
export interface MinutePrice {
  readonly perMinute: number;
}

export type ModelPrice = TokenPrices | MinutePrice;

const realtime2: TokenPrices = { textIn: 4, textCached: 0.4, textOut: 24, audioIn: 32, audioCached: 0.4, audioOut: 64 };

/** By the model's name, as far as it goes: a dated snapshot has the price of its model. */
const listPrices: ReadonlyMap<string, ModelPrice> = new Map<string, ModelPrice>([
  ["gpt-realtime-2.1", realtime2],
  ["gpt-realtime-2.1-mini", { textIn: 0.6, textCached: 0.06, textOut: 2.4, audioIn: 10, audioCached: 0.3, audioOut: 20 }],
  ["gpt-realtime-2", realtime2],
  ["gpt-realtime-1.5", { ...realtime2, textOut: 16 }],
  ["gpt-realtime-whisper", { perMinute: 0.017 }],
  ["gpt-live-transcribe", { perMinute: 0.017 }],
  ["gpt-transcribe", { perMinute: 0.0045 }],
]);

/** What a transcription costs by a model that has no price: as the most expensive one. */
export const dearestTranscription: MinutePrice = { perMinute: 0.017 };

/** A snapshot's date: gpt-realtime-2.1-2026-09-01 */
const SNAPSHOT = /-\d{4}-\d{2}-\d{2}$/;

/** `own` overrides the list. Undefined: the price is not known. */
export function priceOf(model: string, own: ReadonlyMap<string, ModelPrice>): ModelPrice | undefined {
  const plain = model.replace(SNAPSHOT, "");
  return own.get(model) ?? own.get(plain) ?? listPrices.get(plain);
}

export function isTokenPrices(price: ModelPrice | undefined): price is TokenPrices {
  return price !== undefined && "textIn" in price;
}

const MILLION = 1_000_000;
/** The caller's audio: one token for 100 ms (realtime-costs). */
const AUDIO_TOKENS_PER_S = 10;
const noParts: UsageParts = { textIn: 0, audioIn: 0, cachedText: 0, cachedAudio: 0, textOut: 0, audioOut: 0 };

/** What a response cost, US dollars. Tokens of which the server does not say what they are count as audio. */
export function responseUsd({ inputTokens, outputTokens, parts = noParts }: ModelUsage, prices: TokenPrices): number {
  const { textIn, audioIn, cachedText, cachedAudio, textOut, audioOut } = parts;
  const otherIn = inputTokens - textIn - audioIn;
  const otherOut = outputTokens - textOut - audioOut;
  return (
    (some(textIn - cachedText) * prices.textIn +
      some(cachedText) * prices.textCached +
      some(audioIn - cachedAudio + some(otherIn)) * prices.audioIn +
      some(cachedAudio) * prices.audioCached +
      some(textOut) * prices.textOut +
      some(audioOut + some(otherOut)) * prices.audioOut) /
    MILLION
  );
}

/** What a transcription cost, US dollars. */
export function transcriptionUsd(usage: TranscriptionUsage, price: ModelPrice): number {
  const { textIn, audioIn, textOut } =
    usage.type === "tokens" ? usage : { textIn: 0, audioIn: usage.seconds * AUDIO_TOKENS_PER_S, textOut: 0 };
  if (!isTokenPrices(price)) return (some(audioIn) / AUDIO_TOKENS_PER_S / 60) * price.perMinute;
  return (some(textIn) * price.textIn + some(audioIn) * price.audioIn + some(textOut) * price.textOut) / MILLION;
}

/** A count from the wire may be anything: no bill has a negative line, nor an infinite one. */
function some(tokens: number): number {
  return Number.isFinite(tokens) ? Math.max(0, tokens) : 0;
}
