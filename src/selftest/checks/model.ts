// What a server owes to its caller where the model is concerned: a model that is down is not silence, a key that is
// pressed is told.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations

import {
  applicationError,
  type CallEvidence,
  endedByServer,
  eventOf,
  played,
  type RealtimeEvent,
  tellStream,
  wordsHeard,
} from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/** The model refuses. */
export const modelDownSentence: SelftestCheck<CallEvidence> = {
  id: "model-down.sentence",
  stage: "failure",
  level: "error",
  requirement: "When the model refuses the call, the caller hears a spoken message, not silence.",
  source: "https://www.twilio.com/docs/voice/twiml/connect#action",
  judge(evidence) {
    const { call } = evidence;
    const words = wordsHeard(evidence).join(" ");
    const error = applicationError(evidence);
    const [stream] = call.streams;
    const ms = stream?.end === undefined ? undefined : Math.round(stream.end.atMs - stream.dialledAtMs);
    const judgement = allHold(
      "the server closes the stream; a sentence, then the end",
      `"${words}"`,
      [error === undefined, error ?? ""],
      [endedByServer(stream), tellStream(stream)],
      [words !== "", "silence"],
      [call.exchanges.some(({ purpose }) => purpose === "action"), "the action was never asked"],
    );
    return ms === undefined ? judgement : { ...judgement, ms };
  },
};

/** A key that was pressed, and what the model was to say to it. */
export type KeyEvidence = CallEvidence & { readonly digit: string };

/** Keys are told. */
export const dtmfTold: SelftestCheck<KeyEvidence> = {
  id: "dtmf.told",
  stage: "media",
  level: "error",
  requirement: "A key that the caller presses is sent to the model as text, and the model answers.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#dtmf-message",
  judge({ call, sessions, replies, digit }) {
    const events = (sessions[0]?.received ?? []).map(eventOf);
    const toldAt = events.findIndex((event) => event.type === "conversation.item.create" && userText(event).includes(digit));
    const askedAt = events.findIndex(({ type }, at) => at > toldAt && type === "response.create");
    const answerMs = Math.max(0, played(call.streams[0]).length - (replies[0]?.length ?? 0)) / 8;
    return allHold(
      `the user's words with "${digit}" in them, then response.create, then an answer`,
      `"${userText(events[toldAt])}", ${answerMs} ms of the answer heard`,
      [toldAt !== -1, `the model was told nothing: ${tellStream(call.streams[0])}`],
      [askedAt !== -1, "no response was asked for"],
      [answerMs > 0, "no answer was heard"],
    );
  },
};

function userText(event: RealtimeEvent | undefined): string {
  const item = event?.["item"] as { readonly role?: unknown; readonly content?: readonly { readonly text?: unknown }[] } | undefined;
  return item?.role === "user" ? (item.content ?? []).map(({ text }) => String(text ?? "")).join(" ") : "";
}

/** What the server threw, one line each. */
export interface ThrownEvidence {
  readonly thrown: readonly string[];
}

/** Whatever was done to it, the server did not throw. */
export const nothingThrown: SelftestCheck<ThrownEvidence> = {
  id: "server.no-throw",
  stage: "server",
  level: "error",
  requirement: "Nothing that the other checks do makes the server throw.",
  source: "https://www.twilio.com/docs/api/errors/11200",
  judge: ({ thrown }) => allHold("nothing thrown", "nothing thrown", [thrown.length === 0, thrown.join("; ")]),
};
