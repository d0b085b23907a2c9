// The faults of voice itself, what its operator does, and unexpected webhook requests. Data.

import { signRequest } from "../../../src/protocol/signature.ts";
import { type FaultRow, hangsUp, hearsMessage, impossible, leaving, recovers, row, takenOver, transferred } from "./cells.ts";
import { drain, otherCall, postWebhook, replies, stageToken, throws, unreachable } from "./injections.ts";
import type { Injection } from "./play.ts";

const onlyThen = impossible("only at the start of a call");
const person = { VOICE_TRANSFER_TO: "+15550100777" };

const dialThrows: Injection = (stage, moment) => {
  stage.knobs.beforeDial = throws;
  return unreachable({ handshake: "503" })(stage, moment);
};
const logThrows: Injection = ({ knobs }) => {
  knobs.beforeLog = throws;
};
const saveThrows: Injection = ({ knobs }) => {
  knobs.beforeSave = throws;
};
const restart: Injection = (stage) => void stage.restart();
const dies: Injection = (stage) => void stage.voice.stop();

const asGone = impossible("voice is gone before the transfer ends, as in `voice.gone`");

const itself: readonly FaultRow[] = [
  row({
    id: "voice.throws",
    leg: "voice",
    fault: "an exception when it dials the model",
    inject: dialThrows,
    all: hearsMessage("server.bug", "call.threw"),
    at: { goodbye: impossible("the model is not dialled any more") },
  }),
  row({
    id: "voice.log-throws",
    leg: "voice",
    fault: "its log throws at every line",
    inject: logThrows,
    all: recovers("call.ended"),
    at: { goodbye: leaving() },
  }),
  row({
    id: "voice.store-throws",
    leg: "voice",
    fault: "its record store throws",
    inject: saveThrows,
    goodbye: "hangUp",
    all: impossible("only at the end"),
    at: { goodbye: hangsUp(undefined, "call.threw") },
  }),
  row({
    id: "voice.drained",
    leg: "voice",
    fault: "SIGTERM, no drain time",
    inject: drain(1),
    all: hearsMessage("operator.drained", "call.givenUp", "at once", "draining"),
    at: {
      ringing: asGone,
      webhook: hearsMessage(undefined, "webhook.answered", "at once", "draining"),
      goodbye: impossible("that is the goodbye itself"),
    },
  }),
  row({
    id: "voice.draining",
    leg: "voice",
    fault: "SIGTERM, with drain time",
    inject: drain(60_000),
    all: recovers("call.ended"),
    at: { webhook: hearsMessage(undefined, "webhook.answered", "at once", "draining"), goodbye: impossible("that is the goodbye itself") },
  }),
  row({
    id: "voice.full",
    leg: "voice",
    fault: "over `VOICE_MAX_CALLS`",
    inject: otherCall,
    env: { VOICE_MAX_CALLS: "1" },
    all: onlyThen,
    at: { webhook: hearsMessage(undefined, "webhook.answered", "at once", "busy") },
  }),
  row({
    id: "voice.memory",
    leg: "voice",
    fault: "over `VOICE_MAX_MEMORY_MB`",
    inject: ({ knobs }) => {
      knobs.residentBytes = 64 * 1_048_576;
    },
    env: { VOICE_MAX_MEMORY_MB: "64" },
    all: onlyThen,
    at: { webhook: hearsMessage(undefined, "webhook.answered", "at once", "busy") },
  }),
  row({
    id: "voice.restarted",
    leg: "voice",
    fault: "it is killed and restarted",
    inject: restart,
    all: hearsMessage(undefined, "after.answered"),
    at: { webhook: impossible("nothing is lost at that time") },
  }),
  row({
    id: "voice.gone",
    leg: "voice",
    fault: "it is gone; a second host answers `/twilio/fallback`",
    inject: dies,
    all: takenOver,
  }),
];

