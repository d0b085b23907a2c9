// A stream must stay open: at its start, when audio, keys and marks arrive, and when something arrives that Twilio may
// add one day.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { CauseCode } from "../causes/causes.ts";
import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, DoctorJudgement } from "../evidence/evidence.ts";
import { actionOf, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";

const messagesPage = "https://www.twilio.com/docs/voice/media-streams/websocket-messages";
const expected = "the stream stays open";

/** Fails when the stream ended early for one of these causes. Undefined: it did not. */
export function failedByEnd(stream: StreamFacts, ...causes: readonly CauseCode[]): DoctorJudgement | undefined {
  const end = earlyEnd(stream);
  if (end?.cause === undefined || !causes.includes(end.cause)) return undefined;
  return failed(end.cause, end.description, {
    evidence: [end.hint],
    ...(end.twilioCode === undefined ? {} : { twilioCode: end.twilioCode }),
  });
}

const startFailures: readonly CauseCode[] = [
  ...(["stream-closes-on-start", "stream-protocol-error", "stream-dropped"] as const),
  ...(["stream-http-response", "stream-compressed"] as const),
];

/** How long the doctor listened. */
function openTime({ openedAtMs, hungUpAtMs, endAtMs }: StreamFacts): string {
  return `open for ${seconds((hungUpAtMs ?? endAtMs) - openedAtMs)}${hungUpAtMs === undefined ? "" : ", until the caller hung up"}`;
}

const startStaysOpen: DoctorCheck = {
  id: "start.stays-open",
  stage: "start",
  level: "error",
  requirement: "The stream stays open from start until the caller hangs up, or the server has finished speaking.",
  expected,
  source: `${messagesPage}#start-message`,
  judge: onStream((stream) => {
    const failure = failedByEnd(stream, ...startFailures);
    if (failure !== undefined) return failure;
    const end = earlyEnd(stream);
    if (end === undefined) return passed(openTime(stream));
    return passed(end.cause === undefined ? `the server hung up ${end.description}` : "it was open until audio arrived");
  }),
};

const mediaStaysOpen: DoctorCheck = {
  id: "media.stays-open",
  stage: "media",
  level: "error",
  requirement: "The stream stays open when audio, keys and marks arrive.",
  expected,
  source: `${messagesPage}#media-message`,
  judge: onStream((stream) => {
    const failure = failedByEnd(stream, "stream-closes-on-media", "stream-closes-on-dtmf");
    if (failure !== undefined) return failure;
    const count = stream.fromTwilio.filter(({ event }) => event === "media").length;
    if (count === 0) return untested("the stream ended before any audio was sent");
    return passed(`open after ${count} media messages${actionOf(stream, "pressed") === undefined ? "" : " and a key"}`);
  }),
};

const unknownFields: DoctorCheck = {
  id: "start.unknown-fields",
  stage: "start",
  level: "error",
  requirement: "The server ignores events and fields that it does not know: Twilio adds them without notice.",
  expected: "an unknown field and an unknown event change nothing",
  source: messagesPage,
  judge: onStream((stream) => {
    if (actionOf(stream, "sent.unknown-field") === undefined) return untested("the call ended before they were sent");
    return failedByEnd(stream, "stream-closes-on-unknown-message") ?? passed("nothing changed");
  }),
};

/** In the order of a call. */
export const START_CHECKS: readonly DoctorCheck[] = [startStaysOpen, mediaStaysOpen, unknownFields];
