// A call as spans: one for the call, below it one for each connection to the model, and below that one for each
// response. Barge-ins and fallbacks are events of the call. No telephone numbers; what was said only if asked for.

import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { Effect, LogFields } from "../../call/effects.ts";
import type { EndReason } from "../../call/end-reason.ts";
import type { CallEvent, ModelEvent } from "../../call/events.ts";
import type { CallObserver, CallWatch, ModelFacts, ObservedCall } from "../../call/ports.ts";
import type { CallRecord } from "../../call/record.ts";
import { ATTRIBUTE, EVENT, SPAN, SPEECH } from "./names.ts";

export interface CallSpansOptions {
  readonly tracer: Tracer;
  readonly capturesContent: boolean;
}

/** Spans of one call that are open at the same time. A call has two connections and hardly more responses. */
const MAX_OPEN_RESPONSES = 16;
/** Text on one span, of the newest messages: collectors drop larger ones. */
const MAX_CONTENT_CHARS = 32_768;
/** Log events of the call after which voice tries again. */
const RECOVERIES: ReadonlySet<string> = new Set(["model.lost", "model.abandoned", "call.resumed", "response.failed"]);
const LEVELS: Readonly<Record<string, string>> = { transfer: "transferred", say: "apology" };

/** Watches calls, and makes spans of what it sees. */
export function callSpans(options: CallSpansOptions): CallObserver {
  return (call) => new CallSpans(call, options);
}

interface OpenResponse {
  readonly span: Span;
  readonly epoch: number;
  readonly startMs: number;
  hasAudio: boolean;
  text: string;
}

/** A class because it holds open spans. */
class CallSpans implements CallWatch {
  readonly #options: CallSpansOptions;
  readonly #model: ModelFacts;
  readonly #common: Attributes;
  readonly #call: Span;
  readonly #context: Context;
  readonly #connections = new Map<number, { readonly span: Span; readonly context: Context; ready: boolean }>();
  /** By id; one that the server left out is "". */
  readonly #responses = new Map<string, OpenResponse>();
  /** When our last request for a response was sent, until the response starts. */
  #requestedAtMs: number | undefined;
  #interruptedBy: "speech" | "key" | undefined;
  #record: CallRecord | undefined;

  constructor({ identity, atMs, agent, model }: ObservedCall, options: CallSpansOptions) {
    const { callSid, direction } = identity;
    const { tracer } = options;
    this.#options = options;
    this.#model = model;
    this.#common = {
      [ATTRIBUTE.conversation]: callSid,
      [ATTRIBUTE.provider]: model.provider,
      ...given(ATTRIBUTE.requestModel, model.model),
    };
    const attributes = { ...this.#common, [ATTRIBUTE.agent]: agent, [ATTRIBUTE.direction]: direction ?? "unknown" };
    this.#call = tracer.startSpan(SPAN.call, { kind: SpanKind.SERVER, startTime: atMs, attributes, root: true }, ROOT_CONTEXT);
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#call);
  }

  get awaitsAudio(): boolean {
    for (const { hasAudio } of this.#responses.values()) if (!hasAudio) return true;
    return false;
  }

  event(event: CallEvent): void {
    this.#interruptedBy = event.type === "model.speechStarted" ? "speech" : event.type === "caller.keyPressed" ? "key" : undefined;
    if (event.type.startsWith("model.")) this.#onModelEvent(event as ModelEvent);
  }

  #onModelEvent(event: ModelEvent): void {
    const { atMs, epoch } = event;
    switch (event.type) {
      case "model.ready": {
        const connection = this.#connections.get(epoch);
        if (connection !== undefined) connection.ready = true;
        connection?.span.addEvent(EVENT.modelReady, {}, atMs);
        break;
      }
      case "model.errorReported":
        this.#connections.get(epoch)?.span.addEvent(EVENT.modelError, errorAttributes(event.error.code ?? event.error.type), atMs);
        break;
      case "model.lost":
        this.#endConnection(epoch, atMs, lossOf(event, this.#connections.get(epoch)?.ready === true));
        break;
      case "model.responseStarted":
        this.#startResponse(event.responseId, epoch, this.#requestedAtMs ?? atMs);
        break;
      case "model.audio":
        this.#onAudio(event.responseId, atMs);
        break;
      case "model.responseTranscribed": {
        const response = this.#responses.get(event.responseId);
        if (response !== undefined) response.text = `${response.text} ${event.text}`.trim();
        break;
      }
      case "model.responseDone":
        this.#onResponseDone(event);
        break;
      default:
    }
  }

