// Any event in any order, for the property tests: right and wrong epochs, few ids so that they collide, absurd numbers,
// times that jump and stand still. A draft is an event without time and epoch, which are filled in when it is played.

import fc from "fast-check";
import { step } from "../../src/call/call.ts";
import { type CallSettings, type DigitsKind, endlessPatience, type Patience } from "../../src/call/call-settings.ts";
import type { CallEvent } from "../../src/call/events.ts";
import { earliestDeadline } from "../../src/call/machines/deadlines.ts";
import { type Call, newCall } from "../../src/call/state.ts";
import { type Played, scriptIdentity, scriptPrices, scriptSettings } from "./call-script.ts";
import { KeptAudio, playKept } from "./kept-effects.ts";
import { scriptTransfers } from "./script-transfers.ts";

/**
 * An event to play `waitMs` after the last one. It is from the newest stream or the current model connection, unless it
 * is `stale` (from the one before) or `ofNext` (from the successor).
 */
export interface Draft {
  readonly waitMs: number;
  readonly stale: boolean;
  readonly ofNext?: boolean;
  readonly fields: { readonly type: CallEvent["type"]; readonly [field: string]: unknown };
}

const number = fc.oneof(
  { weight: 8, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 0.5, Number.MAX_SAFE_INTEGER, 2 ** 53, -(2 ** 31)) },
);
const silence = (bytes: number): string => Buffer.alloc(bytes, 0xff).toString("base64");
const loud = (bytes: number): string => Buffer.alloc(bytes, 0x80).toString("base64");
const bytes = fc.oneof(fc.constantFrom(0, 1, 160, 960, 961, 3_200), fc.nat(4_000));
const payload = fc.oneof(bytes.map(silence), bytes.map(loud));
const responseId = fc.constantFrom("r1", "r2", "r3", "");
const itemId = fc.constantFrom("a1", "a2", "u1", "u2", "");
const contentIndex = fc.constantFrom(0, 1);
const text = fc.constantFrom("", "one", "one two three four");
const code = fc.constantFrom(
  "invalid_api_key",
  "session_expired",
  "conversation_already_has_active_response",
  "response_cancel_not_active",
  "server_error",
  "rate_limit_exceeded",
  "invalid_value",
  "model_not_found",
);
const eventId = fc.constantFrom(undefined, "voice_configure", "voice_configure_1", "voice_respond_1", "voice_respond_2", "voice_respond_3");
const param = fc.constantFrom(undefined, "session.audio", "session.audio.input.noise_reduction", "session.audio.output.voice");
const error = fc.record({ type: fc.constant("error"), code, message: text, param, eventId });
const status = fc.constantFrom("completed", "cancelled", "failed", "incomplete");
const callStatus = fc.constantFrom("in-progress", "in-progress", "in-progress", "completed", "ringing", "");
const format = fc.constantFrom("audio/x-mulaw", "audio/x-mulaw", "audio/x-mulaw", "audio/x-mulaw", "audio/l16");

const callId = fc.constantFrom("", "c1", "c2", "c3", "c4");
const functionCall = fc.record({
  callId,
  name: fc.constantFrom("", "look_up", "look_up", "hang_up", "transfer_to_desk", "transfer_to_all", "send_digits", "collect_digits"),
  arguments: fc.constantFrom("{}", "{", '{"digits":"1w2"}'),
});

