// The configuration of a Realtime session: its defaults, the checks of `session.update`, and how an update is merged.
// Follows https://developers.openai.com/api/reference/resources/realtime (RealtimeSessionCreateRequest). GA shape only;
// the beta's is rejected.

import type { AudioFormat } from "../audio-format.ts";
import { cannotUpdateVoice, invalidValue, missing, type Rejection } from "../rejections.ts";
import {
  anything,
  arrayOf,
  boolean,
  byType,
  integer,
  isObject,
  type JsonCheck,
  number,
  object,
  oneOf,
  orNull,
  string,
} from "./json-checks.ts";

/** When the server considers the caller's turn to be over, and what it then does on its own. */
export interface TurnDetection {
  readonly type: "server_vad" | "semantic_vad";
  readonly threshold: number;
  readonly prefix_padding_ms: number;
  readonly silence_duration_ms: number;
  readonly idle_timeout_ms: number | null;
  readonly create_response: boolean;
  readonly interrupt_response: boolean;
}

export type Modality = "audio" | "text";

/**
 * The effective configuration, as in `session.created` and `session.updated`. Fields that the simulator does not read
 * are `unknown`.
 */
export interface SessionConfig {
  readonly id: string;
  readonly object: "realtime.session";
  readonly type: "realtime";
  readonly model: string;
  readonly output_modalities: readonly Modality[];
  readonly instructions: string;
  readonly tools: readonly unknown[];
  readonly tool_choice: unknown;
  readonly max_output_tokens: number | "inf";
  readonly tracing: unknown;
  readonly truncation: unknown;
  readonly prompt: unknown;
  readonly include: unknown;
  readonly expires_at: number;
  readonly audio: {
    readonly input: {
      readonly format: AudioFormat;
      readonly transcription: Readonly<Record<string, unknown>> | null;
      readonly noise_reduction: unknown;
      readonly turn_detection: TurnDetection | null;
    };
    readonly output: { readonly format: AudioFormat; readonly voice: string | { readonly id: string }; readonly speed: number };
  };
}

const turnDetectionDefaults: TurnDetection = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
};

/**
 * The configuration of a new session. It is PCM at 24 kHz both ways, so mu-law sent before `session.updated` is read as
 * PCM.
 */
export function defaultSession(id: string, model: string, expiresAtS: number): SessionConfig {
  return {
    id,
    object: "realtime.session",
    type: "realtime",
    model,
    output_modalities: ["audio"],
    instructions: "",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    truncation: "auto",
    prompt: null,
    include: null,
    expires_at: expiresAtS,
    audio: {
      input: {
        format: { type: "audio/pcm", rate: 24_000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: turnDetectionDefaults,
      },
      output: { format: { type: "audio/pcm", rate: 24_000 }, voice: "alloy", speed: 1 },
    },
  };
}

/** Only PCM has a `rate`. */
export const formatCheck: JsonCheck = byType({
  "audio/pcm": object({ type: anything, rate: integer(24_000, 24_000) }),
  "audio/pcmu": object({ type: anything }),
  "audio/pcma": object({ type: anything }),
});

/** A voice's name, or the id of a custom voice. */
export const voiceCheck: JsonCheck = (value, path) => (isObject(value) ? object({ id: string }, ["id"])(value, path) : string(value, path));

/** Audio or text, not both. */
export const modalitiesCheck: JsonCheck = (value, path) => {
  const rejection = arrayOf(oneOf("audio", "text"))(value, path);
  if (rejection !== undefined || (value as readonly unknown[]).length === 1) return rejection;
  return invalidValue(path, `Invalid '${path}': supported combinations are ['text'] and ['audio'].`);
};

/** 1 to 4096, or "inf". */
export const maxTokensCheck: JsonCheck = (value, path) => (value === "inf" ? undefined : integer(1, 4096)(value, path));

const turnDetectionCheck = byType({
  server_vad: object({
    type: anything,
    threshold: number(0, 1),
    prefix_padding_ms: integer(0, 10_000),
    silence_duration_ms: integer(0, 10_000),
    idle_timeout_ms: orNull(integer(5000, 30_000)),
    create_response: boolean,
    interrupt_response: boolean,
  }),
  semantic_vad: object({
    type: anything,
    eagerness: oneOf("low", "medium", "high", "auto"),
    create_response: boolean,
    interrupt_response: boolean,
  }),
});

const sessionCheck = object(
  {
    type: oneOf("realtime"),
    model: string,
    output_modalities: modalitiesCheck,
    instructions: string,
    audio: object({
      input: object({
        format: formatCheck,
        noise_reduction: orNull(object({ type: oneOf("near_field", "far_field"), strength: anything })),
        transcription: orNull(
          object({ model: string, language: string, languages: anything, keywords: anything, prompt: string, delay: anything }),
        ),
        turn_detection: orNull(turnDetectionCheck),
      }),
      output: object({ format: formatCheck, voice: voiceCheck, speed: number(0.25, 1.5) }),
    }),
    tools: arrayOf(byType({ function: anything, mcp: anything })),
    tool_choice: anything,
    parallel_tool_calls: boolean,
    reasoning: anything,
    max_output_tokens: maxTokensCheck,
    truncation: anything,
    tracing: anything,
    prompt: anything,
    include: anything,
  },
  ["type"],
);

/** Merges the `session` of a `session.update` into the configuration. `hasSpoken`: assistant audio is present. */
export function updateSession(config: SessionConfig, session: unknown, hasSpoken: boolean): SessionConfig | Rejection {
  if (session === undefined) return missing("session");
  const rejection = sessionCheck(session, "session");
  if (rejection !== undefined) return rejection;
  // Checked above: every present field has its type.
  const update = session as Partial<SessionConfig>;
  if (update.model !== undefined && update.model !== config.model) {
    return invalidValue("session.model", `The model of a session cannot be changed: it is '${config.model}'.`);
  }
  const audio = {
    input: mergeInput(config.audio.input, update.audio?.input),
    output: { ...config.audio.output, ...update.audio?.output },
  };
  const sameVoice = JSON.stringify(audio.output.voice) === JSON.stringify(config.audio.output.voice);
  if (hasSpoken && !sameVoice) return cannotUpdateVoice();
  return { ...config, ...update, audio: { ...audio, output: { ...audio.output, format: fullFormat(audio.output.format) } } };
}

/** Fills in the optional `rate`. */
export function fullFormat(format: AudioFormat): AudioFormat {
  return format.type === "audio/pcm" ? { type: "audio/pcm", rate: 24_000 } : format;
}

type Input = SessionConfig["audio"]["input"];

function mergeInput(config: Input, update: Partial<Input> | undefined): Input {
  const merged = { ...config, ...update };
  return { ...merged, format: fullFormat(merged.format), turn_detection: mergeTurnDetection(config.turn_detection, merged.turn_detection) };
}

/** Missing fields keep their value if the type of detection stays the same, and get their default if it changes. */
function mergeTurnDetection(config: TurnDetection | null, update: TurnDetection | null): TurnDetection | null {
  if (update === null) return null;
  return config?.type === update.type ? { ...config, ...update } : { ...turnDetectionDefaults, ...update };
}
