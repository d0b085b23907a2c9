// The OpenAI Realtime events that voice writes: values -> JSON text, in the GA shape. Their types, and reading the server's: realtime.ts.
// Follows https://developers.openai.com/api/reference/resources/realtime

import type { SessionSettings, ToModel } from "./realtime.ts";

/** Writes down what the caller says when nothing else is asked for; whisper-1 and the gpt-4o family end in February 2027
 * (https://developers.openai.com/api/docs/deprecations). Billed by the minute beside the Realtime model. */
const defaultTranscriptionModel = "gpt-transcribe";

/** Mu-law both ways, as Twilio has it. It has one rate, and a `rate` beside it is refused. */
const pcmu = { type: "audio/pcmu" } as const;

/** The server finds the turns, answers them and stops speaking when interrupted: its documented defaults, written out since the call's
 * rules (call/rules/barge-in.ts) stand on them (https://developers.openai.com/api/docs/guides/realtime-vad). Milliseconds. */
const turnDetection = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
} as const;

/** A telephone is held to the mouth: `near_field` is for close-talking microphones, `far_field` for those of rooms and laptops; filtering
 * before the voice detection keeps line noise from interrupting the model. (API reference, audio.input.noise_reduction) */
const noiseReduction = { type: "near_field" } as const;

/** Writes a client event, GA shape. `audio` must be base64: it goes in as it is, 50 times a second and call; all else is escaped. */
export function formatToModel(event: ToModel): string {
  switch (event.type) {
    case "input_audio_buffer.append":
      return `{"type":"input_audio_buffer.append","audio":"${event.audio}"}`;
    case "session.update":
      return JSON.stringify({ type: event.type, event_id: event.eventId, session: sessionOf(event.session) });
    case "conversation.item.create": {
      const content = [{ type: event.role === "assistant" ? "output_text" : "input_text", text: event.text }];
      return JSON.stringify({ type: event.type, item: { type: "message", role: event.role, content } });
    }
    case "conversation.item.truncate": {
      const { itemId, contentIndex, audioEndMs } = event;
      // The server refuses fractions; rounding up could point past what it has.
      return JSON.stringify({ type: event.type, item_id: itemId, content_index: contentIndex, audio_end_ms: Math.floor(audioEndMs) });
    }
    case "response.create": {
      const response = event.instructions === undefined ? undefined : { instructions: event.instructions };
      return JSON.stringify({ type: event.type, event_id: event.eventId, response });
    }
    case "response.cancel":
      return JSON.stringify({ type: event.type, response_id: event.responseId });
  }
}

function sessionOf(settings: SessionSettings): object {
  const { instructions, voice, transcriptionModel = defaultTranscriptionModel } = settings;
  const transcription = transcriptionModel === null ? null : { model: transcriptionModel };
  return {
    type: "realtime",
    output_modalities: ["audio"],
    instructions,
    audio: {
      input: { format: pcmu, noise_reduction: noiseReduction, transcription, turn_detection: turnDetection },
      output: { format: pcmu, voice },
    },
  };
}
