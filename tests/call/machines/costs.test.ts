// What a call has cost.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { addResponse, addTranscription, knownUsd, noCosts } from "../../../src/call/machines/costs.ts";
import { scriptPrices } from "../call-script.ts";

const usage = (tokens: number) => ({ inputTokens: 0, outputTokens: tokens, totalTokens: tokens });

test("addResponse: the sum, and the most expensive response", () => {
  const first = addResponse(noCosts, usage(3), scriptPrices);
  const second = addResponse(first.costs, usage(2), scriptPrices);
  assertEquals([first.usd, second.usd, second.costs], [3, 2, { usd: 5, dearestUsd: 3, isPartial: false }]);
});

test("addTranscription: counts, but no response costs as much", () => {
  const { costs, usd } = addTranscription(noCosts, { type: "seconds", seconds: 2 }, scriptPrices);
  assertEquals([usd, costs], [2, { usd: 2, dearestUsd: 0, isPartial: false }]);
});

test("knownUsd: not after something whose price is not known", () => {
  const unpriced = { response: undefined, transcription: undefined };
  assertEquals(knownUsd(addResponse(noCosts, usage(1), unpriced).costs), undefined);
  assertEquals(knownUsd(addTranscription(noCosts, { type: "seconds", seconds: 1 }, undefined).costs), undefined);
  assertEquals(knownUsd({ usd: 0.1 + 0.2, dearestUsd: 0, isPartial: false }), 0.3);
});
