// The client events of a Realtime session: one handler per event.
// Follows https://developers.openai.com/api/reference/resources/realtime (client events)

import type { AudioFormat } from "./audio-format.ts";
import type { BrainInput } from "./brains/brain.ts";
import { anything, arrayOf, boolean, integer, isObject, object, oneOf, string } from "./config/json-checks.ts";
import {
  formatCheck,
  fullFormat,
  type Modality,
  maxTokensCheck,
  modalitiesCheck,
  updateSession,
  voiceCheck,
} from "./config/session-config.ts";
import { addAfter, deleteItem, findItem, readItem, truncateItem } from "./conversation.ts";
import { decodeBase64 } from "./decode-base64.ts";
import { clearBuffer } from "./input/input-buffer.ts";
import { appendAudio, commitBuffer, dropBuffer, MAX_UNANSWERED } from "./input/turns.ts";
import { QUIET } from "./input/voice-activity.ts";
import { textTokens } from "./output/response-events.ts";
import { beginResponse, cancelResponse, defaultResponse, MAX_RESPONSES, type ResponseRequest } from "./output/responses.ts";
import {
  alreadyResponding,
  invalidValue,
  isRejection,
  itemNotFound,
  missing,
  nothingToCancel,
  type Rejection,
  tooManyResponses,
  wrongType,
} from "./rejections.ts";
import { change, newId, type SessionWork } from "./session-state.ts";

/** A client event with unchecked fields. */
export type ClientEvent = Readonly<Record<string, unknown>>;

/** The most decoded audio in one `append` (RealtimeClientEvent: 15 MiB). */
const MAX_APPEND_BYTES = 15 * 1024 * 1024;

/** The handlers by event type. A handler adds events to the work, or returns the rejection that becomes an `error`. */
export const clientEvents: Readonly<Record<string, (work: SessionWork, event: ClientEvent) => Rejection | undefined>> = {
  "session.update": sessionUpdate,
  "input_audio_buffer.append": append,
  "input_audio_buffer.commit": commitBuffer,
  "input_audio_buffer.clear": (work) => void dropBuffer(work),
  "conversation.item.create": itemCreate,
  "conversation.item.retrieve": itemRetrieve,
  "conversation.item.delete": itemDelete,
  "conversation.item.truncate": itemTruncate,
  "response.create": responseCreate,
  "response.cancel": responseCancel,
};

function sessionUpdate(work: SessionWork, event: ClientEvent): Rejection | undefined {
  const before = work.state.config;
  const config = updateSession(before, event.session, work.state.hasSpoken);
  if (isRejection(config)) return config;
  change(work, { config });
  // Buffered bytes of the old format cannot be read in the new one. What OpenAI does with them is unknown.
  if (config.audio.input.format.type !== before.audio.input.format.type) change(work, { buffer: clearBuffer(work.state.buffer) });
  if (config.audio.input.turn_detection === null) change(work, { buffer: { ...work.state.buffer, activity: QUIET, unjudgedBytes: 0 } });
  if (!work.state.rules.faults.has("no-session-updated")) work.events.push({ type: "session.updated", session: config });
  return undefined;
}

function append(work: SessionWork, event: ClientEvent): Rejection | undefined {
  if (event.audio === undefined) return missing("audio");
  if (typeof event.audio !== "string") return wrongType("audio", "a string", event.audio);
  const bytes = decodeBase64(event.audio);
  if (bytes === undefined) return invalidValue("audio", "Invalid 'audio'. Expected base64-encoded audio bytes, but got an invalid value.");
  if (bytes.length > MAX_APPEND_BYTES) return invalidValue("audio", `Invalid 'audio': at most ${MAX_APPEND_BYTES} bytes in one event.`);
  return appendAudio(work, bytes);
}

function itemCreate(work: SessionWork, event: ClientEvent): Rejection | undefined {
  if (event.item === undefined) return missing("item");
  const given = readItem(event.item, "item", newId(work, "item"), work.state.config.audio.input.format);
  if (isRejection(given)) return given;
  const added = addAfter(work.state.conversation, given.item, event.previous_item_id);
  if (isRejection(added)) return added;
  const { contextTokens } = work.state;
  // Input before an assistant's message counts as answered: clients seed a session with the history of an earlier one.
  const isAnswer = given.item.type === "message" && given.item.role === "assistant";
  const unanswered = isAnswer ? [] : work.state.unanswered;
  change(work, {
    conversation: added.conversation,
    unanswered: [...unanswered, ...given.input].slice(-MAX_UNANSWERED),
    contextTokens: { ...contextTokens, text: contextTokens.text + textTokens(JSON.stringify(given.item).length) },
  });
  work.events.push(
    { type: "conversation.item.added", previous_item_id: added.previousItemId, item: given.item },
    { type: "conversation.item.done", previous_item_id: added.previousItemId, item: given.item },
  );
  return undefined;
}

