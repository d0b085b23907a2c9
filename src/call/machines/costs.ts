// What a call has cost, from what the model says it has used.

import { type ModelPrice, responseUsd, type TokenPrices, transcriptionUsd } from "../../protocol/realtime/prices.ts";
import type { ModelUsage, TranscriptionUsage } from "../../protocol/realtime/usage.ts";

/** What one of a call's models costs. Undefined: it is not known. */
export interface CallPrices {
  readonly response: TokenPrices | undefined;
  readonly transcription: ModelPrice | undefined;
}

export interface Costs {
  readonly usd: number;
  /** What the most expensive response has cost: the next one may cost as much. */
  readonly dearestUsd: number;
  /** Something was used whose price is not known: `usd` is not all. */
  readonly isPartial: boolean;
}

export const noCosts: Costs = { usd: 0, dearestUsd: 0, isPartial: false };

export interface CostsStep {
  readonly costs: Costs;
  /** What was added. */
  readonly usd: number;
}

export function addResponse(costs: Costs, usage: ModelUsage, prices: CallPrices | undefined): CostsStep {
  if (prices?.response === undefined) return { costs: { ...costs, isPartial: true }, usd: 0 };
  const usd = responseUsd(usage, prices.response);
  return { costs: { ...costs, usd: costs.usd + usd, dearestUsd: Math.max(costs.dearestUsd, usd) }, usd };
}

export function addTranscription(costs: Costs, usage: TranscriptionUsage, prices: CallPrices | undefined): CostsStep {
  if (prices?.transcription === undefined) return { costs: { ...costs, isPartial: true }, usd: 0 };
  const usd = transcriptionUsd(usage, prices.transcription);
  return { costs: { ...costs, usd: costs.usd + usd }, usd };
}

/** For the record: US dollars, to a millionth. Undefined: not all of it is known. */
export function knownUsd({ usd, isPartial }: Costs): number | undefined {
  return isPartial ? undefined : Math.round(usd * 1_000_000) / 1_000_000;
}
