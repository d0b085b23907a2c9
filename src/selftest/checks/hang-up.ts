// The end of a call: nothing is left of it, and a lost stream is not the end. The TwiML at the end is in webhook.ts.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message

import { type CallEvidence, describeStream, eventOf, listeningSession, played } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/** What a server still holds when all its calls have ended. */
export interface Leftovers {
  /** Calls that the server counts as running. */
  readonly calls: number;
  readonly callerSockets: number;
  readonly modelSockets: number;
  readonly timers: number;
  /** How often each call was recorded, by CallSid. */
  readonly records: ReadonlyMap<string, number>;
  /** Calls whose webhook was answered with a stream. */
  readonly callSids: readonly string[];
}

export const stopNoLeak: SelftestCheck<Leftovers> = {
  id: "stop.no-leak",
  stage: "hangup",
  level: "error",
  requirement: "After all calls have ended, no socket, timer or call is left, and each call is recorded once.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message",
  judge({ calls, callerSockets, modelSockets, timers, records, callSids }) {
    const actual = `${calls} calls, ${callerSockets} caller sockets, ${modelSockets} model sockets, ${timers} timers left`;
    const wrong = callSids.filter((callSid) => records.get(callSid) !== 1);
    return allHold(
      `nothing left, each of ${callSids.length} calls recorded once`,
      `${actual}; ${records.size} calls recorded`,
      [callSids.length > 0, "no call was accepted"],
      [calls + callerSockets + modelSockets + timers === 0, actual],
      [
        wrong.length === 0,
        `${wrong.length} of ${callSids.length} calls were not recorded once: ${wrong.map((sid) => `${sid} ${records.get(sid) ?? 0} times`).join(", ")}`,
      ],
    );
  },
};

export const streamResumed: SelftestCheck<CallEvidence> = {
  id: "stream.resumed",
  stage: "failure",
  level: "error",
  requirement: "When the stream's connection breaks, the call is connected again to the same model session.",
  source: "https://www.twilio.com/docs/voice/twiml/connect#action",
  judge({ call, sessions, records }) {
    const [first, second] = call.streams;
    const actual = `${call.streams.length} streams, ${sessions.length} model sessions, ${played(second).length / 8} ms heard on the second`;
    return allHold(
      "2 streams, 1 model session, the agent heard on both streams, 1 record",
      actual,
      [first?.end?.by === "network", describeStream(first)],
      [second?.openedAtMs !== undefined, `after the first stream: ${describeStream(second)}`],
      [played(first).length > 0 && played(second).length > 0, actual],
      [sessions.length === 1 && records.length === 1, `${actual}, ${records.length} records`],
      [second?.end?.by === "caller", describeStream(second)],
    );
  },
};

/** `badFrames`: how many frames were sent that Twilio never sends. */
export type BadFramesEvidence = CallEvidence & { readonly badFrames: number };

export const badFramesSurvived: SelftestCheck<BadFramesEvidence> = {
  id: "bad-frames.survived",
  stage: "media",
  level: "error",
  requirement: "Frames that cannot be read, or belong to another stream, are ignored and the call goes on.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages",
  judge({ call, sessions, replies, badFrames }) {
    const [stream] = call.streams;
    const types = (listeningSession({ sessions })?.received ?? []).map(eventOf).map(({ type }) => type);
    const heard = played(stream);
    const answerMs = Math.max(0, heard.length - (replies[0]?.length ?? 0)) / 8;
    const actual = `${badFrames} bad frames, ${describeStream(stream)}, ${answerMs} ms of the answer heard`;
    return allHold(
      "the stream stays open, and speech after the bad frames is answered",
      actual,
      [badFrames > 0 && types.includes("input_audio_buffer.append"), `${badFrames} bad frames, and the model received no audio`],
      [stream?.end?.by === "caller", actual],
      [answerMs > 0, actual],
    );
  },
};
