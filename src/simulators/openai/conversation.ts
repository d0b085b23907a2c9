// The conversation: its items in order, and what a client can do to them. Responses add to it in output/responses.ts.
// Follows https://developers.openai.com/api/reference/resources/realtime (conversation.item.*)

import type { AudioFormat } from "./audio-format.ts";
import type { BrainInput } from "./brains/brain.ts";
import { anything, arrayOf, byType, type JsonCheck, object, oneOf, orNull, string } from "./config/json-checks.ts";
import { decodeBase64 } from "./decode-base64.ts";
import { alreadyShorter, invalidValue, itemNotFound, notTruncatable, type Rejection } from "./rejections.ts";

/** The most items kept. The oldest is dropped first, as with `truncation: "auto"`. Our limit; the API counts tokens. */
export const MAX_ITEMS = 1000;

export type ItemContent =
  | { readonly type: "input_text" | "output_text"; readonly text: string }
  | { readonly type: "input_audio" | "output_audio"; readonly transcript: string | null }
  | { readonly type: "input_image"; readonly image_url?: string };

/** In the wire's spelling. */
export type ConversationItem = {
  readonly id: string;
  readonly object: "realtime.item";
  readonly status: "in_progress" | "completed" | "incomplete";
} & (
  | { readonly type: "message"; readonly role: "user" | "assistant" | "system"; readonly content: readonly ItemContent[] }
  | { readonly type: "function_call"; readonly name: string; readonly call_id: string; readonly arguments: string }
  | { readonly type: "function_call_output"; readonly call_id: string; readonly output: string }
);

/** An item and its amount of assistant audio. */
export interface ConversationEntry {
  readonly item: ConversationItem;
  /** May have a fraction. Undefined for items without assistant audio. */
  readonly audioMs: number | undefined;
}

/** The items, oldest first. */
export type Conversation = readonly ConversationEntry[];

/** The result of adding an item. `previousItemId`: null at the front. */
export interface AddedItem {
  readonly conversation: Conversation;
  readonly previousItemId: string | null;
}

export function addLast(conversation: Conversation, entry: ConversationEntry): AddedItem {
  return addAt(conversation, entry, conversation.length);
}

/** Adds a client's item after `previous`: an item id, "root" for the front, undefined or null for the end. */
export function addAfter(conversation: Conversation, item: ConversationItem, previous: unknown): AddedItem | Rejection {
  if (conversation.some((entry) => entry.item.id === item.id)) {
    return invalidValue("item.id", `Error adding item: an item with ID '${item.id}' already exists in the conversation.`);
  }
  const entry = { item, audioMs: undefined };
  if (previous === undefined || previous === null) return addLast(conversation, entry);
  if (previous === "root") return addAt(conversation, entry, 0);
  const index = conversation.findIndex((other) => other.item.id === previous);
  return index < 0 ? itemNotFound("previous_item_id", String(previous)) : addAt(conversation, entry, index + 1);
}

function addAt(conversation: Conversation, entry: ConversationEntry, index: number): AddedItem {
  const previousItemId = conversation[index - 1]?.item.id ?? null;
  return { conversation: conversation.toSpliced(index, 0, entry).slice(-MAX_ITEMS), previousItemId };
}

export function findItem(conversation: Conversation, itemId: unknown): ConversationItem | Rejection {
  return conversation.find((entry) => entry.item.id === itemId)?.item ?? itemNotFound("item_id", String(itemId));
}

export function deleteItem(conversation: Conversation, itemId: unknown): Conversation | Rejection {
  const rest = conversation.filter((entry) => entry.item.id !== itemId);
  return rest.length === conversation.length ? itemNotFound("item_id", String(itemId)) : rest;
}

/** Replaces the entry with the same item id. Does nothing if the item was deleted. */
export function replaceEntry(conversation: Conversation, entry: ConversationEntry): Conversation {
  return conversation.map((old) => (old.item.id === entry.item.id ? entry : old));
}