function itemRetrieve(work: SessionWork, event: ClientEvent): Rejection | undefined {
  if (event.item_id === undefined) return missing("item_id");
  const item = findItem(work.state.conversation, event.item_id);
  if (isRejection(item)) return item;
  work.events.push({ type: "conversation.item.retrieved", item });
  return undefined;
}

function itemDelete(work: SessionWork, event: ClientEvent): Rejection | undefined {
  if (event.item_id === undefined) return missing("item_id");
  const conversation = deleteItem(work.state.conversation, event.item_id);
  if (isRejection(conversation)) return conversation;
  change(work, { conversation });
  work.events.push({ type: "conversation.item.deleted", item_id: event.item_id });
  return undefined;
}

const truncateCheck = object(
  { type: anything, event_id: string, item_id: string, content_index: integer(0, 0), audio_end_ms: integer(0, Number.MAX_SAFE_INTEGER) },
  ["item_id", "content_index", "audio_end_ms"],
);

function itemTruncate(work: SessionWork, event: ClientEvent): Rejection | undefined {
  const rejection = truncateCheck(event, "");
  if (rejection !== undefined) return rejection;
  const { item_id, content_index, audio_end_ms } = event;
  const conversation = truncateItem(work.state.conversation, item_id, Number(audio_end_ms));
  if (isRejection(conversation)) return conversation;
  change(work, { conversation });
  work.events.push({ type: "conversation.item.truncated", item_id, content_index, audio_end_ms });
  return undefined;
}

const responseCheck = object({
  conversation: oneOf("auto", "none"),
  metadata: anything,
  instructions: string,
  output_modalities: modalitiesCheck,
  audio: object({ output: object({ format: formatCheck, voice: voiceCheck }) }),
  input: arrayOf(anything),
  tools: arrayOf(anything),
  tool_choice: anything,
  max_output_tokens: maxTokensCheck,
  parallel_tool_calls: boolean,
  prompt: anything,
  reasoning: anything,
});

/** The fields of `response.create`'s `response` that the simulator reads. */
interface ResponseFields {
  readonly conversation?: "auto" | "none";
  readonly metadata?: unknown;
  readonly instructions?: string;
  readonly output_modalities?: readonly Modality[];
  readonly audio?: { readonly output?: { readonly format?: AudioFormat; readonly voice?: unknown } };
  readonly input?: readonly unknown[];
  readonly max_output_tokens?: number | "inf";
}

function responseCreate(work: SessionWork, event: ClientEvent): Rejection | undefined {
  const given = event.response ?? {};
  const rejection = responseCheck(given, "response");
  if (rejection !== undefined) return rejection;
  const fields = given as ResponseFields; // checked above
  const input = readInput(work, fields.input);
  if (input !== undefined && isRejection(input)) return input;
  const outOfBand = fields.conversation === "none";
  const active = defaultResponse(work);
  if (!outOfBand && active !== undefined) return alreadyResponding(active.id);
  if (work.state.activeResponses.length >= MAX_RESPONSES) return tooManyResponses(MAX_RESPONSES);
  const { format, voice } = fields.audio?.output ?? {};
  const request: ResponseRequest = {
    outOfBand,
    input,
    instructions: fields.instructions,
    metadata: fields.metadata ?? null,
    modality: fields.output_modalities?.[0],
    format: format === undefined ? undefined : fullFormat(format),
    voice,
    maxOutputTokens: fields.max_output_tokens,
  };
  beginResponse(work, request);
  return undefined;
}

/** The new input in `response.input`. References to items of the conversation add nothing new. */
function readInput(work: SessionWork, input: readonly unknown[] | undefined): readonly BrainInput[] | Rejection | undefined {
  if (input === undefined) return undefined;
  const newInput: BrainInput[] = [];
  for (const [index, value] of input.entries()) {
    const path = `response.input[${index}]`;
    if (isObject(value) && value.type === "item_reference") {
      if (isRejection(findItem(work.state.conversation, value.id))) return itemNotFound(`${path}.id`, String(value.id));
      continue;
    }
    const given = readItem(value, path, newId(work, "item"), work.state.config.audio.input.format);
    if (isRejection(given)) return given;
    newInput.push(...given.input);
  }
  return newInput;
}

function responseCancel(work: SessionWork, event: ClientEvent): Rejection | undefined {
  const { response_id } = event;
  const named = work.state.activeResponses.find((response) => response.id === response_id);
  const active = response_id === undefined ? defaultResponse(work) : named;
  if (active === undefined) return nothingToCancel();
  cancelResponse(work, active, "client_cancelled");
  return undefined;
}
