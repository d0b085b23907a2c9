// The faults of the model leg: unreachable, refusing, lost, frozen, failing. Data.

import { type FaultRow, hearsMessage, impossible, leaving, type Outcome, recovers, row } from "./cells.ts";
import { cancelsReply, modelSays, refusesUpdates, repeatsLastAudio, replies, toModel, unreachable } from "./injections.ts";
import type { Injection } from "./play.ts";

const notDialled = impossible("the model is not dialled any more");
const notYet = impossible("no response is requested yet");
const noAudioYet = impossible("no audio is sent to it yet");
const notInTransfer = impossible("no session is open while a person is dialled");
const notOpen = impossible("there is no connection yet");

/** Unreachable from then on: voice retries for as long as a caller will wait, then plays a message. */
function unreachableRow(id: string, fault: string, inject: Injection): FaultRow {
  return row({
    id,
    leg: "model",
    fault,
    inject,
    all: hearsMessage("model.modelUnreachable", "call.givenUp", "6 s"),
    at: { goodbye: notDialled },
  });
}

/** A final refusal: the caller hears a message at once. */
function finalRow(id: string, fault: string, inject: Injection): FaultRow {
  return row({ id, leg: "model", fault, inject, all: hearsMessage("model.modelRefused", "call.givenUp"), at: { goodbye: notDialled } });
}

/** Once or twice, then the model works again. */
function onceRow(id: string, fault: string, inject: Injection, wait: "at once" | "< 2 s" | "6 s" = "< 2 s"): FaultRow {
  return row({ id, leg: "model", fault, inject, all: recovers("model.lost", wait), at: { goodbye: notDialled } });
}

const asPcm16 = (text: string): string => text.replaceAll("audio/pcmu", "audio/pcm");
const otherFormat = unreachable({ tamper: (frame, send) => send(frame.includes('"session.updated"') ? asPcm16(frame) : frame) });

const dialling: readonly FaultRow[] = [
  unreachableRow("model.dns", "its name cannot be resolved", unreachable({ url: "ws://model.invalid/v1/realtime" })),
  unreachableRow("model.connection-refused", "connection refused", unreachable({ url: "ws://127.0.0.1:1/v1/realtime" })),
  unreachableRow(
    "model.tls",
    "TLS fails",
    unreachable(({ models }) => ({ url: models.url.replace("ws:", "wss:") })),
  ),
  unreachableRow("model.unanswered", "the handshake gets no answer", unreachable({ handshake: "unanswered" })),
  unreachableRow("model.500", "HTTP 500", unreachable({ handshake: "500" })),
  unreachableRow("model.503", "HTTP 503 with Retry-After 5 s", unreachable({ handshake: "503" })),
  unreachableRow("model.silent", "101, then nothing, not even `session.created`", unreachable({ faults: ["silent"] })),
  unreachableRow("model.no-session-updated", "no `session.updated`", unreachable({ faults: ["no-session-updated"] })),
  row({
    id: "model.429",
    leg: "model",
    fault: "HTTP 429 with Retry-After 20 s, longer than a caller will wait",
    inject: unreachable({ handshake: "429" }),
    all: hearsMessage("model.modelUnreachable", "call.givenUp"),
    at: { goodbye: notDialled },
  }),
  finalRow("model.401", "HTTP 401", unreachable({ handshake: "401" })),
  finalRow("model.403", "HTTP 403", unreachable({ handshake: "403" })),
  finalRow("model.404", "HTTP 404", unreachable({ handshake: "404" })),
  finalRow("model.invalid-key", "101, `invalid_api_key`, close 3000", unreachable({ faults: ["invalid-key"] })),
  finalRow("model.beta-disabled", "101, `beta_api_shape_disabled`, close 4000", unreachable({ faults: ["beta-disabled"] })),
  finalRow("model.other-format", "`session.updated` with another format than PCMU", otherFormat),
  finalRow("model.settings-refused", "every `session.update` is refused", refusesUpdates({ code: "invalid_value", message: "No." }, 99)),
  row({
    id: "model.setting-refused",
    leg: "model",
    fault: "`session.update` is refused for its `noise_reduction`",
    inject: refusesUpdates({ code: "unknown_parameter", message: "Unknown.", param: "session.audio.input.noise_reduction" }, 1),
    all: recovers("model.settingRefused", "< 2 s"),
    at: { goodbye: notDialled },
  }),
  row({
    id: "model.setting-refused-unnamed",
    leg: "model",
    fault: "`session.update` is refused twice, without a reason",
    inject: refusesUpdates({ code: null, message: "Invalid session." }, 2),
    all: recovers("model.settingRefused", "< 2 s"),
    at: { goodbye: notDialled },
  }),
  onceRow("model.connection-refused-once", "connection refused, once", unreachable({ url: "ws://127.0.0.1:1/v1/realtime" }, 1)),
  onceRow("model.500-twice", "HTTP 500, twice", unreachable({ handshake: "500" }, 2)),
  onceRow("model.503-once", "HTTP 503 with Retry-After 5 s, once", unreachable({ handshake: "503" }, 1), "6 s"),
  onceRow("model.unanswered-once", "the handshake gets no answer, once", unreachable({ handshake: "unanswered" }, 1), "6 s"),
];

