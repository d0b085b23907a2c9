// What a server owes to the beginning of a stream: `start` is taken, the model is had, and the first call after start-up is a call like any other.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message

import { allHold, type Check } from "./check.ts";
import { applicationError, type CallEvidence, endedByServer, eventOf, type TelephoneEvidence, tellStream } from "./evidence.ts";

/** The stream stays, and a model answers it. */
export const startAccepted: Check<CallEvidence> = {
  id: "start.accepted",
  title: "start is accepted",
  requirement:
    "A stream whose start carries what the TwiML gave is kept open until the caller hangs up, and one model session is opened for it.",
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
export const startRefused: Check<readonly CallEvidence[]> = {
  id: "start.refused",
  title: "a stream without the webhook's token is refused",
  requirement:
    "A stream that does not bring back the token of its call's TwiML is closed by the server, before a model hears or says anything: the stream's URL is no secret. The webhook was signed: at it a model may be dialled.",
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
export const firstCall: Check<FirstCallEvidence> = {
  id: "first-call",
  title: "the first call right after start-up is answered",
  requirement:
    "A call that comes the moment the server listens is answered, and hears the agent; the time from listening to the first sound is told.",
  source: "https://www.twilio.com/docs/voice/twiml",
  judge(evidence) {
    const [stream] = evidence.call.streams;
    const ms = Math.round((stream?.firstMediaAtMs ?? Number.NaN) - evidence.listenedAtMs);
    const error = applicationError(evidence);
    const verdict = allHold(
      "sound",
      `sound after ${ms} ms`,
      [error === undefined, error ?? ""],
      [!Number.isNaN(ms), `no sound: ${tellStream(stream)}`],
    );
    return Number.isNaN(ms) ? verdict : { ...verdict, ms };
  },
};
