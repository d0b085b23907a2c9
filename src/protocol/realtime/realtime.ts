// Parses the OpenAI Realtime events that voice uses, and has the types of those that it sends (formatting: format.ts).
// Not the socket, and not the whole API. Compatible servers still use GA and beta names, so both are accepted, and only
// fields that a call needs are required. Follows https://developers.openai.com/api/reference/resources/realtime

import type { Bad } from "../bad.ts";
import { Fields, isObject, kindOf, parseJson } from "../fields.ts";
import { modelErrorCode } from "./errors.ts";
import type { SessionOption } from "./session-options.ts";
import { type ModelUsage, readTranscriptionUsage, readUsage, type TranscriptionUsage } from "./usage.ts";

/** The server's account of why a response or a request failed. */
export interface ModelError {
  readonly type: string | undefined;
  /** As errors.ts spells it, also where the server leaves it out; a code that is not known there is as it came. */
  readonly code: string | undefined;
  readonly message: string;
  readonly param: string | undefined;
  /** The `event_id` of the client event that caused the error. */
  readonly eventId: string | undefined;
}

/** A function that the model calls. It may be cut short: only calls of a completed response may be run. */
export interface FunctionCall {
  readonly callId: string;
  /** "" where the server does not say it with the arguments: `response.done` has it. */
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

/** A function that the model may call; `parameters` is a JSON Schema. */
export interface FunctionTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: object;
}

