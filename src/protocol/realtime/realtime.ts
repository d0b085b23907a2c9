// The OpenAI Realtime events that voice reads: their types and parsing; and the types of those that it writes (realtime-format.ts).
// Not the socket and not the whole API. GA names and the beta's are read, since servers that speak the same protocol still use both, and
// only what a call cannot do without is demanded of them.
// Follows https://developers.openai.com/api/reference/resources/realtime

import type { Bad } from "../bad.ts";
import { Fields, isObject, kindOf, parseJson } from "../fields.ts";

/** Why a response or a request failed, as the server says it. */
export interface ModelError {
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string;
  readonly param: string | undefined;
  /** The `event_id` of the client event that caused it. */
  readonly eventId: string | undefined;
}

/** Token counts of `response.done.response.usage`. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/**
 * A server event, under its GA name whichever name it came with. Milliseconds are whole; `delta` stays base64; formats are MIME types
 * ("audio/pcmu"), the beta's names translated; an id that the server leaves out is "".
 */
export type FromModel =
  | { readonly type: "session.created"; readonly sessionId: string | undefined; readonly expiresAtS: number | undefined }
  | { readonly type: "session.updated"; readonly inputFormat: string | undefined; readonly outputFormat: string | undefined }
  | { readonly type: "input_audio_buffer.speech_started"; readonly audioStartMs: number | undefined; readonly itemId: string }
  | { readonly type: "input_audio_buffer.speech_stopped"; readonly audioEndMs: number | undefined; readonly itemId: string }
  | { readonly type: "response.created"; readonly responseId: string }
  | {
      readonly type: "response.output_audio.delta";
      readonly responseId: string;
      readonly itemId: string;
      readonly contentIndex: number;
      readonly delta: string;
    }
  | { readonly type: "response.output_audio.done"; readonly responseId: string; readonly itemId: string; readonly contentIndex: number }
  | {
      readonly type: "response.output_audio_transcript.done";
      readonly responseId: string;
      readonly itemId: string;
      readonly contentIndex: number;
      readonly transcript: string;
    }
  | { readonly type: "conversation.item.input_audio_transcription.completed"; readonly itemId: string; readonly transcript: string }
  | {
      readonly type: "response.done";
      readonly responseId: string;
      readonly status: "completed" | "cancelled" | "failed" | "incomplete";
      readonly reason: string | undefined;
      readonly error: ModelError | undefined;
      readonly usage: ModelUsage | undefined;
    }
  | { readonly type: "conversation.item.truncated"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  | { readonly type: "error"; readonly error: ModelError }
  | { readonly type: "other"; readonly name: string };

/** What voice asks of a Realtime session; formatToModel (realtime-format.ts) writes it as `session.update` with audio/pcmu both ways. */
export interface SessionSettings {
  readonly instructions: string;
  readonly voice: string;
  /** Model that writes down what the caller says, for the record only. Left out: realtime-format.ts has one; null: nothing is written down. */
  readonly transcriptionModel?: string | null;
}

/** A client event. `eventId`, where given, comes back as `error.event_id` when the server refuses it. */
export type ToModel =
  | { readonly type: "session.update"; readonly eventId: string; readonly session: SessionSettings }
  | { readonly type: "input_audio_buffer.append"; readonly audio: string }
  | { readonly type: "conversation.item.create"; readonly role: "user" | "assistant" | "system"; readonly text: string }
  | { readonly type: "conversation.item.truncate"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  | { readonly type: "response.create"; readonly eventId: string; readonly instructions?: string }
  | { readonly type: "response.cancel"; readonly responseId?: string };

/** Reads one text frame from the model. An event voice does not use is `other`; a broken one is Bad. Never throws. */
export function parseFromModel(text: string): FromModel | Bad {
  const value = parseJson(text);
  if (!isObject(value)) return { bad: `message: expected a JSON object, got ${kindOf(value)}` };
  const fields = new Fields(value);
  const event = readEvent(fields);
  return fields.bad ?? event;
}

function readEvent(fields: Fields): FromModel {
  const name = fields.name("type");
  switch (name) {
    case "session.created": {
      const session = fields.maybeObject("session");
      return { type: name, sessionId: session.maybeString("id"), expiresAtS: session.maybeNumber("expires_at") };
    }
    case "session.updated":
      return { type: name, ...readFormats(fields.maybeObject("session")) };
    // Barge-in hangs on this one event: it is taken even without its time.
    case "input_audio_buffer.speech_started":
      return { type: name, audioStartMs: readMs(fields, "audio_start_ms"), itemId: fields.id("item_id") };
    case "input_audio_buffer.speech_stopped":
      return { type: name, audioEndMs: readMs(fields, "audio_end_ms"), itemId: fields.id("item_id") };
    case "response.created":
      return { type: name, responseId: fields.object("response").id("id") };
    case "response.output_audio.delta":
    case "response.audio.delta":
      return { type: "response.output_audio.delta", ...readPlace(fields), delta: fields.base64("delta") };
    case "response.output_audio.done":
    case "response.audio.done":
      return { type: "response.output_audio.done", ...readPlace(fields) };
    case "response.output_audio_transcript.done":
    case "response.audio_transcript.done":
      return { type: "response.output_audio_transcript.done", ...readPlace(fields), transcript: fields.string("transcript") };
    case "conversation.item.input_audio_transcription.completed":
      return { type: name, itemId: fields.id("item_id"), transcript: fields.string("transcript") };
    case "response.done":
      return readResponseDone(fields.object("response"));
    case "conversation.item.truncated":
      return {
        type: name,
        itemId: fields.id("item_id"),
        contentIndex: readIndex(fields),
        audioEndMs: readMs(fields, "audio_end_ms") ?? 0,
      };
    case "error":
      return { type: name, error: readErrorEvent(fields) };
    default:
      return { type: "other", name };
  }
}

/** Where in the conversation a piece of a response belongs: what playing and truncating are counted by. */
function readPlace(fields: Fields): { readonly responseId: string; readonly itemId: string; readonly contentIndex: number } {
  return { responseId: fields.id("response_id"), itemId: fields.id("item_id"), contentIndex: readIndex(fields) };
}

/** Servers that know only one part an item leave the index out. */
function readIndex(fields: Fields): number {
  return fields.maybeNumber("content_index") ?? 0;
}

function readMs(fields: Fields, name: string): number | undefined {
  const ms = fields.maybeNumber(name);
  return ms === undefined ? undefined : Math.round(ms);
}

/** The beta's names of audio formats, in the GA's words. */
const gaFormats: Readonly<Record<string, string>> = { g711_ulaw: "audio/pcmu", g711_alaw: "audio/pcma", pcm16: "audio/pcm" };

/** The formats in force: `audio.input.format.type` of the GA session, `input_audio_format` of the beta's, undefined where neither is. */
function readFormats(session: Fields): { readonly inputFormat: string | undefined; readonly outputFormat: string | undefined } {
  const audio = session.maybeObject("audio");
  const format = (direction: "input" | "output"): string | undefined => {
    const ga = audio.maybeObject(direction);
    const name =
      ga.maybeObject("format").maybeString("type") ?? ga.maybeString("format") ?? session.maybeString(`${direction}_audio_format`);
    return name === undefined ? undefined : (gaFormats[name] ?? name);
  };
  return { inputFormat: format("input"), outputFormat: format("output") };
}

/** Unread, a failed response is silence: a wrong model name, no quota and a rate limit all come this way. */
function readResponseDone(response: Fields): FromModel {
  const details = response.maybeObject("status_details");
  const cause = details.maybeObject("error");
  const error = details.has("error") ? readError(cause, cause.maybeString("type")) : undefined;
  // A server that leaves the status out has still ended the response: a call that waited for it would wait for ever.
  const status = response.has("status") ? response.string("status") : error === undefined ? "completed" : "failed";
  if (!isFinal(status)) response.complain("status", "completed, cancelled, failed or incomplete", "another");
  return {
    type: "response.done",
    responseId: response.id("id"),
    status: isFinal(status) ? status : "failed",
    reason: details.maybeString("reason"),
    error,
    usage: readUsage(response.maybeObject("usage")),
  };
}

type FinalStatus = Extract<FromModel, { type: "response.done" }>["status"];
const finalStatuses: readonly string[] = ["completed", "cancelled", "failed", "incomplete"] satisfies FinalStatus[];

function isFinal(status: string): status is FinalStatus {
  return finalStatuses.includes(status);
}

/** Counts are for the record alone: what is missing or odd is not counted, never a complaint. */
function readUsage(usage: Fields): ModelUsage | undefined {
  const inputTokens = usage.maybeNumber("input_tokens");
  const outputTokens = usage.maybeNumber("output_tokens");
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return { inputTokens, outputTokens, totalTokens: usage.maybeNumber("total_tokens") ?? inputTokens + outputTokens };
}

/** `error` is an object with OpenAI; other servers have a bare text there, or the object's fields beside the event's own `type`. */
function readErrorEvent(fields: Fields): ModelError {
  const text = fields.maybeString("error");
  if (text !== undefined) return { ...readError(fields, undefined), message: text };
  const inner = fields.maybeObject("error");
  return fields.has("error") ? readError(inner, inner.maybeString("type")) : readError(fields, undefined);
}

function readError(error: Fields, type: string | undefined): ModelError {
  const code = error.maybeString("code");
  return {
    type,
    code,
    message: error.maybeString("message") ?? code ?? type ?? "no message",
    param: error.maybeString("param"),
    eventId: error.maybeString("event_id"),
  };
}