/** Fields of each type of event; the type checker finds a missing one. */
const shapes: Readonly<Record<CallEvent["type"], Record<string, fc.Arbitrary<unknown>>>> = {
  "caller.streamRequested": { prewarm: fc.boolean() },
  "caller.started": { format: fc.record({ encoding: format, sampleRateHz: fc.constant(8_000), channels: fc.constant(1) }) },
  "caller.audio": { sequence: number, timestampMs: number, payload },
  "caller.markReturned": { sequence: number, name: fc.nat(40).map((n) => `v${n}`) },
  "caller.keyPressed": { sequence: number, digit: fc.constantFrom("1", "#", "A") },
  "caller.frameRejected": { bad: text },
  "caller.stopped": {},
  "caller.disconnected": { code: fc.constantFrom(1000, 1006), reason: text },
  "caller.nextRequested": {
    callStatus,
    dialCallStatus: fc.constantFrom(undefined, undefined, "completed", "no-answer"),
    dialBridged: fc.constantFrom(undefined, true, false),
  },
  "caller.statusReported": { callStatus },
  "model.opened": {},
  "model.ready": {
    inputFormat: fc.constantFrom(undefined, "audio/pcmu", "audio/pcmu"),
    outputFormat: fc.constantFrom(undefined, "audio/pcmu"),
  },
  "model.speechStarted": { itemId },
  "model.speechStopped": { itemId },
  "model.responseStarted": { responseId },
  "model.audio": { responseId, itemId, contentIndex, payload },
  "model.audioDone": { responseId, itemId, contentIndex },
  "model.responseTranscribed": { responseId, itemId, text },
  "model.speechTranscribed": { itemId, text },
  "model.functionCalled": { responseId, call: functionCall },
  "model.responseDone": {
    responseId,
    status,
    calls: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(functionCall, { maxLength: 2 }) }),
    hasCalls: fc.boolean(),
    reason: fc.constantFrom(undefined, "turn_detected", "client_cancelled"),
    usage: fc.constantFrom(undefined, { inputTokens: 1, outputTokens: 1, totalTokens: 2 }),
    error: fc.option(error, { nil: undefined }),
  },
  "model.errorReported": { error },
  "model.eventRejected": { bad: text },
  "model.lost": {
    code: fc.constantFrom(1001, 1006, 1011, 3000),
    httpStatus: fc.constantFrom(undefined, undefined, undefined, 401, 503),
    retryAfterMs: fc.constantFrom(undefined, undefined, 2_000, 7_000),
    reason: text,
  },
  "tool.returned": { callId, output: text },
  "transfer.screenRequested": {
    leg: fc.constantFrom("CA2", "CA3"),
    to: fc.constantFrom("+15550170001", ""),
    digits: fc.constantFrom(undefined, "1", "2"),
  },
  "budget.spent": {},
  "clock.rang": {},
  "operator.hungUp": {},
  "operator.drained": {},
  "server.threw": {},
};

/** Events that end a call are rare, or no call would last long enough to be interesting. */
const rare: ReadonlySet<string> = new Set([
  "caller.stopped",
  "caller.statusReported",
  "caller.nextRequested",
  "caller.disconnected",
  "budget.spent",
  "operator.hungUp",
  "operator.drained",
  "server.threw",
  "model.errorReported",
]);
const often: ReadonlySet<string> = new Set([
  "caller.audio",
  "caller.markReturned",
  "model.audio",
  "model.ready",
  "model.opened",
  "model.responseStarted",
]);

const waitMs = fc.oneof({ weight: 9, arbitrary: fc.nat(400) }, { weight: 1, arbitrary: fc.constantFrom(0, 800, 6_500, 12_000, 70_000) });
const stale = fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

/** Any one event. */
const anyDraft: fc.Arbitrary<Draft> = fc.oneof(
  ...Object.entries(shapes).map(([type, fields]) => ({
    weight: rare.has(type) ? 1 : often.has(type) ? 40 : 10,
    arbitrary: fc.record({
      waitMs,
      stale,
      ofNext: fc.boolean(),
      fields: fc.record({ type: fc.constant(type as CallEvent["type"]), ...fields }),
    }),
  })),
);

export const pin: DigitsKind = { name: "pin", max: 3, min: 1, terminator: "#", timeoutMs: 1_000, isMasked: true };

/** Every limit is reached soon. */
export const impatience: Patience = { idle: { ms: 300, say: "Still there?", times: 1 }, duration: { warnMs: 2_000, maxMs: 4_000 } };

/**
 * Many events. Most calls begin as real ones do, with a stream and a model that is ready. Sessions expire within a
 * second, or never.
 */
