// The faults of voice itself, of its operator, and of who asks at its door. Data.

import { signRequest } from "../../../src/protocol/signature.ts";
import { anew, cannot, type FaultRow, handedOver, hangsUp, leaving, mended, row, told } from "./cells.ts";
import type { Strike } from "./play.ts";
import { drain, otherCall, replies, stageToken, stranger, throws, unreachable } from "./strikes.ts";

const onlyThen = cannot("only when a call comes");
const person = { VOICE_TRANSFER_TO: "+15550100777" };

const dialThrows: Strike = (stage, moment) => {
  stage.knobs.beforeDial = throws;
  return unreachable({ handshake: "503" })(stage, moment);
};
const logThrows: Strike = ({ knobs }) => {
  knobs.beforeLog = throws;
};
const saveThrows: Strike = ({ knobs }) => {
  knobs.beforeSave = throws;
};
const restart: Strike = (stage) => void stage.restart();
const dies: Strike = (stage) => void stage.voice.stop();

const itself: readonly FaultRow[] = [
  row({
    id: "voice.throws",
    leg: "voice",
    fault: "a throw of its own, when it dials the model",
    strike: dialThrows,
    all: told("server.bug", "call.threw"),
    at: { goodbye: cannot("nobody dials the model any more") },
  }),
  row({
    id: "voice.log-throws",
    leg: "voice",
    fault: "every line of its log throws",
    strike: logThrows,
    all: mended("call.ended"),
    at: { goodbye: leaving() },
  }),
  row({
    id: "voice.store-throws",
    leg: "voice",
    fault: "the store of its records throws",
    strike: saveThrows,
    goodbye: "hangUp",
    all: cannot("only at the end"),
    at: { goodbye: hangsUp(undefined, "call.threw") },
  }),
  row({
    id: "voice.drained",
    leg: "voice",
    fault: "SIGTERM, and no time to wait",
    strike: drain(1),
    all: told("operator.drained", "call.givenUp", "at once", "draining"),
    at: { webhook: told(undefined, "webhook.answered", "at once", "draining"), goodbye: cannot("it is the goodbye") },
  }),
  row({
    id: "voice.draining",
    leg: "voice",
    fault: "SIGTERM, and time to wait",
    strike: drain(60_000),
    all: mended("call.ended"),
    at: { webhook: told(undefined, "webhook.answered", "at once", "draining"), goodbye: cannot("it is the goodbye") },
  }),
  row({
    id: "voice.full",
    leg: "voice",
    fault: "over `VOICE_MAX_CALLS`",
    strike: otherCall,
    env: { VOICE_MAX_CALLS: "1" },
    all: onlyThen,
    at: { webhook: told(undefined, "webhook.answered", "at once", "busy") },
  }),
  row({
    id: "voice.memory",
    leg: "voice",
    fault: "over `VOICE_MAX_MEMORY_MB`",
    strike: ({ knobs }) => {
      knobs.residentBytes = 64 * 1_048_576;
    },
    env: { VOICE_MAX_MEMORY_MB: "64" },
    all: onlyThen,
    at: { webhook: told(undefined, "webhook.answered", "at once", "busy") },
  }),
  row({
    id: "voice.restarted",
    leg: "voice",
    fault: "it is killed, and started anew",
    strike: restart,
    all: told(undefined, "after.answered"),
    at: { webhook: cannot("nothing is lost then") },
  }),
  row({ id: "voice.gone", leg: "voice", fault: "it is gone, and a second host answers `/twilio/fallback`", strike: dies, all: anew }),
];

const transfers: readonly FaultRow[] = [
  row({
    id: "person.unreachable",
    leg: "voice",
    fault: "the model's HTTP 503, with `VOICE_TRANSFER_TO`",
    strike: unreachable({ handshake: "503" }),
    env: person,
    all: handedOver("model.modelUnreachable", "call.givenUp", "6 s"),
    at: { goodbye: cannot("nobody dials the model any more") },
  }),
  row({
    id: "person.refused",
    leg: "voice",
    fault: "the model's HTTP 401, with `VOICE_TRANSFER_TO`",
    strike: unreachable({ handshake: "401" }),
    env: person,
    all: handedOver("model.modelRefused", "call.givenUp"),
    at: { goodbye: cannot("nobody dials the model any more") },
  }),
  row({
    id: "person.quota",
    leg: "voice",
    spoilsReply: true,
    fault: "the model's `insufficient_quota`, with `VOICE_TRANSFER_TO`",
    strike: replies(
      { type: "failed", errorType: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your current quota." },
      99,
    ),
    env: person,
    all: handedOver("model.modelRefused", "call.givenUp"),
    at: {
      webhook: cannot("the model is asked nothing yet"),
      handshake: cannot("the model is asked nothing yet"),
      beforeStart: cannot("the model is asked nothing yet"),
      goodbye: cannot("the model is asked nothing any more"),
    },
  }),
  row({
    id: "person.throws",
    leg: "voice",
    fault: "a throw of voice's own, with `VOICE_TRANSFER_TO`",
    strike: dialThrows,
    env: person,
    all: handedOver("server.bug", "call.threw"),
    at: { goodbye: cannot("nobody dials the model any more") },
  }),
  row({
    id: "person.drained",
    leg: "voice",
    fault: "SIGTERM, with `VOICE_TRANSFER_TO`",
    strike: drain(1),
    env: person,
    all: handedOver("operator.drained", "call.givenUp"),
    at: { webhook: handedOver(undefined, "webhook.answered"), goodbye: cannot("it is the goodbye") },
  }),
];

const after = (callSid: string): string => `CallSid=${callSid}&AccountSid=AC${"1".repeat(32)}&CallStatus=completed`;
const someCall = `CA${"7".repeat(32)}`;

const door: readonly FaultRow[] = [
  row({
    id: "webhook.unsigned",
    leg: "webhook",
    fault: "somebody asks without a signature",
    strike: stranger(
      "/twilio/after",
      () => ({}),
      () => after(someCall),
    ),
    all: mended("webhook.refused"),
    at: { goodbye: leaving("webhook.refused") },
  }),
  row({
    id: "webhook.wrong-token",
    leg: "webhook",
    fault: "somebody signs with another token",
    strike: stranger(
      "/twilio/after",
      (url) => ({ "x-twilio-signature": signRequest("f".repeat(32), url, {}) }),
      () => after(someCall),
    ),
    all: mended("webhook.refused"),
    at: { goodbye: leaving("webhook.refused") },
  }),
  row({
    id: "webhook.too-large",
    leg: "webhook",
    fault: "somebody sends a body of 1 MB",
    strike: stranger(
      "/twilio/voice",
      () => ({ "x-twilio-signature": "x" }),
      () => `CallSid=${"x".repeat(1_000_000)}`,
    ),
    all: mended("webhook.refused"),
    at: { goodbye: leaving("webhook.refused") },
  }),
  row({
    id: "webhook.unknown-call",
    leg: "webhook",
    fault: "Twilio asks after a call that nobody knows",
    strike: stranger(
      "/twilio/after",
      (url) => ({ "x-twilio-signature": signRequest(stageToken, url, Object.fromEntries(new URLSearchParams(after(someCall)))) }),
      () => after(someCall),
    ),
    all: mended("after.answered"),
    at: { goodbye: leaving("after.answered") },
  }),
];

/** Every row of voice itself and of its door. */
export const voiceRows: readonly FaultRow[] = [...itself, ...transfers, ...door];
