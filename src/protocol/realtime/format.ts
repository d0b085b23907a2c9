// Formats the OpenAI Realtime events that voice sends, in the GA shape. Their types, and parsing the server's events:
// realtime.ts. Follows https://developers.openai.com/api/reference/resources/realtime

import type { SessionSettings, ToModel, TurnRule } from "./realtime.ts";
import type { SessionOption } from "./session-options.ts";

/** Billed by the minute, in addition to the Realtime model. whisper-1 and the gpt-4o family end in February 2027:
 * https://developers.openai.com/api/docs/deprecations */
const defaultTranscriptionModel = "gpt-transcribe";

/** Mu-law, as on Twilio's side. The API rejects a `rate` here: there is only one. */
const pcmu = { type: "audio/pcmu" } as const;

/**
 * The server detects turns, answers them and stops when interrupted. These are its defaults, written out because
 * call/rules/barge-in.ts depends on them: https://developers.openai.com/api/docs/guides/realtime-vad
 */
const turnActions = { create_response: true, interrupt_response: true } as const;
const defaultTurn: TurnRule = { type: "server", threshold: 0.5, prefixMs: 300, silenceMs: 500 };

/**
 * `near_field` is for close-talking microphones such as a telephone, `far_field` for rooms and laptops. It runs before
 * the voice detection, so line noise does not interrupt the model. (API reference, audio.input.noise_reduction)
 */
const defaultNoise = "near_field";

/**
 * `audio` must be base64: it is inserted without escaping, 50 times per second and call. Everything else is escaped.
 */
export function formatToModel(event: ToModel): string {
  switch (event.type) {
    case "input_audio_buffer.append":
      return `{"type":"input_audio_buffer.append","audio":"${event.audio}"}`;
    case "session.update":
      return JSON.stringify({ type: event.type, event_id: event.eventId, session: sessionOf(event.session, event.omit ?? []) });
    case "conversation.item.create": {
      const content = [{ type: event.role === "assistant" ? "output_text" : "input_text", text: event.text }];
      return JSON.stringify({ type: event.type, item: { type: "message", role: event.role, content } });
    }
    case "function_call_output": {
      const item = { type: event.type, call_id: event.callId, output: event.output };
      return JSON.stringify({ type: "conversation.item.create", item });
    }
    case "conversation.item.truncate": {
      const { itemId, contentIndex, audioEndMs } = event;
      // The server rejects fractions; rounding up could point past the end of its audio.
      return JSON.stringify({ type: event.type, item_id: itemId, content_index: contentIndex, audio_end_ms: Math.floor(audioEndMs) });
    }
    case "response.create": {
      const { instructions, withoutTools } = event;
      const response = { instructions, ...(withoutTools === true ? { tool_choice: "none" } : {}) };
      const isPlain = instructions === undefined && withoutTools !== true;
      return JSON.stringify({ type: event.type, event_id: event.eventId, response: isPlain ? undefined : response });
    }
    case "response.cancel":
      return JSON.stringify({ type: event.type, response_id: event.responseId });
  }
}

function sessionOf(settings: SessionSettings, omit: readonly SessionOption[]): object {
  const { instructions, voice, speed, turn = defaultTurn, noise = defaultNoise, tools = [] } = settings;
  const turns = turnDetectionOf(turn, omit.includes("turn_detection_tuning"));
  /** JSON has no field for undefined. */
  const unlessOmitted = <T>(option: SessionOption, value: T): T | undefined => (omit.includes(option) ? undefined : value);
  return {
    type: "realtime",
    output_modalities: unlessOmitted("output_modalities", ["audio"]),
    instructions,
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: "function", ...tool })), tool_choice: "auto" }),
    audio: {
      input: {
        format: pcmu,
        noise_reduction: unlessOmitted("noise_reduction", noise === null ? null : { type: noise }),
        transcription: unlessOmitted("transcription", transcriptionOf(settings)),
        turn_detection: unlessOmitted("turn_detection", turns),
      },
      output: { format: pcmu, voice: unlessOmitted("voice", voice), speed: unlessOmitted("speed", speed) },
    },
  };
}

function turnDetectionOf(turn: TurnRule, withoutTuning: boolean): object {
  if (turn.type === "semantic") {
    return { type: "semantic_vad", ...(withoutTuning ? {} : { eagerness: turn.eagerness }), ...turnActions };
  }
  const { threshold, prefixMs, silenceMs } = turn;
  const tuning = { threshold, prefix_padding_ms: prefixMs, silence_duration_ms: silenceMs };
  return { type: "server_vad", ...turnActions, ...(withoutTuning ? {} : tuning) };
}

/** One language is a fact for the transcription, several are hints. */
function transcriptionOf({
  transcriptionModel = defaultTranscriptionModel,
  languages = [],
  keywords = [],
}: SessionSettings): object | null {
  if (transcriptionModel === null) return null;
  const [language, ...others] = languages;
  return {
    model: transcriptionModel,
    ...(language === undefined ? {} : others.length === 0 ? { language } : { languages }),
    ...(keywords.length === 0 ? {} : { keywords }),
  };
}
