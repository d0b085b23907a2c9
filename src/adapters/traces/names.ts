// Every name in a trace. Those of OpenTelemetry's GenAI conventions, release 0.1.0:
// https://github.com/open-telemetry/semantic-conventions-genai/blob/v0.1.0/docs/gen-ai/client-inference.md
// which have no names for telephone calls, barge-in or fallbacks: those are voice's own, with the prefix "voice.".

export const SPAN = {
  call: "call",
  connection: "model connection",
  /** "Span name SHOULD be {gen_ai.operation.name} {gen_ai.request.model}": the model follows. */
  response: "generate_content",
} as const;

export const EVENT = {
  bargeIn: "voice.barge_in",
  /** Something broke, and voice tries again. */
  recovery: "voice.recovery",
  /** Recovery failed: the caller is transferred or hears a sentence. */
  fallback: "voice.fallback",
  modelReady: "voice.model.ready",
  modelError: "voice.model.error",
} as const;

export const ATTRIBUTE = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  /** The CallSid. */
  conversation: "gen_ai.conversation.id",
  /** Its name in voice.toml. */
  agent: "gen_ai.agent.name",
  requestModel: "gen_ai.request.model",
  stream: "gen_ai.request.stream",
  outputType: "gen_ai.output.type",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  /** Seconds. */
  firstAudio: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  /** Opt-in: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT. */
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  /** https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/ */
  errorType: "error.type",
  /** https://opentelemetry.io/docs/specs/semconv/registry/attributes/server/ */
  serverAddress: "server.address",
  serverPort: "server.port",
  direction: "voice.call.direction",
  endBy: "voice.call.end_by",
  cause: "voice.call.cause",
  fallback: "voice.call.fallback",
  bargeIns: "voice.call.barge_ins",
  turns: "voice.call.turns",
  /** Seconds: the longest that the caller waited for something that was due. */
  longestWait: "voice.call.longest_wait",
  twilioCode: "voice.call.twilio_code",
  /** The number of the connection within its call. */
  connection: "voice.model.connection",
  /** speech or key. */
  interruptedBy: "voice.barge_in.by",
  /** The log event that says what broke. */
  reason: "voice.recovery.reason",
  level: "voice.fallback.level",
} as const;

/** https://opentelemetry.io/docs/specs/semconv/resource/service/ */
export const RESOURCE = {
  name: "service.name",
  version: "service.version",
  instance: "service.instance.id",
} as const;

/** Of `gen_ai.output.type`. */
export const SPEECH = "speech";
