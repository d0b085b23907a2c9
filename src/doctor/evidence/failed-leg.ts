// How far a call got before it failed: the question that decides whether it is worth placing again.

import { earlyEnd } from "./early-end.ts";
import type { DoctorCall } from "./evidence.ts";
import { judgedExchange } from "./exchanges.ts";
import { streamFacts } from "./stream-facts.ts";

export type FailedLeg = "webhook" | "handshake" | "start";

/**
 * A stream that ends later than this, or after audio, did not fail to start. Idle timeouts of proxies begin at 5 s, and
 * end every stream alike.
 */
const STARTUP_MS = 4_000;

/** Undefined: the stream opened and lasted, or the TwiML asked for none. */
export function failedLeg(call: DoctorCall): FailedLeg | undefined {
  const { streams } = call.call;
  if (streams.length === 0) return judgedExchange(call.call)?.fault === undefined ? undefined : "webhook";
  const stream = streamFacts(call);
  if (stream === undefined) return "handshake";
  const isBrief = stream.endAtMs - stream.openedAtMs <= STARTUP_MS && stream.spans.length === 0;
  return isBrief && earlyEnd(stream)?.cause !== undefined ? "start" : undefined;
}
