// Responses: started, sent piece by piece faster than real time, ended or cancelled. The events are built in
// response-events.ts.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations

import { type AudioFormat, bytesOfMs, fromMulaw, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { BrainInput, ReplyEnd, ReplyItem } from "../brains/brain.ts";
import type { Modality } from "../config/session-config.ts";
import { addLast, type Conversation, type ConversationItem, replaceEntry } from "../conversation.ts";
import { faultyReply, midResponseEnd } from "../faults.ts";
import { sessionExpired } from "../rejections.ts";
import { type ActiveResponse, change, makeId, newId, type OpenItem, type SessionWork, sendError } from "../session-state.ts";
import {
  argumentsDelta,
  type ContentLocation,
  contentDelta,
  itemFinished,
  itemStarted,
  messageItem,
  type ResponseEnding,
  responseDone,
  responseStarted,
  textTokens,
} from "./response-events.ts";

/** The audio in one delta, as measured with gpt-realtime-2.1. */
const PIECE_MS = 400;

/** The most responses at once, inside and outside the conversation. Our limit. */
export const MAX_RESPONSES = 16;

/** The fields of `response.create`. Undefined: the session's configuration applies. */
export interface ResponseRequest {
  readonly outOfBand: boolean;
  readonly input: readonly BrainInput[] | undefined;
  readonly instructions: string | undefined;
  readonly metadata: unknown;
  readonly modality: Modality | undefined;
  readonly format: AudioFormat | undefined;
  readonly voice: unknown;
  readonly maxOutputTokens: number | "inf" | undefined;
}

export const defaultRequest: ResponseRequest = {
  outOfBand: false,
  input: undefined,
  instructions: undefined,
  metadata: null,
  modality: undefined,
  format: undefined,
  voice: undefined,
  maxOutputTokens: undefined,
};

/** The id of the session's one conversation. */
export function conversationId(work: SessionWork): string {
  return makeId("conv", work.state.rules.seed, 0);
}

/** The active response of the conversation. There is at most one. */
export function defaultResponse(work: SessionWork): ActiveResponse | undefined {
  return work.state.activeResponses.find((response) => response.conversationId !== null);
}

/** Starts a response: calls the brain, and marks the input as answered. The first piece is due after `thinkMs`. */
export function beginResponse(work: SessionWork, request: ResponseRequest): void {
  const { rules, config, unanswered, responsesStarted, contextTokens } = work.state;
  const { output } = config.audio;
  const instructions = request.instructions ?? config.instructions;
  const replyRequest = { number: responsesStarted, input: request.input ?? unanswered, instructions, outOfBand: request.outOfBand };
  const response: ActiveResponse = {
    id: newId(work, "resp"),
    conversationId: request.outOfBand ? null : conversationId(work),
    metadata: request.metadata,
    modality: request.modality ?? config.output_modalities[0] ?? "audio",
    format: request.format ?? output.format,
    voice: request.voice ?? output.voice,
    maxOutputTokens: request.maxOutputTokens ?? config.max_output_tokens,
    reply: faultyReply(rules.brain.reply(replyRequest), rules.faults, config.model),
    inputTokens: { audio: contextTokens.audio, text: contextTokens.text + textTokens(instructions.length) },
    open: undefined,
    output: [],
    sentMs: 0,
    nextAtMs: work.atMs + rules.thinkMs,
  };
  change(work, { activeResponses: [...work.state.activeResponses, response], responsesStarted: responsesStarted + 1 });
  if (!request.outOfBand) change(work, { unanswered: [] });
  work.events.push(...responseStarted(response));
}

/** Sends everything that is due. */
export function advanceResponses(work: SessionWork): void {
  for (const { id } of work.state.activeResponses) {
    const current = () => work.state.activeResponses.find((response) => response.id === id);
    for (let response = current(); response !== undefined && response.nextAtMs <= work.atMs; response = current()) {
      advance(work, response);
      if (work.close !== undefined) return;
    }
  }
}

/** Cancels a response. Its item in progress ends as incomplete. */
export function cancelResponse(work: SessionWork, response: ActiveResponse, reason: "turn_detected" | "client_cancelled"): void {
  const { open } = response;
  const closed = open === undefined ? response : closeItem(work, response, open, "incomplete");
  finish(work, closed, { status: "cancelled", details: { type: "cancelled", reason } });
  if (open === undefined || !work.state.rules.faults.has("audio-after-cancel")) return;
  const late = open.audio.subarray(open.sentBytes, open.sentBytes + bytesOfMs(response.format, PIECE_MS));
  work.events.push(...contentDelta(locationOf(response, open.id), response.modality, "", late.toBase64()));
}

function advance(work: SessionWork, response: ActiveResponse): void {
  const item = response.reply.items[response.output.length];
  if (item === undefined) endResponse(work, response);
  else if (item.type === "functionCall") sendFunctionCall(work, response, item);
  else sendPiece(work, response, response.open ?? openMessage(work, response, item));
}

/** Ends a response whose items are all finished. */
function endResponse(work: SessionWork, response: ActiveResponse): void {
  const ending = endingOf(response.reply.end);
  if (ending === undefined) update(work, { ...response, nextAtMs: Number.POSITIVE_INFINITY });
  else finish(work, response, ending);
}

function endingOf(end: ReplyEnd): ResponseEnding | undefined {
  switch (end.type) {
    case "stalled":
      return undefined;
    case "completed":
      return { status: "completed", details: null };
    case "incomplete":
      return { status: "incomplete", details: { type: "incomplete", reason: end.reason } };
    case "failed":
      return { status: "failed", details: { type: "failed", error: { type: end.errorType, code: end.code, message: end.message } } };
  }
}

function finish(work: SessionWork, response: ActiveResponse, ending: ResponseEnding): void {
  change(work, { activeResponses: work.state.activeResponses.filter((other) => other.id !== response.id) });
  work.events.push(responseDone(response, ending));
}

function openMessage(work: SessionWork, response: ActiveResponse, item: ReplyItem & { readonly type: "audio" }): OpenItem {
  const audio = response.modality === "audio" ? fromMulaw(response.format, item.mulaw) : new Uint8Array(0);
  const open = { id: newId(work, "item"), audio, text: item.transcript, sentBytes: 0, sentChars: 0 };
  const message = messageItem(open.id, "in_progress", response.modality, undefined);
  const previous = addOutput(work, response, message, response.modality === "audio" ? 0 : undefined);
  work.events.push(...itemStarted(locationOf(response, open.id), message, previous, response.modality));
  return open;
}

function sendPiece(work: SessionWork, response: ActiveResponse, open: OpenItem): void {
  const { rules } = work.state;
  const burst = rules.faults.has("audio-all-at-once");
  const sentBytes = burst ? open.audio.length : Math.min(open.sentBytes + bytesOfMs(response.format, PIECE_MS), open.audio.length);
  const sentChars = charsSentWith(open, sentBytes);
  const audio = open.audio.subarray(open.sentBytes, sentBytes).toBase64();
  work.events.push(...contentDelta(locationOf(response, open.id), response.modality, open.text.slice(open.sentChars, sentChars), audio));
  const pieceMs = ticksOf(response.format, sentBytes - open.sentBytes) / TICKS_PER_MS;
  const sent = { ...open, sentBytes, sentChars };
  const nextAtMs = burst ? response.nextAtMs : response.nextAtMs + pieceMs / rules.speedUp;
  const now = { ...response, open: sent, sentMs: response.sentMs + pieceMs, nextAtMs };
  update(work, now);
  if (audio !== "") {
    updateOutput(work, now, messageItem(open.id, "in_progress", response.modality, open.text.slice(0, sentChars)));
    change(work, { hasSpoken: true });
    if (endMidResponse(work)) return;
  }
  if (sentBytes === open.audio.length) onItemFinished(work, closeItem(work, now, sent, lastStatus(now)));
}

/** How much of the transcript is sent with `sentBytes` of audio: the same share, cut between words. */
function charsSentWith(open: OpenItem, sentBytes: number): number {
  if (sentBytes === open.audio.length) return open.text.length;
  const reached = Math.floor((open.text.length * sentBytes) / open.audio.length);
  return Math.max(open.sentChars, open.text.lastIndexOf(" ", reached) + 1);
}

/** The last item of an incomplete response is incomplete too. */
function lastStatus(response: ActiveResponse): "completed" | "incomplete" {
  const last = response.output.length === response.reply.items.length - 1;
  return last && response.reply.end.type === "incomplete" ? "incomplete" : "completed";
}

function closeItem(work: SessionWork, response: ActiveResponse, open: OpenItem, status: "completed" | "incomplete"): ActiveResponse {
  const text = open.text.slice(0, open.sentChars);
  const item = messageItem(open.id, status, response.modality, text);
  const previous = updateOutput(work, response, item);
  work.events.push(...itemFinished(locationOf(response, open.id), item, previous, response.modality, text));
  return { ...response, open: undefined, output: [...response.output, item] };
}

function sendFunctionCall(work: SessionWork, response: ActiveResponse, call: ReplyItem & { readonly type: "functionCall" }): void {
  const id = newId(work, "item");
  const location = locationOf(response, id);
  const item = { id, object: "realtime.item", type: "function_call", name: call.name, call_id: call.callId } as const;
  const opened: ConversationItem = { ...item, status: "in_progress", arguments: "" };
  const closed: ConversationItem = { ...item, status: "completed", arguments: call.arguments };
  const previous = addOutput(work, response, opened, undefined);
  const middle = Math.ceil(call.arguments.length / 2);
  work.events.push(...itemStarted(location, opened, previous, response.modality));
  for (const delta of [call.arguments.slice(0, middle), call.arguments.slice(middle)]) {
    if (delta !== "") work.events.push(argumentsDelta(location, call.callId, delta));
  }
  change(work, { conversation: replaceEntry(work.state.conversation, { item: closed, audioMs: undefined }) });
  work.events.push(...itemFinished(location, closed, previous, response.modality, ""));
  onItemFinished(work, { ...response, output: [...response.output, closed] });
}

/** After the last item the response ends at once. Otherwise the next item follows when it is due. */
function onItemFinished(work: SessionWork, response: ActiveResponse): void {
  update(work, response);
  if (response.output.length === response.reply.items.length) endResponse(work, response);
}

function update(work: SessionWork, response: ActiveResponse): void {
  change(work, { activeResponses: work.state.activeResponses.map((other) => (other.id === response.id ? response : other)) });
}

function locationOf(response: ActiveResponse, itemId: string): ContentLocation {
  return { response_id: response.id, item_id: itemId, output_index: response.output.length, content_index: 0 };
}

/** Adds an output item to the conversation. Returns the id before it; undefined outside the conversation. */
function addOutput(
  work: SessionWork,
  response: ActiveResponse,
  item: ConversationItem,
  audioMs: number | undefined,
): string | null | undefined {
  if (response.conversationId === null) return undefined;
  const { conversation, previousItemId } = addLast(work.state.conversation, { item, audioMs });
  change(work, { conversation });
  return previousItemId;
}

/** Updates the conversation's copy of the item in progress. Returns the id before it, as addOutput does. */
function updateOutput(work: SessionWork, response: ActiveResponse, item: ConversationItem): string | null | undefined {
  if (response.conversationId === null || response.open === undefined) return undefined;
  const audioMs = response.modality === "audio" ? ticksOf(response.format, response.open.sentBytes) / TICKS_PER_MS : undefined;
  change(work, { conversation: replaceEntry(work.state.conversation, { item, audioMs }) });
  return previousOf(work.state.conversation, item.id);
}

function previousOf(conversation: Conversation, itemId: string): string | null {
  return conversation[conversation.findIndex((entry) => entry.item.id === itemId) - 1]?.item.id ?? null;
}

/** Ends the connection in the middle of a response, if a fault requires it. */
function endMidResponse(work: SessionWork): boolean {
  const ending = midResponseEnd(work.state.rules.faults);
  if (ending === undefined) return false;
  if (ending.expired) sendError(work, sessionExpired(work.state.rules.lifetimeMs / 60_000), null);
  work.close = ending.close;
  return true;
}
