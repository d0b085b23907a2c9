// What models cost. The sums are worked out by hand from the prices of the pages that prices.ts names.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  dearestTranscription,
  isTokenPrices,
  priceOf,
  responseUsd,
  type TokenPrices,
  transcriptionUsd,
} from "../../../src/protocol/realtime/prices.ts";
import { checkProperty } from "../../support/properties.ts";

const none = new Map();
function tokenPrices(model: string): TokenPrices {
  const price = priceOf(model, none);
  if (!isTokenPrices(price)) throw new Error(`BUG: ${model} has no price`);
  return price;
}
const prices = tokenPrices("gpt-realtime-2.1");
const nothing = { textIn: 0, audioIn: 0, cachedText: 0, cachedAudio: 0, textOut: 0, audioOut: 0 };

test("responseUsd: a minute heard costs 1.92 cents, and a minute spoken 7.68 cents", () => {
  const heard = { inputTokens: 600, outputTokens: 0, totalTokens: 600, parts: { ...nothing, audioIn: 600 } };
  const spoken = { inputTokens: 0, outputTokens: 1_200, totalTokens: 1_200, parts: { ...nothing, audioOut: 1_200 } };
  assertAlmostEquals(responseUsd(heard, prices), 0.0192);
  assertAlmostEquals(responseUsd(spoken, prices), 0.0768);
});

test("responseUsd: what is cached has its own price", () => {
  const parts = { textIn: 119, audioIn: 13, cachedText: 60, cachedAudio: 4, textOut: 30, audioOut: 91 };
  const usage = { inputTokens: 132, outputTokens: 121, totalTokens: 253, parts };
  const expected = (59 * 4 + 60 * 0.4 + 9 * 32 + 4 * 0.4 + 30 * 24 + 91 * 64) / 1e6;
  assertAlmostEquals(responseUsd(usage, prices), expected, 1e-12);
});

test("responseUsd: tokens of which nothing is known count as audio", () => {
  assertAlmostEquals(responseUsd({ inputTokens: 1e6, outputTokens: 1e6, totalTokens: 2e6 }, prices), 32 + 64);
});

test("responseUsd: never negative, never infinite, whatever a server counts", () => {
  const count = fc.oneof(fc.integer(), fc.double());
  const parts = fc.record({ textIn: count, audioIn: count, cachedText: count, cachedAudio: count, textOut: count, audioOut: count });
  const usage = fc.record({ inputTokens: count, outputTokens: count, totalTokens: count, parts });
  checkProperty(
    fc.property(usage, (one) => {
      const usd = responseUsd(one, prices);
      assert(usd >= 0 && !Number.isNaN(usd));
    }),
  );
});

test("transcriptionUsd: by the minute or by tokens, whichever the model reports", () => {
  assertAlmostEquals(transcriptionUsd({ type: "seconds", seconds: 60 }, dearestTranscription), 0.017);
  assertAlmostEquals(transcriptionUsd({ type: "tokens", textIn: 50, audioIn: 600, textOut: 20 }, dearestTranscription), 0.017);
  assertAlmostEquals(transcriptionUsd({ type: "tokens", textIn: 10, audioIn: 20, textOut: 30 }, prices), (40 + 640 + 720) / 1e6);
  assertAlmostEquals(transcriptionUsd({ type: "seconds", seconds: 60 }, prices), 0.0192);
});

test("priceOf: a snapshot has the price of its model, the operator's price overrides the list, and others are not known", () => {
  const own = new Map([["gpt-realtime-2.1", { ...prices, audioIn: 1 }]]);
  assertEquals(priceOf("gpt-realtime-2.1-2026-10-01", none), prices);
  assertEquals(priceOf("gpt-realtime-2.1-2026-10-01", own), { ...prices, audioIn: 1 });
  assertEquals(priceOf("gpt-realtime-2.1-mini", own), tokenPrices("gpt-realtime-2.1-mini"));
  assertEquals(priceOf("my-model", none), undefined);
  assertEquals(priceOf("gpt-realtime-2.1-maxi", none), undefined);
  assertEquals(isTokenPrices(priceOf("gpt-transcribe", none)), false);
});
