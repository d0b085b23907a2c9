// What a server owes to its caller where the model is concerned: a model that is down is not silence, a key that is pressed is told.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations

import { allHold, type Check } from "./check.ts";
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

/** The model refuses. */
export const modelDownSentence: Check<CallEvidence> = {
  id: "model-down.sentence",
  title: "when the model is down the caller hears a sentence",
  requirement:
    "A model that refuses the call is not the caller's silence: the server closes the stream, and Twilio, asking what comes next, is given a sentence to say.",
  source: "https://www.twilio.com/docs/voice/twiml/connect#action",
  judge(evidence) {
    const { call } = evidence;
    const words = wordsHeard(evidence).join(" ");
    const error = applicationError(evidence);
    const [stream] = call.streams;
    const ms = stream?.end === undefined ? undefined : Math.round(stream.end.atMs - stream.dialledAtMs);
    const verdict = allHold(
      "the server closes the stream; a sentence, then the end",
      `"${words}"`,
      [error === undefined, error ?? ""],
      [endedByServer(stream), tellStream(stream)],
      [words !== "", "silence"],
      [call.exchanges.some(({ purpose }) => purpose === "action"), "the action was never asked"],
    );
    return ms === undefined ? verdict : { ...verdict, ms };
  },
};

/** A key that was pressed, and what the model was to say to it. */
export type KeyEvidence = CallEvidence & { readonly digit: string };

/** Keys are told. */
export const dtmfTold: Check<KeyEvidence> = {
  id: "dtmf.told",
  title: "a key that is pressed is told to the model, and answered",
  requirement: "A key that the caller presses is told to the model as the user's words, a response is asked for, and the caller hears it.",
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
export const nothingThrown: Check<ThrownEvidence> = {
  id: "server.no-throw",
  title: "nothing was thrown",
  requirement: "None of what the other checks do makes the server throw: an error of its own would be in its log.",
  source: "https://www.twilio.com/docs/api/errors/11200",
  judge: ({ thrown }) => allHold("nothing thrown", "nothing thrown", [thrown.length === 0, thrown.join("; ")]),
};