const transfers: readonly FaultRow[] = [
  row({
    id: "person.unreachable",
    leg: "voice",
    fault: "the model answers HTTP 503, with `VOICE_TRANSFER_TO`",
    inject: unreachable({ handshake: "503" }),
    env: person,
    all: transferred("model.modelUnreachable", "call.givenUp", "6 s"),
    at: { goodbye: impossible("the model is not dialled any more") },
  }),
  row({
    id: "person.refused",
    leg: "voice",
    fault: "the model answers HTTP 401, with `VOICE_TRANSFER_TO`",
    inject: unreachable({ handshake: "401" }),
    env: person,
    all: transferred("model.modelRefused", "call.givenUp"),
    at: { goodbye: impossible("the model is not dialled any more") },
  }),
  row({
    id: "person.quota",
    leg: "voice",
    spoilsReply: true,
    fault: "the model's `insufficient_quota`, with `VOICE_TRANSFER_TO`",
    inject: replies(
      { type: "failed", errorType: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your current quota." },
      99,
    ),
    env: person,
    all: transferred("model.modelRefused", "call.givenUp"),
    at: {
      webhook: impossible("no response is requested yet"),
      handshake: impossible("no response is requested yet"),
      beforeStart: impossible("no response is requested yet"),
      goodbye: impossible("no response is requested any more"),
    },
  }),
  row({
    id: "person.throws",
    leg: "voice",
    fault: "an exception in voice, with `VOICE_TRANSFER_TO`",
    inject: dialThrows,
    env: person,
    all: transferred("server.bug", "call.threw"),
    at: { goodbye: impossible("the model is not dialled any more") },
  }),
  row({
    id: "person.drained",
    leg: "voice",
    fault: "SIGTERM, with `VOICE_TRANSFER_TO`",
    inject: drain(1),
    env: person,
    all: transferred("operator.drained", "call.givenUp"),
    at: { ringing: asGone, webhook: transferred(undefined, "webhook.answered"), goodbye: impossible("that is the goodbye itself") },
  }),
];

const after = (callSid: string): string => `CallSid=${callSid}&AccountSid=AC${"1".repeat(32)}&CallStatus=completed`;
const someCall = `CA${"7".repeat(32)}`;

const requests: readonly FaultRow[] = [
  row({
    id: "webhook.unsigned",
    leg: "webhook",
    fault: "a webhook without a signature",
    inject: postWebhook(
      "/twilio/after",
      () => ({}),
      () => after(someCall),
    ),
    all: recovers("webhook.rejected"),
    at: { goodbye: leaving("webhook.rejected") },
  }),
  row({
    id: "webhook.wrong-token",
    leg: "webhook",
    fault: "a webhook signed with another token",
    inject: postWebhook(
      "/twilio/after",
      (url) => ({ "x-twilio-signature": signRequest("f".repeat(32), url, {}) }),
      () => after(someCall),
    ),
    all: recovers("webhook.rejected"),
    at: { goodbye: leaving("webhook.rejected") },
  }),
  row({
    id: "webhook.too-large",
    leg: "webhook",
    fault: "a webhook with a body of 1 MB",
    inject: postWebhook(
      "/twilio/voice",
      () => ({ "x-twilio-signature": "x" }),
      () => `CallSid=${"x".repeat(1_000_000)}`,
    ),
    all: recovers("webhook.rejected"),
    at: { goodbye: leaving("webhook.rejected") },
  }),
  row({
    id: "webhook.unknown-call",
    leg: "webhook",
    fault: "a webhook for an unknown call",
    inject: postWebhook(
      "/twilio/after",
      (url) => ({ "x-twilio-signature": signRequest(stageToken, url, Object.fromEntries(new URLSearchParams(after(someCall)))) }),
      () => after(someCall),
    ),
    all: recovers("after.answered"),
    at: { goodbye: leaving("after.answered") },
  }),
];

export const voiceRows: readonly FaultRow[] = [...itself, ...transfers, ...requests];
