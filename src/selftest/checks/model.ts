// The model's part: a model that is down is not silence, and a pressed key reaches the model.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations

import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import {
  applicationError,
  type CallEvidence,
  describeStream,
  endedByServer,
  eventOf,
  listeningSession,
  messagesHeard,
  played,
  type RealtimeEvent,
} from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

export const modelDownApology: SelftestCheck<CallEvidence> = {
  id: "model-down.apology",
  stage: "failure",
  level: "error",
  requirement: "When the model refuses the call, the caller hears a spoken message, not silence.",
  source: "https://www.twilio.com/docs/voice/twiml/connect#action",
  judge(evidence) {
    const { call } = evidence;
    const message = messagesHeard(evidence).join(" ");
    const error = applicationError(evidence);
    const [stream] = call.streams;
    const ms = stream?.end === undefined ? undefined : Math.round(stream.end.atMs - stream.dialledAtMs);
    const judgement = allHold(
      "the server closes the stream; a message, then the end of the call",
      `"${message}"`,
      [error === undefined, error ?? ""],
      [endedByServer(stream), describeStream(stream)],
      [message !== "", "silence"],
      [call.exchanges.some(({ purpose }) => purpose === "action"), "<Connect action> was never requested"],
    );
    return ms === undefined ? judgement : { ...judgement, ms };
  },
};

export type KeyEvidence = CallEvidence & { readonly digit: string };

export const dtmfForwarded: SelftestCheck<KeyEvidence> = {
  id: "dtmf.forwarded",
  stage: "media",
  level: "error",
  requirement: "A key that the caller presses is sent to the model as text, and the model answers.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#dtmf-message",
  judge({ call, sessions, replies, digit }) {
    const events = (listeningSession({ sessions })?.received ?? []).map(eventOf);
    const sentAt = events.findIndex((event) => event.type === "conversation.item.create" && userText(event).includes(digit));
    const requestedAt = events.findIndex(({ type }, at) => at > sentAt && type === "response.create");
    const answerMs = Math.max(0, played(call.streams[0]).length - (replies[0]?.length ?? 0)) / 8;
    return allHold(
      `a user message with "${digit}" in it, then response.create, then an answer`,
      `"${userText(events[sentAt])}", ${answerMs} ms of the answer heard`,
      [sentAt !== -1, `the model did not receive the key: ${describeStream(call.streams[0])}`],
      [requestedAt !== -1, "no response was requested"],
      [answerMs > 0, "no answer was heard"],
    );
  },
};

function userText(event: RealtimeEvent | undefined): string {
  const item = event?.["item"] as { readonly role?: unknown; readonly content?: readonly { readonly text?: unknown }[] } | undefined;
  return item?.role === "user" ? (item.content ?? []).map(({ text }) => String(text ?? "")).join(" ") : "";
}

/** One line each. */
export interface ThrownEvidence {
  readonly thrown: readonly string[];
}

export const nothingThrown: SelftestCheck<ThrownEvidence> = {
  id: "server.no-throw",
  stage: "server",
  level: "error",
  requirement: "Nothing that the other checks do makes the server throw.",
  source: twilioErrorUrl(11200),
  judge: ({ thrown }) => allHold("nothing thrown", "nothing thrown", [thrown.length === 0, thrown.join("; ")]),
};