  effect(effect: Effect, atMs: number): void {
    if (effect.type === "model.dial") this.#startConnection(effect.epoch, atMs);
    if (effect.type === "model.close") this.#endConnection(effect.epoch, atMs, undefined);
    if (effect.type === "model.respond") this.#requestedAtMs = atMs;
    if (effect.type === "record.save") this.#record = effect.record;
    if (effect.type === "log") this.#onLog(effect.event, effect.fields, atMs);
    if (effect.type === "caller.flush" && this.#interruptedBy !== undefined) {
      this.#call.addEvent(EVENT.bargeIn, { [ATTRIBUTE.interruptedBy]: this.#interruptedBy }, atMs);
    }
  }

  /** The log says what the call decided. Its details may quote the model's server, so only the event's name is kept. */
  #onLog(event: string, { cause, next }: LogFields, atMs: number): void {
    if (RECOVERIES.has(event)) this.#call.addEvent(EVENT.recovery, { [ATTRIBUTE.reason]: event }, atMs);
    if (event !== "call.givenUp") return;
    const level = LEVELS[String(next)] ?? String(next);
    this.#call.addEvent(EVENT.fallback, { [ATTRIBUTE.level]: level, [ATTRIBUTE.cause]: String(cause) }, atMs);
  }

  ended(end: EndReason, _frames: unknown, atMs: number): void {
    for (const epoch of [...this.#connections.keys()]) this.#endConnection(epoch, atMs, undefined);
    const record = this.#record;
    this.#call.setAttributes({ [ATTRIBUTE.endBy]: end.by, [ATTRIBUTE.cause]: end.cause });
    if (record !== undefined) {
      this.#call.setAttributes({
        [ATTRIBUTE.fallback]: record.fallback,
        [ATTRIBUTE.bargeIns]: record.counts.bargeIns,
        [ATTRIBUTE.turns]: record.turns.length,
        [ATTRIBUTE.longestWait]: record.longestWaitMs / 1_000,
        ...given(ATTRIBUTE.twilioCode, record.twilioCode),
        ...(this.#options.capturesContent ? contentOf(record) : {}),
      });
    }
    if (end.by !== "caller" && end.by !== "agent" && end.by !== "operator") fail(this.#call, end.cause);
    this.#call.end(atMs);
  }

  #startConnection(epoch: number, atMs: number): void {
    const { tracer } = this.#options;
    const { serverAddress, serverPort } = this.#model;
    const server = { ...given(ATTRIBUTE.serverAddress, serverAddress), ...given(ATTRIBUTE.serverPort, serverPort) };
    const attributes = { ...this.#common, ...server, [ATTRIBUTE.connection]: epoch };
    const span = tracer.startSpan(SPAN.connection, { kind: SpanKind.CLIENT, startTime: atMs, attributes }, this.#context);
    this.#connections.set(epoch, { span, context: trace.setSpan(this.#context, span), ready: false });
  }

  /** `failure`: why it was lost; undefined when voice closed it. Its open responses end with it. */
  #endConnection(epoch: number, atMs: number, failure: string | undefined): void {
    const connection = this.#connections.get(epoch);
    if (connection === undefined) return;
    for (const [id, response] of this.#responses) {
      if (response.epoch === epoch) this.#endResponse(id, response, atMs, failure ?? "closed");
    }
    this.#connections.delete(epoch);
    if (failure !== undefined) fail(connection.span, failure);
    connection.span.end(atMs);
  }

  #startResponse(id: string, epoch: number, startMs: number): OpenResponse | undefined {
    const connection = this.#connections.get(epoch);
    this.#requestedAtMs = undefined;
    if (connection === undefined) return undefined;
    const oldest = this.#responses.entries().next().value;
    const replaced = this.#responses.get(id);
    if (replaced !== undefined) this.#endResponse(id, replaced, startMs, "replaced");
    else if (oldest !== undefined && this.#responses.size >= MAX_OPEN_RESPONSES) this.#endResponse(...oldest, startMs, "abandoned");
    const { tracer } = this.#options;
    const { model } = this.#model;
    const attributes = {
      ...this.#common,
      [ATTRIBUTE.operation]: SPAN.response,
      [ATTRIBUTE.outputType]: SPEECH,
      [ATTRIBUTE.stream]: true,
      [ATTRIBUTE.responseId]: id,
    };
    const name = model === undefined ? SPAN.response : `${SPAN.response} ${model}`;
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: startMs, attributes }, connection.context);
    const response = { span, epoch, startMs, hasAudio: false, text: "" };
    this.#responses.set(id, response);
    return response;
  }

  #onAudio(id: string, atMs: number): void {
    const response = this.#responses.get(id);
    if (response === undefined || response.hasAudio) return;
    response.hasAudio = true;
    response.span.setAttribute(ATTRIBUTE.firstAudio, Math.max(0, atMs - response.startMs) / 1_000);
  }

  #onResponseDone(event: Extract<ModelEvent, { type: "model.responseDone" }>): void {
    const { responseId, epoch, atMs, status, reason, error, usage } = event;
    // Some servers announce no response.
    const response = this.#responses.get(responseId) ?? this.#startResponse(responseId, epoch, this.#requestedAtMs ?? atMs);
    if (response === undefined) return;
    response.span.setAttributes({
      [ATTRIBUTE.finishReasons]: [reason ?? status],
      ...given(ATTRIBUTE.inputTokens, usage?.inputTokens),
      ...given(ATTRIBUTE.outputTokens, usage?.outputTokens),
    });
    this.#endResponse(responseId, response, atMs, status === "failed" ? (error?.code ?? error?.type ?? "failed") : undefined);
  }

  #endResponse(id: string, { span, text }: OpenResponse, atMs: number, failure: string | undefined): void {
    this.#responses.delete(id);
    if (this.#options.capturesContent && text !== "") span.setAttribute(ATTRIBUTE.outputMessages, messages("assistant", [text]));
    if (failure !== undefined) fail(span, failure);
    span.end(atMs);
  }
}

