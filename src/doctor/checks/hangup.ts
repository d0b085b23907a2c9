// What a server owes to marks that come back, and to the end of a call.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message and #stop-message

import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck } from "../evidence/evidence.ts";
import { firstStream, seconds, untried } from "../evidence/stream-facts.ts";

/** What is still on its way when stop comes. */
const ON_THE_WAY_MS = 600;

const marks: DoctorCheck = {
  id: "mark.echo",
  stage: "hangup",
  level: "error",
  requirement: "Marks come back when what was sent before them has been played, all at once after a clear, and the stream goes on.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message",
  judge(evidence) {
    const expected = "the stream stays open when a mark comes back";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    const end = earlyEnd(facts);
    if (end?.cause === "mark-drops-stream")
      return { ok: false, expected, actual: end.told, evidence: [end.hint], twilioCode: end.twilioCode, cause: "mark-drops-stream" };
    const sent = facts.fromServer.filter(({ message }) => message?.type === "mark").length;
    const returned = facts.fromTwilio.filter(({ event }) => event === "mark").length;
    if (sent === 0) return untried(expected, "the server sends no marks: it cannot know what was heard of a reply");
    return { ok: true, expected, actual: `${sent} marks, ${returned} came back` };
  },
};

const closes: DoctorCheck = {
  id: "stop.closes",
  stage: "hangup",
  level: "warning",
  requirement:
    "After stop a server closes the stream, or lets Twilio close it, and sends nothing more: a model session that goes on costs money.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#stop-message",
  judge(evidence) {
    const expected = "the stream is closed when stop has come";
    const facts = firstStream(evidence);
    if (facts?.hungUpAtMs === undefined) return untried(expected, "the caller did not come to hang up");
    const { hungUpAtMs, closed, fromServer, log } = facts;
    const late = fromServer.filter(({ atMs, message }) => message?.type === "media" && atMs > hungUpAtMs + ON_THE_WAY_MS).length;
    const ms = closed === undefined ? undefined : Math.round(closed.atMs - hungUpAtMs);
    if (late > 0) {
      const actual = `${late} messages of audio came more than ${seconds(ON_THE_WAY_MS)} after stop`;
      return { ok: false, expected, actual, cause: "stream-open-after-stop" };
    }
    if (ms === undefined || log.end?.code === 1006)
      return { ok: false, expected, actual: "it was not closed, and Twilio's own close was not answered", cause: "stream-open-after-stop" };
    const lingerMs = evidence.calls[0]?.call.options.stopLingerMs ?? 0;
    if (ms < lingerMs || lingerMs === 0) return { ok: true, expected, actual: `closed after ${seconds(ms)}`, ms };
    const actual = `open for ${seconds(ms)} after stop, until Twilio closed it: see that the model's session ends with it`;
    return { ok: false, level: "info", expected, actual, ms, cause: "stream-open-after-stop" };
  },
};

/** In the order of a call. */
export const HANGUP_CHECKS: readonly DoctorCheck[] = [marks, closes];
