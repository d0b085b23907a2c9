// Builds the events of a response, in order and with their fields. When they are sent is decided in responses.ts.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations and the event types of its reference

import type { ConversationItem } from "../conversation.ts";
import type { ActiveResponse, ServerEvent } from "../session-state.ts";

/** The item and content part that an event belongs to. */
export interface ContentLocation {
  readonly response_id: string;
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: 0;
}

/** The names in the events of an audio message and of a text message. */
const names = {
  audio: { part: "audio", text: "transcript", events: "response.output_audio_transcript", content: "output_audio" },
  text: { part: "text", text: "text", events: "response.output_text", content: "output_text" },
} as const;

export function responseStarted(response: ActiveResponse): ServerEvent[] {
  return [
    { type: "response.created", response: { ...responseShape(response), status: "in_progress", status_details: null, usage: null } },
    {
      type: "rate_limits.updated",
      rate_limits: [{ name: "tokens", limit: 200_000, remaining: 199_000, reset_seconds: 0.3 }],
    },
  ];
}

/** `previousItemId` undefined: outside the conversation. */
export function itemStarted(
  location: ContentLocation,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  modality: ActiveResponse["modality"],
): ServerEvent[] {
  const { response_id, output_index } = location;
  const events: ServerEvent[] = [{ type: "response.output_item.added", response_id, output_index, item }];
  if (previousItemId !== undefined) events.push({ type: "conversation.item.added", previous_item_id: previousItemId, item });
  if (item.type === "message") {
    events.push({ type: "response.content_part.added", ...location, part: { type: names[modality].part, [names[modality].text]: "" } });
  }
  return events;
}

/** The next piece of a message. An empty text or audio has no event. */
export function contentDelta(
  location: ContentLocation,
  modality: ActiveResponse["modality"],
  text: string,
  audioBase64: string,
): ServerEvent[] {
  const events: ServerEvent[] = [];
  if (text !== "") events.push({ type: `${names[modality].events}.delta`, ...location, delta: text });
  if (audioBase64 !== "") events.push({ type: "response.output_audio.delta", ...location, delta: audioBase64 });
  return events;
}

export function argumentsDelta({ response_id, item_id, output_index }: ContentLocation, callId: string, delta: string): ServerEvent {
  return { type: "response.function_call_arguments.delta", response_id, item_id, output_index, call_id: callId, delta };
}

/** `item`: in its final state. `text`: what was sent of it. */
export function itemFinished(
  location: ContentLocation,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  modality: ActiveResponse["modality"],
  text: string,
): ServerEvent[] {
  const { response_id, item_id, output_index } = location;
  const name = names[modality];
  const events: ServerEvent[] = [];
  if (item.type === "function_call") {
    const call = { call_id: item.call_id, name: item.name, arguments: item.arguments };
    events.push({ type: "response.function_call_arguments.done", response_id, item_id, output_index, ...call });
  } else {
    if (modality === "audio") events.push({ type: "response.output_audio.done", ...location });
    events.push({ type: `${name.events}.done`, ...location, [name.text]: text });
    events.push({ type: "response.content_part.done", ...location, part: { type: name.part, [name.text]: text } });
  }
  events.push({ type: "response.output_item.done", response_id, output_index, item });
  if (previousItemId !== undefined) events.push({ type: "conversation.item.done", previous_item_id: previousItemId, item });
  return events;
}

/** A message item. `text`: what was sent so far; undefined: no content yet. */
export function messageItem(
  id: string,
  status: ConversationItem["status"],
  modality: ActiveResponse["modality"],
  text: string | undefined,
): ConversationItem {
  const content =
    modality === "audio" ? { type: "output_audio" as const, transcript: text ?? "" } : { type: "output_text" as const, text: text ?? "" };
  return { id, object: "realtime.item", type: "message", status, role: "assistant", content: text === undefined ? [] : [content] };
}

/** `details`: the API's status_details. */
export interface ResponseEnding {
  readonly status: "completed" | "cancelled" | "failed" | "incomplete";
  readonly details: Readonly<Record<string, unknown>> | null;
}

export function responseDone(response: ActiveResponse, ending: ResponseEnding): ServerEvent {
  const shape = { ...responseShape(response), status: ending.status, status_details: ending.details, output: response.output };
  return { type: "response.done", response: { ...shape, usage: usage(response) } };
}

function responseShape(response: ActiveResponse) {
  return {
    object: "realtime.response",
    id: response.id,
    output: [] as readonly ConversationItem[],
    conversation_id: response.conversationId,
    output_modalities: [response.modality],
    max_output_tokens: response.maxOutputTokens,
    audio: { output: { format: response.format, voice: response.voice } },
    metadata: response.metadata,
  };
}

/**
 * Tokens as OpenAI bills them: every response reads the whole conversation again, and a second of speech is 20 tokens.
 * https://developers.openai.com/api/docs/guides/realtime-costs
 */
function usage(response: ActiveResponse) {
  const spoken = Math.ceil(response.sentMs / 50);
  const written = textTokens(JSON.stringify(response.output).length);
  const { audio, text } = response.inputTokens;
  const none = { text_tokens: 0, audio_tokens: 0, image_tokens: 0 };
  return {
    total_tokens: audio + text + spoken + written,
    input_tokens: audio + text,
    output_tokens: spoken + written,
    input_token_details: { ...none, text_tokens: text, audio_tokens: audio, cached_tokens: 0, cached_tokens_details: none },
    output_token_details: { text_tokens: written, audio_tokens: spoken },
  };
}

/** A rough number of tokens for `chars` characters. */
export function textTokens(chars: number): number {
  return Math.ceil(chars / 4);
}
