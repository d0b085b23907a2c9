// The faults of the model leg: it cannot be reached, refuses, breaks, freezes, fails. Data.

import { cannot, type FaultRow, leaving, mended, type Outcome, row, told } from "./cells.ts";
import type { Strike } from "./play.ts";
import { modelSays, replies, toModel, unreachable } from "./strikes.ts";

const notDialled = cannot("nobody dials the model any more");
const notYet = cannot("the model is asked nothing yet");
const notOpen = cannot("there is no connection yet");

/** From that moment on, for ever: voice tries again for as long as a caller waits, then tells. */
function unreachableRow(id: string, fault: string, strike: Strike): FaultRow {
  return row({ id, leg: "model", fault, strike, all: told("model.modelUnreachable", "call.givenUp", "6 s"), at: { goodbye: notDialled } });
}

/** The server's last word: the caller is told at once. */
function finalRow(id: string, fault: string, strike: Strike): FaultRow {
  return row({ id, leg: "model", fault, strike, all: told("model.modelRefused", "call.givenUp"), at: { goodbye: notDialled } });
}

/** Once, and then all is well. */
function onceRow(id: string, fault: string, strike: Strike, wait: "at once" | "< 2 s" | "6 s" = "< 2 s"): FaultRow {
  return row({ id, leg: "model", fault, strike, all: mended("model.lost", wait), at: { goodbye: notDialled } });
}

const other = (text: string): string => text.replaceAll("audio/pcmu", "audio/pcm");
const otherFormat = unreachable({ tamper: (frame, send) => send(frame.includes('"session.updated"') ? other(frame) : frame) });

const dialling: readonly FaultRow[] = [
  unreachableRow("model.dns", "its name cannot be resolved", unreachable({ url: "ws://model.invalid/v1/realtime" })),
  unreachableRow("model.connection-refused", "nobody listens", unreachable({ url: "ws://127.0.0.1:1/v1/realtime" })),
  unreachableRow(
    "model.tls",
    "TLS fails",
    unreachable(({ models }) => ({ url: models.url.replace("ws:", "wss:") })),
  ),
  unreachableRow("model.unanswered", "the handshake is not answered", unreachable({ handshake: "unanswered" })),
  unreachableRow("model.500", "HTTP 500", unreachable({ handshake: "500" })),
  unreachableRow("model.503", "HTTP 503 with Retry-After 5 s", unreachable({ handshake: "503" })),
  unreachableRow("model.mute", "101, and then no `session.created`, nothing", unreachable({ faults: ["mute"] })),
  unreachableRow("model.no-session-updated", "no `session.updated`", unreachable({ faults: ["no-session-updated"] })),
  row({
    id: "model.429",
    leg: "model",
    fault: "HTTP 429 with Retry-After 20 s: longer than a caller waits",
    strike: unreachable({ handshake: "429" }),
    all: told("model.modelUnreachable", "call.givenUp"),
    at: { goodbye: notDialled },
  }),
  finalRow("model.401", "HTTP 401", unreachable({ handshake: "401" })),
  finalRow("model.403", "HTTP 403", unreachable({ handshake: "403" })),
  finalRow("model.404", "HTTP 404", unreachable({ handshake: "404" })),
  finalRow("model.invalid-key", "101, `invalid_api_key`, close 3000", unreachable({ faults: ["invalid-key"] })),
  finalRow("model.beta-shape", "101, `beta_api_shape_disabled`, close 4000", unreachable({ faults: ["beta-shape"] })),
  finalRow("model.other-format", "`session.updated` with another format than PCMU", otherFormat),
  onceRow("model.connection-refused-once", "nobody listens, once", unreachable({ url: "ws://127.0.0.1:1/v1/realtime" }, 1)),
  onceRow("model.500-twice", "HTTP 500, twice", unreachable({ handshake: "500" }, 2)),
  onceRow("model.503-once", "HTTP 503 with Retry-After 5 s, once", unreachable({ handshake: "503" }, 1), "6 s"),
  onceRow("model.unanswered-once", "the handshake is not answered, once", unreachable({ handshake: "unanswered" }, 1), "6 s"),
];

/** On a session that is there; before it is, there is nothing to break. */
function sessionRow(id: string, fault: string, strike: Strike, all: Outcome): FaultRow {
  return row({ id, leg: "model", fault, strike, all, at: { webhook: notOpen, goodbye: leaving() } });
}

