// What a server owes to the beginning of a stream: `start` is taken, the model is had, and the first call after
// start-up is a call like any other.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message

import { applicationError, type CallEvidence, endedByServer, eventOf, type TelephoneEvidence, tellStream } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/** The stream stays, and a model answers it. */
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
      `${tellStream(stream)}, ${sessions.length} model session`,
      [stream?.end?.by === "caller", tellStream(stream)],
      [sessions.length === 1, `${sessions.length} model sessions`],
      [call.problems.length === 0, call.problems.map(({ twilioCode, what }) => `${twilioCode}: ${what}`).join("; ")],
    );
  },
};

/** What makes a model hear or say something: input_audio_buffer.append, response.create. */
const USES: readonly string[] = ["input_audio_buffer.append", "response.create"];

/** Nobody gets to the model by the stream alone. */
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
    const told = `${streams.map(tellStream).join("; ")}; ${used.length} model sessions heard or said something`;
    return allHold(
      `${calls.length} calls whose streams the server closes, no model that hears or says anything, no sound`,
      told,
      [calls.every(({ call }) => call.streams.length > 0), "no stream was opened"],
      [used.length === 0, told],
      [streams.every((stream) => endedByServer(stream) && stream.firstMediaAtMs === undefined), told],
    );
  },
};

/** A call, and when the server had begun to listen, epoch ms. */
export type FirstCallEvidence = TelephoneEvidence & { readonly listenedAtMs: number };

/** Nothing is left to be loaded, dialled or warmed up at the cost of the first caller. */
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
      "sound",
      `sound after ${ms} ms`,
      [error === undefined, error ?? ""],
      [!Number.isNaN(ms), `no sound: ${tellStream(stream)}`],
    );
    return Number.isNaN(ms) ? judgement : { ...judgement, ms };
  },
};
