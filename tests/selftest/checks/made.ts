// Evidence made by hand for the checks' tests: a call, its documents, its streams, a model session. Only what a test
// names differs from a call that went well.

import { assertEquals } from "@std/assert";
import type { HttpFields } from "../../../src/protocol/http/message.ts";
import type { CallEvidence, Frame, SessionEvidence } from "../../../src/selftest/checks/evidence.ts";
import type { SelftestCheck } from "../../../src/selftest/checks/judgement.ts";
import type { PlayedAudio } from "../../../src/simulators/twilio/playback.ts";
import type { TelephoneOptions } from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-call.ts";
import type { HttpExchange, StreamLog, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { readWebhookAnswer } from "../../../src/simulators/twilio/webhook-answer.ts";

const url = "https://voice.example/twilio/voice";

/** The TwiML of a healthy server. */
export const goodTwiml =
  '<Response><Connect action="after"><Stream url="wss://voice.example/twilio/realtime"><Parameter name="token" value="t"/></Stream></Connect><Redirect method="POST">after</Redirect></Response>';

/** An HTTP exchange that brought a body. */
export function madeExchange(body: string, status = 200, fields: Partial<HttpExchange> = {}, type = "text/xml"): HttpExchange {
  const headers: HttpFields = [["Content-Type", type]];
  const answer = { status, headers, body: new TextEncoder().encode(body) };
  const plan = readWebhookAnswer(answer, url);
  const read = "twilioCode" in plan ? { fault: plan } : { plan };
  const request = { method: "POST", url, headers: [], body: "" } as const;
  return { id: 1, purpose: "voice", atMs: 1_000, params: {}, request, answeredAtMs: 1_005, answer, ...read, ...fields };
}

/**
 * A stream that was opened, heard nothing, and was ended by the caller; `protocols` are its answer's
 * Sec-WebSocket-Protocol headers.
 */
export function madeStream(fields: Partial<StreamLog> = {}, protocols: readonly string[] = [], status = 101): StreamLog {
  const head = { version: "1.1", status, reason: "", fields: protocols.map((value) => ["sec-websocket-protocol", value] as const) };
  const answer = { atMs: 1_020, head, body: new Uint8Array(0) };
  const end = { atMs: 5_000, by: "caller", code: 1000, reason: "" } as const;
  const opened = status === 101 ? { openedAtMs: 1_020 } : {};
  return {
    id: 1,
    streamSid: "MZ1",
    url: "wss://voice.example/",
    parameters: {},
    dialledAtMs: 1_010,
    answer,
    ...opened,
    pings: 0,
    end,
    ...fields,
  };
}

/** Pieces that were heard one after another, from `atMs` on. */
export function heardPieces(atMs: number, ...pieces: readonly Uint8Array[]) {
  let nextMs = atMs;
  const heard: PlayedAudio[] = pieces.map((bytes) => {
    const piece = { atMs: nextMs, bytes };
    nextMs += bytes.length / 8;
    return piece;
  });
  return { keepMs: 300_000, pieces: heard, totalMs: nextMs - atMs };
}

/** A frame with this event in it. */
export function frame(atMs: number, event: object): Frame {
  return { atMs, text: JSON.stringify(event) };
}

/** A call with one document and one stream. */
export function madeCall(fields: Partial<TelephoneCall> = {}, options: Partial<TelephoneOptions> = {}): TelephoneCall {
  const placed = createTelephoneCall({ webhook: { url }, authToken: undefined, seed: "made", ...options });
  return { ...placed, exchanges: [madeExchange(goodTwiml)], streams: [madeStream()], ...fields };
}

/** Evidence of such a call, with one session in which nothing was said. */
export function madeEvidence(fields: Partial<CallEvidence> = {}): CallEvidence {
  const session: SessionEvidence = { received: [], delivered: [] };
  return { call: madeCall(), sessions: [session], records: [], said: new Uint8Array(0), replies: [], ...fields };
}

/** Compares whether the check passes; the message has what it said. */
export function assertVerdict<E>(check: SelftestCheck<E>, evidence: E, verdict: "passed" | "failed"): void {
  const judged = check.judge(evidence);
  assertEquals(judged.ok, verdict === "passed", `${check.id}: expected ${judged.expected}; got ${judged.actual}`);
}