const closes = (code: number, reason: string): Strike => toModel((model) => model.close(code, reason));
const error = (code: string, message: string) => ({
  type: "error",
  event_id: "event_x",
  error: { type: "server_error", code, message, param: null },
});
const expired: Strike = toModel((model) => {
  model.say(JSON.stringify(error("session_expired", "Your session hit the maximum duration of 60 minutes.")));
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
    mended("model.lost", "< 2 s"),
  ),
  sessionRow("model.1001", "close 1001", closes(1001, "going away"), mended("model.lost", "< 2 s")),
  sessionRow("model.1011", "close 1011", closes(1011, "internal error"), mended("model.lost", "< 2 s")),
  sessionRow("model.1012", "close 1012", closes(1012, "service restart"), mended("model.lost", "< 2 s")),
  sessionRow("model.session-expired", "`session_expired`, close 1001", expired, mended("model.lost", "< 2 s")),
  sessionRow(
    "model.frozen",
    "it freezes, its connection stays open",
    toModel((model) => model.freeze()),
    mended("model.abandoned", "6 s"),
  ),
  sessionRow("model.late-audio", "audio of a response that nobody knows", modelSays(stray), mended("call.started")),
  sessionRow(
    "model.unknown-event",
    "an event that nobody knows",
    modelSays({ type: "response.hologram.delta", delta: "?" }),
    mended("call.started"),
  ),
  sessionRow("model.garbage", "JSON that is none", modelSays('{"type":"response.'), mended("model.eventRejected")),
  sessionRow(
    "model.server-error",
    "an `error` that is not final",
    modelSays(error("server_error", "The server had an error.")),
    mended("model.errorReported"),
  ),
  sessionRow(
    "model.already-responding",
    "`conversation_already_has_active_response`, out of the blue",
    modelSays(error("conversation_already_has_active_response", "Conversation already has an active response in progress: resp_x.")),
    mended("model.errorReported"),
  ),
  sessionRow(
    "model.key-revoked",
    "an `error` `invalid_api_key` in mid-call",
    modelSays(error("invalid_api_key", "Incorrect API key provided.")),
    told("model.modelRefused", "call.givenUp"),
  ),
];

/** On what the model is asked to say. */
function replyRow(id: string, fault: string, strike: Strike, all: Outcome): FaultRow {
  const at = { webhook: notYet, handshake: notYet, beforeStart: notYet, goodbye: cannot("the model is asked nothing any more") };
  return row({ id, leg: "model", fault, strike, spoilsReply: true, all, at });
}

const failed = (code: string, message: string) => ({ type: "failed", errorType: "server_error", code, message }) as const;
const serverError = failed("server_error", "The server had an error while processing your request.");
const tooFast = failed("rate_limit_exceeded", "Rate limit reached for gpt-realtime on tokens per min (TPM). Please try again in 1.2s.");

const responses: readonly FaultRow[] = [
  replyRow("model.failed-once", "a response fails, once", replies(serverError), mended("response.failed", "< 2 s")),
  replyRow("model.failed", "every response fails", replies(serverError, 99), told("model.modelFailed", "call.givenUp", "6 s")),
  replyRow("model.rate-limit", "`rate_limit_exceeded`, again in 1.2 s", replies(tooFast), mended("response.failed", "6 s")),
  replyRow(
    "model.insufficient-quota",
    "`insufficient_quota`",
    replies(failed("insufficient_quota", "You exceeded your current quota."), 99),
    told("model.modelRefused", "call.givenUp"),
  ),
  replyRow(
    "model.model-not-found",
    "`model_not_found`",
    replies(failed("model_not_found", "The model does not exist."), 99),
    told("model.modelRefused", "call.givenUp"),
  ),
  replyRow(
    "model.max-tokens",
    "incomplete, `max_output_tokens`",
    replies({ type: "incomplete", reason: "max_output_tokens" }),
    mended("call.started", "6 s"),
  ),
  replyRow(
    "model.content-filter",
    "incomplete, `content_filter`",
    replies({ type: "incomplete", reason: "content_filter" }),
    mended("call.started", "6 s"),
  ),
  replyRow("model.stalled-once", "`response.created`, and nothing more, once", replies({ type: "stalled" }), mended("call.started", "6 s")),
  replyRow("model.stalled", "`response.created`, and nothing more, always", replies({ type: "stalled" }, 99), (moment) =>
    moment === "modelSpeaking"
      ? "what it had to say is said: nothing is due"
      : told("model.modelSilent", "call.givenUp", "9 s, with sounds")(moment),
  ),
];

/** Every row of the model leg. */
export const modelRows: readonly FaultRow[] = [...dialling, ...session, ...responses];