/**
 * From the model, always under the GA name. Milliseconds are whole; `delta` stays base64; formats are MIME types
 * ("audio/pcmu"), also for the beta's names; an id that the server omits is "".
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
  | {
      readonly type: "conversation.item.input_audio_transcription.completed";
      readonly itemId: string;
      readonly transcript: string;
      readonly usage?: TranscriptionUsage | undefined;
    }
  | {
      readonly type: "response.done";
      readonly responseId: string;
      readonly status: "completed" | "cancelled" | "failed" | "incomplete";
      /** Whether its output has a call: of a function, or of an MCP tool. */
      readonly hasCalls: boolean;
      /** The functions that it calls, as far as the server lists them. */
      readonly calls: readonly FunctionCall[];
      readonly reason: string | undefined;
      readonly error: ModelError | undefined;
      readonly usage: ModelUsage | undefined;
    }
  | { readonly type: "response.function_call_arguments.done"; readonly responseId: string; readonly call: FunctionCall }
  | { readonly type: "conversation.item.truncated"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  | { readonly type: "error"; readonly error: ModelError }
  | { readonly type: "other"; readonly name: string };

/** How the server decides that the caller has finished: https://developers.openai.com/api/docs/guides/realtime-vad */
export type TurnRule =
  | { readonly type: "server"; readonly threshold: number; readonly silenceMs: number; readonly prefixMs: number }
  | { readonly type: "semantic"; readonly eagerness: "low" | "medium" | "high" | "auto" };

/**
 * The variable part of `session.update`; formatToModel adds the rest, such as audio/pcmu both ways. What is omitted has
 * the default of format.ts.
 */
export interface SessionSettings {
  readonly instructions: string;
  readonly voice: string;
  /** 1 is the voice's own pace. */
  readonly speed?: number;
  readonly turn?: TurnRule;
  /** Null: no noise reduction. */
  readonly noise?: "near_field" | "far_field" | null;
  /** Transcribes the caller, for the record only. Null: no transcription. */
  readonly transcriptionModel?: string | null;
  /** Languages that callers may speak, as ISO 639-1 codes: hints for the transcription. */
  readonly languages?: readonly string[];
  /** Words that callers may say: hints for the transcription. */
  readonly keywords?: readonly string[];
  /** Functions that the model may call. */
  readonly tools?: readonly FunctionTool[];
}

/** To the model. When the server rejects an event, its `eventId` comes back as `error.event_id`. */
export type ToModel =
  | {
      readonly type: "session.update";
      readonly eventId: string;
      readonly session: SessionSettings;
      /** Parts to leave out, because the server refused them. */
      readonly omit?: readonly SessionOption[];
    }
  | { readonly type: "input_audio_buffer.append"; readonly audio: string }
  | { readonly type: "conversation.item.create"; readonly role: "user" | "assistant" | "system"; readonly text: string }
  /** The result of a function that the model called. */
  | { readonly type: "function_call_output"; readonly callId: string; readonly output: string }
  | { readonly type: "conversation.item.truncate"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  /** `withoutTools`: the model must answer, and may call no function. */
  | { readonly type: "response.create"; readonly eventId: string; readonly instructions?: string; readonly withoutTools?: boolean }
  | { readonly type: "response.cancel"; readonly responseId?: string };

/** Parses one text frame. Events that voice does not use give `other`; malformed ones give Bad. Never throws. */
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
    // Barge-in depends on this event, so it is accepted even without its time.
    case "input_audio_buffer.speech_started":
      return { type: name, audioStartMs: readMs(fields, "audio_start_ms"), itemId: fields.id("item_id") };
    case "input_audio_buffer.speech_stopped":
      return { type: name, audioEndMs: readMs(fields, "audio_end_ms"), itemId: fields.id("item_id") };
    case "response.created":
      return { type: name, responseId: fields.object("response").id("id") };
    case "response.output_audio.delta":
    case "response.audio.delta":
      return { type: "response.output_audio.delta", ...readPart(fields), delta: fields.base64("delta") };
    case "response.output_audio.done":
    case "response.audio.done":
      return { type: "response.output_audio.done", ...readPart(fields) };
    case "response.output_audio_transcript.done":
    case "response.audio_transcript.done":
      return { type: "response.output_audio_transcript.done", ...readPart(fields), transcript: fields.string("transcript") };
    case "conversation.item.input_audio_transcription.completed":
      return {
        type: name,
        itemId: fields.id("item_id"),
        transcript: fields.string("transcript"),
        usage: readTranscriptionUsage(fields.maybeObject("usage")),
      };
    case "response.function_call_arguments.done":
      return { type: name, responseId: fields.id("response_id"), call: readCall(fields) };
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

/** The part of a response that an event belongs to; playout and truncation are tracked by part. */
function readPart(fields: Fields): { readonly responseId: string; readonly itemId: string; readonly contentIndex: number } {
  return { responseId: fields.id("response_id"), itemId: fields.id("item_id"), contentIndex: readIndex(fields) };
}

/** Servers with only one part per item omit the index. */
function readIndex(fields: Fields): number {
  return fields.maybeNumber("content_index") ?? 0;
}

function readMs(fields: Fields, name: string): number | undefined {
  const ms = fields.maybeNumber(name);
  return ms === undefined ? undefined : Math.round(ms);
}

/** Audio formats: beta name -> GA name. */
const gaFormats: Readonly<Record<string, string>> = { g711_ulaw: "audio/pcmu", g711_alaw: "audio/pcma", pcm16: "audio/pcm" };

/**
 * The effective formats: `audio.input.format.type` in the GA shape, `input_audio_format` in the beta's; undefined where
 * neither is given.
 */
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

/**
 * A wrong model name, used-up quota and rate limits all arrive as a failed response: ignored, they would be silence.
 */
function readResponseDone(response: Fields): FromModel {
  const details = response.maybeObject("status_details");
  const cause = details.maybeObject("error");
  const error = details.has("error") ? readError(cause, cause.maybeString("type")) : undefined;
  // Without a status, the response has still ended: the call must not wait for it.
  const status = response.has("status") ? response.string("status") : error === undefined ? "completed" : "failed";
  const output = response.maybeObjects("output");
  if (!isFinal(status)) response.mismatch("status", "completed, cancelled, failed or incomplete", "another");
  return {
    type: "response.done",
    responseId: response.id("id"),
    status: isFinal(status) ? status : "failed",
    hasCalls: output.some((item) => callItems.has(item.maybeString("type"))),
    calls: output.filter((item) => item.maybeString("type") === "function_call").map(readCall),
    reason: details.maybeString("reason"),
    error,
    usage: readUsage(response.maybeObject("usage")),
  };
}

/** In an event and in an item alike. */
function readCall(fields: Fields): FunctionCall {
  return {
    callId: fields.maybeString("call_id") ?? "",
    name: fields.maybeString("name") ?? "",
    arguments: fields.maybeString("arguments") ?? "",
  };
}

/** Items of a response's output that ask for work instead of speaking. */
const callItems: ReadonlySet<string | undefined> = new Set(["function_call", "mcp_call", "mcp_approval_request", "mcp_list_tools"]);

type FinalStatus = Extract<FromModel, { type: "response.done" }>["status"];
const finalStatuses: readonly string[] = ["completed", "cancelled", "failed", "incomplete"] satisfies FinalStatus[];

function isFinal(status: string): status is FinalStatus {
  return finalStatuses.includes(status);
}

/** OpenAI sends an object. Other servers send a string, or the object's fields next to the event's own `type`. */
function readErrorEvent(fields: Fields): ModelError {
  const text = fields.maybeString("error");
  if (text !== undefined) return readError(fields, undefined, text);
  const inner = fields.maybeObject("error");
  return fields.has("error") ? readError(inner, inner.maybeString("type")) : readError(fields, undefined);
}

function readError(error: Fields, type: string | undefined, text = error.maybeString("message")): ModelError {
  const number = error.maybeNumber("code");
  const code = error.maybeString("code") ?? (number === undefined ? undefined : String(number));
  return {
    type,
    code: modelErrorCode({ code, type, message: text }) ?? code,
    message: text ?? code ?? type ?? "no message",
    param: error.maybeString("param"),
    eventId: error.maybeString("event_id"),
  };
}
