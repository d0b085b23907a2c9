// The server must tolerate returned marks, and end the stream and its model session after stop.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message and #stop-message

import type { DoctorCheck } from "../evidence/evidence.ts";
import { firstStream, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";
import { failedByEnd } from "./start.ts";

/** Audio this long after stop may have been on its way already. */
const IN_FLIGHT_MS = 600;

const markEcho: DoctorCheck = {
  id: "mark.echo",
  stage: "hangup",
  level: "error",
  requirement: "The stream stays open when marks come back: each after the audio before it was played, and all at once after a clear.",
  expected: "the stream stays open when a mark comes back",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message",
  judge: onStream((stream) => {
    const failure = failedByEnd(stream, "mark-drops-stream");
    if (failure !== undefined) return failure;
    const sent = stream.fromServer.filter(({ message }) => message?.type === "mark").length;
    const returned = stream.fromTwilio.filter(({ event }) => event === "mark").length;
    if (sent === 0) return untested("the server sends no marks: it cannot know how much of a reply was heard");
    return passed(`${sent} marks, ${returned} came back`);
  }),
};

const stopCloses: DoctorCheck = {
  id: "stop.closes",
  stage: "hangup",
  level: "warning",
  requirement:
    "After stop the server closes the stream, or answers Twilio's close, and sends nothing more: a model session that continues costs money.",
  expected: "the stream ends after stop",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message",
  judge: (evidence) => {
    const stream = firstStream(evidence);
    if (stream?.hungUpAtMs === undefined) return untested("the call ended before the caller hung up");
    const { hungUpAtMs, closed, fromServer, log, broken } = stream;
    const late = fromServer.filter(({ atMs, message }) => message?.type === "media" && atMs > hungUpAtMs + IN_FLIGHT_MS).length;
    if (late > 0) return failed("stream-open-after-stop", `${late} media messages arrived more than ${seconds(IN_FLIGHT_MS)} after stop`);
    if (broken !== undefined) return passed(`ended after ${seconds(broken.atMs - hungUpAtMs)}, without a close: ${broken.bad}`);
    if (closed === undefined || log.end?.code === 1006)
      return failed("stream-open-after-stop", "the server did not close it, and did not answer Twilio's close");
    const ms = Math.round(closed.atMs - hungUpAtMs);
    const lingerMs = evidence.calls[0]?.call.options.stopLingerMs ?? 0;
    // Twilio closes the stream itself: a server that waits for that has done nothing wrong.
    const actual = ms < lingerMs || lingerMs === 0 ? `closed after ${seconds(ms)}` : `left to Twilio, whose close it answered`;
    return passed(actual, { ms });
  },
};

/** In the order of a call. */
export const HANGUP_CHECKS: readonly DoctorCheck[] = [markEcho, stopCloses];
