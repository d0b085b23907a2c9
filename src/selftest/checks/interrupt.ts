// The caller speaks over a reply: the audio stops, late audio is not played, and the model learns what was really
// heard. The measure is what the caller's playback had played, not what was sent, and not the server's clock. Follows
// https://developers.openai.com/api/docs/guides/realtime-conversations (truncation over WebSocket) and
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { decodeBase64 } from "../../simulators/openai/decode-base64.ts";
import type { PlayedAudio } from "../../simulators/twilio/playback.ts";
import { type CallEvidence, describeStream, eventOf, listeningSession, type SessionEvidence } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/**
 * By how much a server may underestimate what had been heard when the caller began to speak: one mark spacing of
 * 120 ms, as voice sets them, and three frames.
 */
export const MARK_SPACING_MS = 180;
/**
 * From the caller's first word to the clear. It takes 100 ms, of which the model needs 60 to detect speech; 3.5 s
 * when another processor is emulated.
 */
const CLEAR_LIMIT_MS = 5_000;

/** One item of the model's, and what the caller heard of it. */
export interface HeardItem {
  readonly itemId: string;
  readonly sentMs: number;
  /** In order of time, from the start of the item. */
  readonly pieces: readonly PlayedAudio[];
  /** Each `audio_end_ms` at which the server truncated it, in order. */
  readonly truncatedAtMs: readonly number[];
}

/** What the caller heard of the model's items. `strayMs`: audio that is not the next part of any item. */
export interface HeardItems {
  readonly items: readonly HeardItem[];
  readonly strayMs: number;
}

/**
 * Finds each piece of heard audio in what the model sent. Pieces come in the order of the items, each from its start.
 */
export function findHeardItems(session: SessionEvidence, pieces: readonly PlayedAudio[]): HeardItems {
  const items = itemsOf(session).map((item) => ({ ...item, heardBytes: 0, pieces: [] as PlayedAudio[] }));
  let strayBytes = 0;
  let at = 0;
  for (const piece of pieces) {
    const { bytes } = piece;
    const next = items.findIndex(({ sent, heardBytes }, index) => index >= at && startsWith(sent.subarray(heardBytes), bytes));
    const item = items[next];
    if (item === undefined) {
      strayBytes += bytes.length;
      continue;
    }
    item.heardBytes += bytes.length;
    item.pieces.push(piece);
    at = next;
  }
  const truncates = session.received.map(eventOf).filter(({ type }) => type === "conversation.item.truncate");
  return {
    strayMs: strayBytes / PCMU_BYTES_PER_MS,
    items: items.map(({ itemId, sent, pieces }) => ({
      itemId,
      sentMs: sent.length / PCMU_BYTES_PER_MS,
      pieces,
      truncatedAtMs: truncates.flatMap((event) => (event["item_id"] === itemId ? [Number(event["audio_end_ms"])] : [])),
    })),
  };
}

/** Milliseconds of an item that were heard by `untilMs`. */
export function heardMs({ pieces }: HeardItem, untilMs: number = Number.POSITIVE_INFINITY): number {
  return pieces.reduce((sum, { atMs, bytes }) => sum + Math.max(0, Math.min(bytes.length / PCMU_BYTES_PER_MS, untilMs - atMs)), 0);
}

function itemsOf({ delivered }: SessionEvidence): readonly { readonly itemId: string; readonly sent: Uint8Array }[] {
  const items = new Map<string, number[]>();
  for (const event of delivered.map(eventOf)) {
    if (event.type !== "response.output_audio.delta") continue;
    const itemId = String(event["item_id"]);
    const bytes = decodeBase64(String(event["delta"])) ?? [];
    items.set(itemId, [...(items.get(itemId) ?? []), ...bytes]);
  }
  return [...items].map(([itemId, bytes]) => ({ itemId, sent: Uint8Array.from(bytes) }));
}

function startsWith(whole: Uint8Array, part: Uint8Array): boolean {
  return part.length <= whole.length && part.every((byte, at) => byte === whole[at]);
}

/** Of a call's first stream, and the session that heard it. */
function hearing({ call, sessions }: CallEvidence): HeardItems {
  const session = listeningSession({ sessions });
  return session === undefined ? { items: [], strayMs: 0 } : findHeardItems(session, call.streams[0]?.heard?.pieces ?? []);
}