/** An attribute that may be missing. */
function given(name: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [name]: value };
}

/** https://opentelemetry.io/docs/specs/semconv/general/recording-errors/ */
function fail(span: Span, type: string): void {
  span.setAttributes(errorAttributes(type));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A code or a type of errors, never a message: those may quote what was sent. */
function errorAttributes(type: string | undefined): Attributes {
  return { [ATTRIBUTE.errorType]: type !== undefined && /^[\w.-]{1,64}$/.test(type) ? type : "_OTHER" };
}

/** A connection that was ready and is closed by the server is lost too: a call closes its own. */
function lossOf({ httpStatus, code }: Extract<ModelEvent, { type: "model.lost" }>, wasReady: boolean): string {
  if (httpStatus !== undefined) return String(httpStatus);
  return wasReady ? `closed_${code}` : "unreachable";
}

/** What the caller and the model said, as far as it was transcribed. */
function contentOf({ turns }: CallRecord): Attributes {
  const texts = (who: "callerText" | "modelText"): string[] => turns.flatMap((turn) => turn[who] ?? []);
  return {
    [ATTRIBUTE.inputMessages]: messages("user", texts("callerText")),
    [ATTRIBUTE.outputMessages]: messages("assistant", texts("modelText")),
  };
}

/** In the conventions' JSON; the newest, up to {@link MAX_CONTENT_CHARS}. */
function messages(role: "user" | "assistant", texts: readonly string[]): string {
  let room = MAX_CONTENT_CHARS;
  const kept = texts.toReversed().flatMap((text) => {
    room -= text.length;
    return room < 0 ? [] : [{ role, parts: [{ type: "text", content: text }] }];
  });
  return JSON.stringify(kept.toReversed());
}
