// Responses in progress: begun, said piece by piece ahead of real time, ended or cancelled. The events themselves are in events.ts.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations ; pace and piece as measured of gpt-realtime-2.1.

import { type AudioFormat, bytesOfMs, fromMulaw, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { BrainInput, ReplyEnd, ReplyItem } from "../brains/brain.ts";
import type { Modality } from "../config/session-config.ts";
import { addLast, type Conversation, type ConversationItem, replaceEntry } from "../conversation.ts";
import { faultyReply, midResponseEnd } from "../faults.ts";
import { sessionExpired } from "../rejections.ts";
import { type ActiveResponse, change, makeId, newId, type OpenItem, type SessionWork, sendError } from "../session-state.ts";
import * as events from "./response-events.ts";

/** The audio of one delta. */
const PIECE_MS = 400;

/** The most responses at once: the conversation's own and those beside it. Ours. */
export const MAX_RESPONSES = 16;

/** What `response.create` may say beside the session's configuration. */
export interface ResponseRequest {
  readonly outOfBand: boolean;
  readonly said: readonly BrainInput[] | undefined;
  readonly instructions: string | undefined;
  readonly metadata: unknown;
  readonly modality: Modality | undefined;
  readonly format: AudioFormat | undefined;
  readonly voice: unknown;
  readonly maxOutputTokens: number | "inf" | undefined;
}

/** Nothing but what the session says. */
export const defaultRequest: ResponseRequest = {
  outOfBand: false,
  said: undefined,
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

/** The conversation's own response in progress; there is at most one. */
export function defaultResponse(work: SessionWork): ActiveResponse | undefined {
  return work.state.responding.find((response) => response.conversationId !== null);
}

/** Begins a response: asks the brain, and takes what was said as answered. Its first piece is due when the brain has thought. */
export function beginResponse(work: SessionWork, wish: ResponseRequest): void {
  const { rules, config, unanswered, responsesBegun, heardTokens } = work.state;
  const { output } = config.audio;
  const instructions = wish.instructions ?? config.instructions;
  const ask = { number: responsesBegun, said: wish.said ?? unanswered, instructions, outOfBand: wish.outOfBand };
  const response: ActiveResponse = {
    id: newId(work, "resp"),
    conversationId: wish.outOfBand ? null : conversationId(work),
    metadata: wish.metadata,
    modality: wish.modality ?? config.output_modalities[0] ?? "audio",
    format: wish.format ?? output.format,
    voice: wish.voice ?? output.voice,
    maxOutputTokens: wish.maxOutputTokens ?? config.max_output_tokens,
    reply: faultyReply(rules.brain.reply(ask), rules.faults, config.model),
    inputTokens: { audio: heardTokens.audio, text: heardTokens.text + events.textTokens(instructions.length) },
    open: undefined,
    output: [],
    saidMs: 0,
    nextAtMs: work.atMs + rules.thinkMs,
  };
  change(work, { responding: [...work.state.responding, response], responsesBegun: responsesBegun + 1 });
  if (!wish.outOfBand) change(work, { unanswered: [] });
  work.events.push(...events.responseStarted(response));
}

/** Says all that is due by now. */
export function advanceResponses(work: SessionWork): void {
  for (const { id } of work.state.responding) {
    const current = () => work.state.responding.find((response) => response.id === id);
    for (let response = current(); response !== undefined && response.nextAtMs <= work.atMs; response = current()) {
      advance(work, response);
      if (work.close !== undefined) return;
    }
  }
}

/** Cancels a response: what was said of it is closed as incomplete. */
export function cancelResponse(work: SessionWork, response: ActiveResponse, reason: "turn_detected" | "client_cancelled"): void {
  const { open } = response;
  const closed = open === undefined ? response : closeItem(work, response, open, "incomplete");
  finish(work, closed, { status: "cancelled", details: { type: "cancelled", reason } });
  if (open === undefined || !work.state.rules.faults.has("audio-after-cancel")) return;
  const late = open.audio.subarray(open.sentBytes, open.sentBytes + bytesOfMs(response.format, PIECE_MS));
  work.events.push(...events.contentDelta(placeOf(response, open.id), response.modality, "", late.toBase64()));
}

function advance(work: SessionWork, response: ActiveResponse): void {
  const item = response.reply.items[response.output.length];
  if (item === undefined) end(work, response);
  else if (item.type === "functionCall") callFunction(work, response, item);
  else sayPiece(work, response, response.open ?? openMessage(work, response, item));
}

/** All items are said. */
function end(work: SessionWork, response: ActiveResponse): void {
  const ending = endingOf(response.reply.end);
  if (ending === undefined) update(work, { ...response, nextAtMs: Number.POSITIVE_INFINITY });
  else finish(work, response, ending);
}

function endingOf(end: ReplyEnd): events.ResponseEnding | undefined {
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

function finish(work: SessionWork, response: ActiveResponse, ending: events.ResponseEnding): void {
  change(work, { responding: work.state.responding.filter((other) => other.id !== response.id) });
  work.events.push(events.responseDone(response, ending));
}

function openMessage(work: SessionWork, response: ActiveResponse, item: ReplyItem & { readonly type: "audio" }): OpenItem {
  const audio = response.modality === "audio" ? fromMulaw(response.format, item.mulaw) : new Uint8Array(0);
  const open = { id: newId(work, "item"), audio, text: item.transcript, sentBytes: 0, sentChars: 0 };
  const message = events.messageItem(open.id, "in_progress", response.modality, undefined);
  const previous = addOutput(work, response, message, response.modality === "audio" ? 0 : undefined);
  work.events.push(...events.itemStarted(placeOf(response, open.id), message, previous, response.modality));
  return open;
}

function sayPiece(work: SessionWork, response: ActiveResponse, open: OpenItem): void {
  const { rules } = work.state;
  const burst = rules.faults.has("audio-all-at-once");
  const sentBytes = burst ? open.audio.length : Math.min(open.sentBytes + bytesOfMs(response.format, PIECE_MS), open.audio.length);
  const sentChars = charsSaid(open, sentBytes);
  const audio = open.audio.subarray(open.sentBytes, sentBytes).toBase64();
  work.events.push(
    ...events.contentDelta(placeOf(response, open.id), response.modality, open.text.slice(open.sentChars, sentChars), audio),
  );
  const pieceMs = ticksOf(response.format, sentBytes - open.sentBytes) / TICKS_PER_MS;
  const said = { ...open, sentBytes, sentChars };
  const nextAtMs = burst ? response.nextAtMs : response.nextAtMs + pieceMs / rules.speedUp;
  const now = { ...response, open: said, saidMs: response.saidMs + pieceMs, nextAtMs };
  update(work, now);
  if (audio !== "") {
    keepSpoken(work, now, events.messageItem(open.id, "in_progress", response.modality, open.text.slice(0, sentChars)));
    change(work, { spoke: true });
    if (breakOff(work)) return;
  }
  if (sentBytes === open.audio.length) itemSaid(work, closeItem(work, now, said, lastStatus(now)));
}

/** Where the transcript is when so many bytes are out: as far along as the audio, but between words. */
function charsSaid(open: OpenItem, sentBytes: number): number {
  if (sentBytes === open.audio.length) return open.text.length;
  const reached = Math.floor((open.text.length * sentBytes) / open.audio.length);
  return Math.max(open.sentChars, open.text.lastIndexOf(" ", reached) + 1);
}

/** A response that ends incomplete leaves its last item so. */
function lastStatus(response: ActiveResponse): "completed" | "incomplete" {
  const last = response.output.length === response.reply.items.length - 1;
  return last && response.reply.end.type === "incomplete" ? "incomplete" : "completed";
}

function closeItem(work: SessionWork, response: ActiveResponse, open: OpenItem, status: "completed" | "incomplete"): ActiveResponse {
  const text = open.text.slice(0, open.sentChars);
  const item = events.messageItem(open.id, status, response.modality, text);
  const previous = keepSpoken(work, response, item);
  work.events.push(...events.itemFinished(placeOf(response, open.id), item, previous, response.modality, text));
  return { ...response, open: undefined, output: [...response.output, item] };
}

function callFunction(work: SessionWork, response: ActiveResponse, call: ReplyItem & { readonly type: "functionCall" }): void {
  const id = newId(work, "item");
  const place = placeOf(response, id);
  const item = { id, object: "realtime.item", type: "function_call", name: call.name, call_id: call.callId } as const;
  const opened: ConversationItem = { ...item, status: "in_progress", arguments: "" };
  const closed: ConversationItem = { ...item, status: "completed", arguments: call.arguments };
  const previous = addOutput(work, response, opened, undefined);
  const middle = Math.ceil(call.arguments.length / 2);
  work.events.push(...events.itemStarted(place, opened, previous, response.modality));
  for (const delta of [call.arguments.slice(0, middle), call.arguments.slice(middle)]) {
    if (delta !== "") work.events.push(events.argumentsDelta(place, call.callId, delta));
  }
  change(work, { conversation: replaceEntry(work.state.conversation, { item: closed, audioMs: undefined }) });
  work.events.push(...events.itemFinished(place, closed, previous, response.modality, ""));
  itemSaid(work, { ...response, output: [...response.output, closed] });
}

/** After an item comes the next, when its time has come, or at once the end. */
function itemSaid(work: SessionWork, response: ActiveResponse): void {
  update(work, response);
  if (response.output.length === response.reply.items.length) end(work, response);
}

function update(work: SessionWork, response: ActiveResponse): void {
  change(work, { responding: work.state.responding.map((other) => (other.id === response.id ? response : other)) });
}

function placeOf(response: ActiveResponse, itemId: string): events.ContentLocation {
  return { response_id: response.id, item_id: itemId, output_index: response.output.length, content_index: 0 };
}

/** Puts an output item into the conversation and gives the id before it; undefined beside the conversation. */
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

/** Brings the conversation's copy of the item being said up to date. Gives the id before it, as addOutput. */
function keepSpoken(work: SessionWork, response: ActiveResponse, item: ConversationItem): string | null | undefined {
  if (response.conversationId === null || response.open === undefined) return undefined;
  const audioMs = response.modality === "audio" ? ticksOf(response.format, response.open.sentBytes) / TICKS_PER_MS : undefined;
  change(work, { conversation: replaceEntry(work.state.conversation, { item, audioMs }) });
  return previousOf(work.state.conversation, item.id);
}

function previousOf(conversation: Conversation, itemId: string): string | null {
  return conversation[conversation.findIndex((entry) => entry.item.id === itemId) - 1]?.item.id ?? null;
}

/** Ends the connection in mid-reply, where a fault says so. */
function breakOff(work: SessionWork): boolean {
  const ending = midResponseEnd(work.state.rules.faults);
  if (ending === undefined) return false;
  if (ending.expired) sendError(work, sessionExpired(work.state.rules.lifetimeMs / 60_000), null);
  work.close = ending.close;
  return true;
}