/** The times the caller spoke, each with the clear that followed. */
function interruptions({ call }: CallEvidence): readonly { readonly spokeAtMs: number; readonly clearedAtMs: number | undefined }[] {
  const spoke = call.line.flatMap((event) => (event.kind === "spoke" ? [event] : []));
  const cleared = call.line.flatMap((event) => (event.kind === "audio" && event.cleared ? [event.untilMs] : []));
  return spoke.map(({ atMs }, index) => {
    const nextMs = spoke[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    return { spokeAtMs: atMs, clearedAtMs: cleared.find((clearedMs) => clearedMs >= atMs && clearedMs < nextMs) };
  });
}

export const interruptClear: SelftestCheck<CallEvidence> = {
  id: "interrupt.clear",
  stage: "interrupt",
  level: "error",
  requirement: "When the caller speaks over a reply, it is cleared at once, and no more of it is heard.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-clear-message",
  judge(evidence) {
    const [stream] = evidence.call.streams;
    const times = interruptions(evidence);
    const waits = times.map(({ spokeAtMs, clearedAtMs }) => Math.round((clearedAtMs ?? Number.POSITIVE_INFINITY) - spokeAtMs));
    const { strayMs, items } = hearing(evidence);
    const actual = `cleared ${waits.join(" and ")} ms after the caller began to speak, ${strayMs} ms of stray audio`;
    return allHold(
      `a clear within ${CLEAR_LIMIT_MS} ms of each of 2 interruptions, then only the next reply`,
      actual,
      [times.length === 2 && items.length >= 2, `${times.length} interruptions, ${items.length} replies: ${describeStream(stream)}`],
      [waits.every((wait) => wait <= CLEAR_LIMIT_MS), stream?.counts?.clearsReceived === 0 ? "no clear" : actual],
      [strayMs === 0, `${strayMs} ms of the cleared reply were heard`],
    );
  },
};

/**
 * The range in which the server's idea of what was heard must lie. Marks due before the caller's first word come back
 * before it, on the same socket.
 */
function bounds(item: HeardItem, spokeAtMs: number): { readonly leastMs: number; readonly mostMs: number } {
  return { leastMs: Math.max(0, heardMs(item, spokeAtMs) - MARK_SPACING_MS), mostMs: heardMs(item) };
}

/** The interrupted items, each with the time at which the caller began to speak. */
function interruptedItems(evidence: CallEvidence): readonly (readonly [item: HeardItem, spokeAtMs: number])[] {
  const times = interruptions(evidence);
  return hearing(evidence).items.flatMap((item, index) => {
    const time = times[index];
    return time === undefined ? [] : [[item, time.spokeAtMs] as const];
  });
}

export const interruptTruncate: SelftestCheck<CallEvidence> = {
  id: "interrupt.truncate",
  stage: "interrupt",
  level: "error",
  requirement: "An interrupted reply is truncated once, to what the caller heard, not to what was sent.",
  source: "https://developers.openai.com/api/docs/guides/realtime-conversations",
  judge(evidence) {
    const interrupted = interruptedItems(evidence);
    const judged = interrupted.map(([item, spokeAtMs]) => {
      const { leastMs, mostMs } = bounds(item, spokeAtMs);
      const { truncatedAtMs, sentMs } = item;
      const [atMs = Number.NaN] = truncatedAtMs;
      const wanted = `${Math.round(leastMs)} to ${Math.round(mostMs)} of ${sentMs} ms sent`;
      return {
        fits: truncatedAtMs.length === 1 && atMs >= leastMs && atMs <= mostMs,
        wanted,
        actual: truncatedAtMs.length === 0 ? "not truncated" : `at ${truncatedAtMs.join(" and ")} ms`,
      };
    });
    return allHold(
      `2 items, each truncated once, at ${judged.map(({ wanted }) => wanted).join("; ")}`,
      judged.map(({ actual }) => actual).join("; "),
      [judged.length === 2, `${judged.length} interrupted items: ${describeStream(evidence.call.streams[0])}`],
      [judged.every(({ fits }) => fits), judged.map(({ actual }) => actual).join("; ")],
    );
  },
};

export const marksAccounted: SelftestCheck<CallEvidence> = {
  id: "marks.accounted",
  stage: "interrupt",
  level: "error",
  requirement: "Marks that come back because of a clear do not count as audio heard.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message",
  judge(evidence) {
    const { call, records } = evidence;
    const interrupted = interruptedItems(evidence).map(([item, spokeAtMs]) => bounds(item, spokeAtMs).leastMs);
    const leastMs = interrupted.reduce((sum, ms) => sum + ms, 0);
    const mostMs = call.streams[0]?.heard?.totalMs ?? 0;
    const recordedMs = records[0]?.counts.heardMs ?? Number.NaN;
    const actual = `${recordedMs} ms recorded`;
    return allHold(
      `${Math.round(leastMs)} to ${Math.round(mostMs)} ms recorded as heard`,
      actual,
      [records.length === 1, `${records.length} records of the call`],
      [interrupted.length === 2 && leastMs > 0, `${interrupted.length} interruptions: ${describeStream(call.streams[0])}`],
      [recordedMs >= leastMs && recordedMs <= mostMs, actual],
    );
  },
};
