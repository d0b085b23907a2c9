// A transfer to a person: who is connected with the caller, and who is not. The person is dialled by the simulated
// telephone.
// Follows https://www.twilio.com/docs/voice/twiml/number#attributes-url and .../twiml/dial

import type { CallEvidence } from "./evidence.ts";
import { eventOf, played } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

export interface TransfersEvidence {
  /** The person presses 1. */
  readonly accepted: CallEvidence;
  /** The person presses another key. */
  readonly declined: CallEvidence;
  /** What the model has written for the person. */
  readonly about: string;
}

export const transferScreened: SelftestCheck<TransfersEvidence> = {
  id: "transfer.screened",
  stage: "hangup",
  level: "error",
  requirement:
    "A person who presses 1 after hearing who calls has the caller; when they decline, the agent has the caller back and knows it.",
  source: "https://www.twilio.com/docs/voice/twiml/number#attributes-url",
  judge({ accepted, declined, about }) {
    const taken = connections(accepted);
    const back = connections(declined);
    const [, again] = declined.call.streams;
    const heard = [accepted, declined].map((evidence) => screenWords(evidence).some((words) => words.startsWith(about)));
    const knows = (declined.sessions[1]?.received ?? []).some((frame) => JSON.stringify(eventOf(frame)).includes("declined"));
    const actual = `${taken} connected who pressed 1, ${back} who declined; ${declined.call.streams.length} streams then, ${played(again).length / 8} ms heard on the second`;
    return allHold(
      "1 connected who pressed 1, none who declined, and then the agent on a second stream",
      actual,
      [heard.every(Boolean), "the person did not hear who calls"],
      [taken === 1 && accepted.call.end?.cause === "endOfDocument", actual],
      [accepted.call.streams.length === 1, `${accepted.call.streams.length} streams of the call that was taken`],
      [back === 0 && played(again).length > 0, actual],
      [knows, "the second model session was not informed of the transfer"],
      [accepted.records.length === 1 && declined.records.length === 1, "the two calls were not recorded once each"],
    );
  },
};

function connections({ call }: CallEvidence): number {
  return call.line.filter(({ kind }) => kind === "connected").length;
}

function screenWords({ call }: CallEvidence): readonly string[] {
  return call.dialled.flatMap((person) => person.call?.line ?? []).flatMap((event) => (event.kind === "say" ? [event.text] : []));
}