export const anyCall: fc.Arbitrary<DraftCall> = fc
  .record({
    begun: fc.constantFrom(true, true, true, false),
    prewarm: fc.boolean(),
    canTransfer: fc.boolean(),
    rollOverMs: fc.constantFrom(500, 3_300_000),
    greeting: fc.constantFrom(scriptSettings.greeting, scriptSettings.greeting, undefined),
    models: fc.constantFrom(1, 1, 2, 3),
    patience: fc.constantFrom(endlessPatience, endlessPatience, impatience),
    budgetUsd: fc.constantFrom(undefined, undefined, 4),
    digits: fc.constantFrom([], [pin]),
    keys: fc.constantFrom<CallSettings["keys"][]>(
      {},
      {},
      { A: { type: "hangUp" }, "#": { type: "repeat" }, "1": { type: "transfer", name: "desk" } },
    ),
    transfers: fc.constantFrom([], scriptTransfers),
    onFailure: fc.constantFrom(undefined, undefined, "team", "away"),
    some: fc.array(anyDraft, { maxLength: 80, size: "max" }),
  })
  .map(({ begun, prewarm, canTransfer, rollOverMs, greeting, models, patience, budgetUsd, digits, keys, transfers, onFailure, some }) => {
    return {
      settings: {
        ...scriptSettings,
        canTransfer,
        rollOverMs,
        greeting,
        models,
        patience,
        budgetUsd,
        digits,
        keys,
        transfers,
        onFailure,
        prices: [scriptPrices],
        canSendDigits: true,
      },
      prewarm,
      drafts: [...(begun ? beginning : []), ...some],
    };
  });

export interface DraftCall {
  readonly settings: CallSettings;
  readonly prewarm: boolean;
  readonly drafts: readonly Draft[];
}

const beginning: readonly Draft[] = [
  { waitMs: 0, stale: false, fields: { type: "caller.streamRequested", prewarm: false } },
  { waitMs: 5, stale: false, fields: { type: "caller.started", format: { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 } } },
  { waitMs: 5, stale: false, fields: { type: "model.opened" } },
  { waitMs: 5, stale: false, fields: { type: "model.ready", inputFormat: undefined, outputFormat: undefined } },
];

/** Plays drafts on a call whose webhook was answered with a stream. `kept` is its memory of the caller's audio. */
export function playDrafts({ settings, prewarm, drafts }: DraftCall, kept = new KeptAudio()): readonly Played[] {
  const played: Played[] = [];
  let call = newCall(scriptIdentity, settings, 0);
  let atMs = 0;
  let streams = 0;
  const play = (event: CallEvent): void => {
    const { call: after, effects: ordered } = step(call, event);
    const effects = playKept(kept, ordered);
    played.push({ before: call, event, after, effects, keptBytes: kept.bytes });
    call = after;
  };
  play({ type: "caller.streamRequested", atMs, prewarm });
  for (const { waitMs: wait, stale: old, ofNext, fields } of drafts) {
    atMs += wait;
    if (fields.type === "caller.started" && !old) streams++;
    const epoch = epochOf(fields.type, call, streams, old, ofNext === true);
    play({ ...fields, atMs, ...(epoch === undefined ? {} : { epoch }) } as unknown as CallEvent);
  }
  return played;
}

const epochless: ReadonlySet<string> = new Set(["caller.streamRequested", "caller.nextRequested", "caller.statusReported"]);

function epochOf(type: string, call: Call, streams: number, old: boolean, ofNext: boolean): string | number | undefined {
  if (type.startsWith("model.") && ofNext && call.successor !== undefined) return call.successor.epoch;
  if (type.startsWith("model.")) return old ? call.model.epoch - 1 : call.model.epoch;
  if (!type.startsWith("caller.") || epochless.has(type)) return undefined;
  return `MZ${old ? streams - 1 : streams}`;
}

/** Disconnects the stream, if there is one, and rings every deadline; returns what was played. No model is connected
 * meanwhile, so what was kept of the caller's audio does not matter. */
export function runDown(from: Call, atMs: number): readonly Played[] {
  const { caller } = from;
  if (!("epoch" in caller)) return ringOut(from, atMs, Number.POSITIVE_INFINITY);
  const event = { type: "caller.disconnected", atMs, epoch: caller.epoch, code: 1006, reason: "" } as const;
  const { call: after, effects } = step(from, event);
  return [{ before: from, event, after, effects, keptBytes: 0 }, ...ringOut(after, atMs, Number.POSITIVE_INFINITY)];
}

/** Rings every deadline for `forMs` while nothing else happens; returns what was played. */
export function ringOut(from: Call, atMs: number, forMs: number): readonly Played[] {
  const played: Played[] = [];
  let before = from;
  while (played.length < 100) {
    const dueMs = earliestDeadline(before.deadlines);
    if (dueMs === undefined || dueMs > atMs + forMs) break;
    const event = { type: "clock.rang", atMs: Math.max(atMs, dueMs) } as const;
    const { call: after, effects: ordered } = step(before, event);
    played.push({ before, event, after, effects: playKept(new KeptAudio(), ordered), keptBytes: 0 });
    before = after;
  }
  return played;
}