/** A fault of an open session. */
function sessionRow(id: string, fault: string, inject: Injection, all: Outcome): FaultRow {
  return row({ id, leg: "model", fault, inject, all, at: { webhook: notOpen, ringing: notInTransfer, goodbye: leaving() } });
}

const closes = (code: number, reason: string): Injection => toModel((model) => model.close(code, reason));
const error = (code: string, message: string) => ({
  type: "error",
  event_id: "event_x",
  error: { type: "server_error", code, message, param: null },
});
const expired: Injection = toModel((model) => {
  model.sendText(JSON.stringify(error("session_expired", "Your session hit the maximum duration of 60 minutes.")));
  model.close(1001, "session_expired");
});
const stray = {
  type: "response.output_audio.delta",
  response_id: "resp_gone",
  item_id: "item_gone",
  output_index: 0,
  content_index: 0,
  delta: "AAAA".repeat(400),
};

const session: readonly FaultRow[] = [
  sessionRow(
    "model.1006",
    "the connection breaks",
    toModel((model) => model.drop()),
    recovers("model.lost", "< 2 s"),
  ),
  sessionRow("model.1001", "close 1001", closes(1001, "going away"), recovers("model.lost", "< 2 s")),
  sessionRow("model.1011", "close 1011", closes(1011, "internal error"), recovers("model.lost", "< 2 s")),
  sessionRow("model.1012", "close 1012", closes(1012, "service restart"), recovers("model.lost", "< 2 s")),
  sessionRow("model.session-expired", "`session_expired`, close 1001", expired, recovers("model.lost", "< 2 s")),
  sessionRow(
    "model.frozen",
    "it freezes, and its connection stays open",
    toModel((model) => model.freeze()),
    recovers("model.abandoned", "6 s"),
  ),
  sessionRow("model.late-audio", "audio of an unknown response", modelSays(stray), recovers("call.started")),
  sessionRow(
    "model.unknown-event",
    "an unknown event",
    modelSays({ type: "response.hologram.delta", delta: "?" }),
    recovers("call.started"),
  ),
  sessionRow("model.garbage", "malformed JSON", modelSays('{"type":"response.'), recovers("model.eventRejected")),
  sessionRow(
    "model.server-error",
    "an `error` that is not final",
    modelSays(error("server_error", "The server had an error.")),
    recovers("model.errorReported"),
  ),
  row({
    id: "model.error-flood",
    leg: "model",
    fault: "300 `error`s about the caller's audio",
    inject: toModel((model) => {
      for (let n = 0; n < 300; n++) model.sendText(JSON.stringify(error("invalid_value", `Invalid audio in event ${n}.`)));
    }),
    all: recovers("model.errorReported"),
    at: { webhook: notOpen, handshake: noAudioYet, beforeStart: noAudioYet, ringing: notInTransfer, goodbye: leaving() },
  }),
  sessionRow(
    "model.already-responding",
    "an unsolicited `conversation_already_has_active_response`",
    modelSays(error("conversation_already_has_active_response", "Conversation already has an active response in progress: resp_x.")),
    recovers("model.errorReported"),
  ),
  sessionRow(
    "model.key-revoked",
    "`invalid_api_key` during the call",
    modelSays(error("invalid_api_key", "Incorrect API key provided.")),
    hearsMessage("model.modelRefused", "call.givenUp"),
  ),
];

