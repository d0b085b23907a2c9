// What a server owes to the end of a call: nothing is left of it, and a stream that was only lost is no end. Not the
// end's TwiML (webhook.ts).
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message

import { type CallEvidence, eventOf, played, tellStream } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/** What is left in a server when all its calls have ended. */
export interface LeftOver {
  /** Calls that the server takes to be going on. */
  readonly calls: number;
  readonly callerSockets: number;
  readonly modelSockets: number;
  readonly timers: number;
  /** By CallSid how often each call's end was recorded. */
  readonly records: ReadonlyMap<string, number>;
  /** Calls that had a webhook answered with a stream. */
  readonly callSids: readonly string[];
}

export const stopNoLeak: SelftestCheck<LeftOver> = {
  id: "stop.no-leak",
  stage: "hangup",
  level: "error",
  requirement: "After all calls have ended, no socket, timer or call is left, and each call is recorded once.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message",
  judge({ calls, callerSockets, modelSockets, timers, records, callSids }) {
    const told = `${calls} calls, ${callerSockets} sockets of callers, ${modelSockets} of models, ${timers} timers left`;
    const wrong = callSids.filter((callSid) => records.get(callSid) !== 1);
    return allHold(
      `nothing left, ${callSids.length} calls recorded once each`,
      `${told}; ${records.size} calls recorded`,
      [callSids.length > 0, "no call was taken"],
      [calls + callerSockets + modelSockets + timers === 0, told],
      [
        wrong.length === 0,
        `${wrong.length} of ${callSids.length} calls were recorded not once: ${wrong.map((sid) => `${sid} ${records.get(sid) ?? 0} times`).join(", ")}`,
      ],
    );
  },
};

/** A stream that breaks is connected again. */
export const streamResumed: SelftestCheck<CallEvidence> = {
  id: "stream.resumed",
  stage: "failure",
  level: "error",
  requirement: "When the stream's connection breaks, the call is connected again to the same model session.",
  source: "https://www.twilio.com/docs/voice/twiml/connect#action",
  judge({ call, sessions, records }) {
    const [first, second] = call.streams;
    const told = `${call.streams.length} streams, ${sessions.length} model sessions, ${played(second).length / 8} ms heard of the second`;
    return allHold(
      "2 streams, 1 model session, the agent heard on both, 1 record",
      told,
      [first?.end?.by === "network", tellStream(first)],
      [second?.openedAtMs !== undefined, `${tellStream(second)}; after the first one`],
      [played(first).length > 0 && played(second).length > 0, told],
      [sessions.length === 1 && records.length === 1, `${told}, ${records.length} records`],
      [second?.end?.by === "caller", tellStream(second)],
    );
  },
};

/** What a tester in the line sent that Twilio never would. */
export type BadFramesEvidence = CallEvidence & { readonly badFrames: number };

/** Bad frames end nothing. */
export const badFramesSurvived: SelftestCheck<BadFramesEvidence> = {
  id: "bad-frames.survived",
  stage: "media",
  level: "error",
  requirement: "Frames that cannot be read, or belong to another stream, are ignored and the call goes on.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages",
  judge({ call, sessions, replies, badFrames }) {
    const [stream] = call.streams;
    const types = (sessions[0]?.received ?? []).map(eventOf).map(({ type }) => type);
    const heard = played(stream);
    const answerMs = Math.max(0, heard.length - (replies[0]?.length ?? 0)) / 8;
    const told = `${badFrames} bad frames, ${tellStream(stream)}, ${answerMs} ms of the answer heard`;
    return allHold(
      "the stream stays, and speech after the bad frames is answered",
      told,
      [badFrames > 0 && types.includes("input_audio_buffer.append"), `${badFrames} bad frames, the model heard nothing`],
      [stream?.end?.by === "caller", told],
      [answerMs > 0, told],
    );
  },
};
