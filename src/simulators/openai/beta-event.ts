// Translates the GA's server events to the beta's names and shapes, which some compatible servers still use: the fault
// "beta-event-names".
// Follows https://developers.openai.com/api/docs/guides/realtime#beta-to-ga-migration

import { isObject } from "./config/json-checks.ts";
import type { SessionConfig } from "./config/session-config.ts";
import type { ServerEvent } from "./session-state.ts";

const eventNames: Readonly<Record<string, string>> = {
  "response.output_audio.delta": "response.audio.delta",
  "response.output_audio.done": "response.audio.done",
  "response.output_audio_transcript.delta": "response.audio_transcript.delta",
  "response.output_audio_transcript.done": "response.audio_transcript.done",
  "response.output_text.delta": "response.text.delta",
  "response.output_text.done": "response.text.done",
  "conversation.item.added": "conversation.item.created",
};

const contentNames: Readonly<Record<string, string>> = { output_audio: "audio", output_text: "text" };

const formatNames = { "audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw" } as const;

/** The event in the beta's shape. Undefined for events that the beta did not have. */
export function betaEvent(event: ServerEvent): ServerEvent | undefined {
  if (event.type === "conversation.item.done") return undefined;
  if (event.type === "session.created" || event.type === "session.updated") {
    return { ...event, session: betaSession(event.session as SessionConfig) };
  }
  return { ...(betaContent(event) as ServerEvent), type: eventNames[event.type] ?? event.type };
}

/** Renames the `type` of every content part inside. */
function betaContent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(betaContent);
  if (!isObject(value)) return value;
  const renamed = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, betaContent(field)]));
  return typeof value.type === "string" ? { ...renamed, type: contentNames[value.type] ?? value.type } : renamed;
}

function betaSession({ audio, output_modalities, max_output_tokens, type: _, ...rest }: SessionConfig): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    modalities: output_modalities.includes("audio") ? ["audio", "text"] : ["text"],
    voice: audio.output.voice,
    input_audio_format: formatNames[audio.input.format.type],
    output_audio_format: formatNames[audio.output.format.type],
    input_audio_transcription: audio.input.transcription,
    turn_detection: audio.input.turn_detection,
    max_response_output_tokens: max_output_tokens,
  };
}