/** A fault of a response. */
function replyRow(id: string, fault: string, inject: Injection, all: Outcome): FaultRow {
  const at = { webhook: notYet, handshake: notYet, beforeStart: notYet, goodbye: impossible("no response is requested any more") };
  return row({ id, leg: "model", fault, inject, spoilsReply: true, all, at });
}

const failed = (code: string, message: string) => ({ type: "failed", errorType: "server_error", code, message }) as const;
const serverError = failed("server_error", "The server had an error while processing your request.");
const tooFast = failed("rate_limit_exceeded", "Rate limit reached for gpt-realtime on tokens per min (TPM). Please try again in 1.2s.");

const responses: readonly FaultRow[] = [
  replyRow("model.failed-once", "a response fails, once", replies(serverError), recovers("response.failed", "< 2 s")),
  replyRow("model.failed", "every response fails", replies(serverError, 99), hearsMessage("model.modelFailed", "call.givenUp", "6 s")),
  replyRow("model.rate-limit", "`rate_limit_exceeded`, retry in 1.2 s", replies(tooFast), recovers("response.failed", "6 s")),
  replyRow(
    "model.rate-limit-minutes",
    "`rate_limit_exceeded`, retry in 1 min 26 s",
    replies(failed("rate_limit_exceeded", "Rate limit reached. Please try again in 1m26.4s."), 99),
    hearsMessage("model.modelFailed", "call.givenUp"),
  ),
  replyRow(
    "model.quota-by-type",
    "`insufficient_quota` as `type`, without a code",
    replies({ type: "failed", errorType: "insufficient_quota", code: null, message: "No credit." }, 99),
    hearsMessage("model.modelRefused", "call.givenUp"),
  ),
  replyRow("model.cancelled", "a response is cancelled before its audio", cancelsReply, recovers("response.failed", "< 2 s")),
  replyRow("model.audio-after-done", "audio 0.3 s after the end of its response", repeatsLastAudio(300), recovers("call.started")),
  replyRow("model.audio-long-after-done", "audio 3 s after the end of its response", repeatsLastAudio(3_000), recovers("call.started")),
  replyRow(
    "model.insufficient-quota",
    "`insufficient_quota`",
    replies(failed("insufficient_quota", "You exceeded your current quota."), 99),
    hearsMessage("model.modelRefused", "call.givenUp"),
  ),
  replyRow(
    "model.model-not-found",
    "`model_not_found`",
    replies(failed("model_not_found", "The model does not exist."), 99),
    hearsMessage("model.modelRefused", "call.givenUp"),
  ),
  replyRow(
    "model.max-tokens",
    "incomplete, `max_output_tokens`",
    replies({ type: "incomplete", reason: "max_output_tokens" }),
    recovers("call.started", "6 s"),
  ),
  replyRow(
    "model.content-filter",
    "incomplete, `content_filter`",
    replies({ type: "incomplete", reason: "content_filter" }),
    recovers("call.started", "6 s"),
  ),
  replyRow("model.stalled-once", "`response.created`, then nothing, once", replies({ type: "stalled" }), recovers("call.started", "6 s")),
  replyRow("model.stalled", "`response.created`, then nothing, always", replies({ type: "stalled" }, 99), (moment) =>
    moment === "modelSpeaking"
      ? "its answer is complete: nothing is due"
      : hearsMessage("model.modelSilent", "call.givenUp", "9 s, with sounds")(moment),
  ),
];

export const modelRows: readonly FaultRow[] = [...dialling, ...session, ...responses];
