// The beginning of a stream: `start` is accepted, the model is dialled, and the first call after start-up is like any
// other.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message

import { applicationError, type CallEvidence, describeStream, endedByServer, eventOf, type TelephoneEvidence } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

export const startAccepted: SelftestCheck<CallEvidence> = {
  id: "start.accepted",
  stage: "start",
  level: "error",
  requirement: "A stream with the token stays open until the caller hangs up, with one model session.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
  judge({ call, sessions }) {
    const [stream] = call.streams;
    return allHold(
      "the stream is open until the caller hangs up, 1 model session",
      `${describeStream(stream)}, ${sessions.length} model session`,
      [stream?.end?.by === "caller", describeStream(stream)],
      [sessions.length === 1, `${sessions.length} model sessions`],
      [call.problems.length === 0, call.problems.map(({ twilioCode, what }) => `${twilioCode}: ${what}`).join("; ")],
    );
  },
};

/** What makes a model hear or say something. */
const USES: readonly string[] = ["input_audio_buffer.append", "response.create"];

export const startRefused: SelftestCheck<readonly CallEvidence[]> = {
  id: "start.refused",
  stage: "start",
  level: "error",
  requirement: "A stream without the webhook's token is closed before a model hears or says anything.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
  judge(calls) {
    const streams = calls.flatMap(({ call }) => call.streams);
    const used = calls
      .flatMap(({ sessions }) => sessions)
      .filter(({ received }) => received.map(eventOf).some(({ type }) => USES.includes(type)));
    const actual = `${streams.map(describeStream).join("; ")}; ${used.length} model sessions were used`;
    return allHold(
      `${calls.length} streams that the server closes, without audio; no model session is used`,
      actual,
      [calls.every(({ call }) => call.streams.length > 0), "no stream was opened"],
      [used.length === 0, actual],
      [streams.every((stream) => endedByServer(stream) && stream.firstMediaAtMs === undefined), actual],
    );
  },
};

/** `listenedAtMs`: when the server began to listen, epoch ms. */
export type FirstCallEvidence = TelephoneEvidence & { readonly listenedAtMs: number };

export const firstCall: SelftestCheck<FirstCallEvidence> = {
  id: "first-call",
  stage: "start",
  level: "error",
  requirement: "A call that arrives the moment the server listens is answered, and the caller hears the agent.",
  source: "https://www.twilio.com/docs/voice/twiml",
  judge(evidence) {
    const [stream] = evidence.call.streams;
    const ms = Math.round((stream?.firstMediaAtMs ?? Number.NaN) - evidence.listenedAtMs);
    const error = applicationError(evidence);
    const judgement = allHold(
      "audio",
      `audio after ${ms} ms`,
      [error === undefined, error ?? ""],
      [!Number.isNaN(ms), `no audio: ${describeStream(stream)}`],
    );
    return Number.isNaN(ms) ? judgement : { ...judgement, ms };
  },
};