/** Adds the transcript to a user's audio item. */
export function transcribeItem(conversation: Conversation, itemId: string, transcript: string): Conversation {
  return conversation.map((entry) => {
    if (entry.item.id !== itemId || entry.item.type !== "message") return entry;
    return { ...entry, item: { ...entry.item, content: [{ type: "input_audio", transcript }] } };
  });
}

/** Truncates assistant audio to `audioEndMs`. The transcript is removed: it is unknown which words remain. */
export function truncateItem(conversation: Conversation, itemId: unknown, audioEndMs: number): Conversation | Rejection {
  const entry = conversation.find((other) => other.item.id === itemId);
  if (entry === undefined) return itemNotFound("item_id", String(itemId));
  if (entry.audioMs === undefined || entry.item.type !== "message") return notTruncatable();
  if (audioEndMs > entry.audioMs) return alreadyShorter(Math.floor(entry.audioMs), audioEndMs);
  const item: ConversationItem = { ...entry.item, content: [{ type: "output_audio", transcript: null }] };
  return replaceEntry(conversation, { item, audioMs: audioEndMs });
}

const inputText = object({ type: anything, text: string }, ["text"]);
const inputAudio = object({ type: anything, audio: string, transcript: orNull(string) }, ["audio"]);
const inputImage = object({ type: anything, image_url: string, detail: anything });
const common = { id: string, object: oneOf("realtime.item"), type: anything, status: oneOf("completed", "incomplete", "in_progress") };

const contentOf: Readonly<Record<string, JsonCheck>> = {
  user: arrayOf(byType({ input_text: inputText, input_audio: inputAudio, input_image: inputImage })),
  system: arrayOf(byType({ input_text: inputText })),
  // A client can add an assistant's text, but not its audio.
  assistant: arrayOf(byType({ output_text: inputText })),
};

const message: JsonCheck = (value, path) => {
  const content = contentOf[String((value as Record<string, unknown>).role)] ?? anything;
  return object({ ...common, role: oneOf("user", "assistant", "system"), content }, ["role", "content"])(value, path);
};

/** MCP items are rejected: only servers create them. */
const itemCheck: JsonCheck = byType({
  message,
  function_call: object({ ...common, name: string, call_id: string, arguments: string }, ["name", "call_id", "arguments"]),
  function_call_output: object({ ...common, call_id: string, output: string }, ["call_id", "output"]),
});

/** A client's item as the conversation keeps it, and its input for the brain. */
export interface ClientItem {
  readonly item: ConversationItem;
  readonly input: readonly BrainInput[];
}

/** Reads a client's item at `path`. `id` is used if the item has none. */
export function readItem(value: unknown, path: string, id: string, format: AudioFormat): ClientItem | Rejection {
  const rejection = itemCheck(value, path);
  if (rejection !== undefined) return rejection;
  // Checked above: a ConversationItem whose `id`, `object` and `status` are optional, with `audio` in audio contents.
  const given = value as ConversationItem;
  const base = { ...given, id: given.id ?? id, object: "realtime.item" as const, status: "completed" as const };
  if (base.type === "function_call") return { item: base, input: [] };
  if (base.type === "function_call_output")
    return { item: base, input: [{ type: "functionOutput", callId: base.call_id, output: base.output }] };
  const input: BrainInput[] = [];
  for (const [index, content] of base.content.entries()) {
    if (base.role === "assistant") break;
    if (content.type === "input_text") input.push({ type: "text", role: base.role, text: content.text });
    if (content.type !== "input_audio") continue;
    const bytes = decodeBase64((content as unknown as { readonly audio: string }).audio);
    if (bytes === undefined) return invalidValue(`${path}.content[${index}].audio`, "Invalid 'audio': it is not valid base64.");
    input.push({ type: "audio", bytes, format });
  }
  return { item: { ...base, content: base.content.map(withoutAudio) }, input };
}

/** Drops the audio, which the API returns only on `retrieve`. `transcript` must be present. */
function withoutAudio(content: ItemContent): ItemContent {
  return content.type === "input_audio" ? { type: "input_audio", transcript: content.transcript ?? null } : content;
}
