// What a server owes to the beginning of a stream: `connected` and `start` are borne, and so is what Twilio may send one day.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { type EarlyEnd, earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, Judged } from "../evidence/evidence.ts";
import { firstStream, type StreamFacts, stepOf, untried } from "../evidence/stream-facts.ts";

/** Which ends of a stream are whose check's. */
const startCauses: ReadonlySet<string> = new Set(["stream-closes-on-start", "stream-protocol-error", "stream-dropped"]);

function failed(expected: string, { told, hint, cause, twilioCode }: EarlyEnd): Judged {
  return { ok: false, expected, actual: told, evidence: [hint], twilioCode, ...(cause === undefined ? {} : { cause }) };
}

const survives: DoctorCheck = {
  id: "start.survives",
  stage: "start",
  level: "error",
  requirement: "A stream is kept open from start until the caller hangs up, or the server has said what it has to say.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
  judge(evidence) {
    const expected = "the stream stays open";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    const end = earlyEnd(facts);
    if (end === undefined) return { ok: true, expected, actual: "it stayed open" };
    if (end.cause === undefined) return { ok: true, expected, actual: `the server hung up ${end.told}` };
    return startCauses.has(end.cause) ? failed(expected, end) : { ok: true, expected, actual: "it was open until audio came" };
  },
};

const mediaSurvives: DoctorCheck = {
  id: "media.survives",
  stage: "media",
  level: "error",
  requirement: "A stream is kept open when audio, keys and marks come in.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message",
  judge(evidence) {
    const expected = "the stream stays open";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    const end = earlyEnd(facts);
    const isMine = end?.cause === "stream-closes-on-media" || end?.cause === "stream-closes-on-dtmf";
    if (end !== undefined && isMine) return failed(expected, end);
    const frames = facts.fromTwilio.filter(({ event }) => event === "media").length;
    if (frames === 0) return untried(expected, "no audio was sent before the end");
    return { ok: true, expected, actual: `it took ${frames} media messages${stepOf(facts, "pressed") === undefined ? "" : " and a key"}` };
  },
};

const unknownSurvives: DoctorCheck = {
  id: "start.unknown-fields",
  stage: "start",
  level: "error",
  requirement: "Events and fields that a server does not know are passed over: Twilio adds them without notice.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages",
  judge(evidence) {
    const expected = "an unknown field and an unknown event change nothing";
    const facts = firstStream(evidence);
    if (facts === undefined || !wasProbed(facts)) return untried(expected, "the call did not get so far");
    const end = earlyEnd(facts);
    if (end?.cause === "stream-closes-on-unknown-message") return failed(expected, end);
    return { ok: true, expected, actual: "nothing changed" };
  },
};

function wasProbed(facts: StreamFacts): boolean {
  return stepOf(facts, "sent.unknown-field") !== undefined;
}

/** In the order of a call. */
export const START_CHECKS: readonly DoctorCheck[] = [survives, mediaSurvives, unknownSurvives];
