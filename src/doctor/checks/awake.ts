// A server must be awake when a call comes in: Twilio does not place the call again. The doctor does, so it
// can distinguish a server that was asleep from one that is broken.

import type { CauseCode } from "../causes/causes.ts";
import type { DoctorCall, DoctorCheck, DoctorJudgement, Evidence } from "../evidence/evidence.ts";
import { describeExchange, judgedExchange } from "../evidence/exchanges.ts";
import { type FailedLeg, failedLeg } from "../evidence/failed-leg.ts";
import { seconds } from "../evidence/stream-facts.ts";
import { failed, passed, untested } from "./judgement.ts";

const source = "https://www.twilio.com/docs/usage/security/availability-reliability";
const expected = "the first call works";

function judgeAwake(leg: FailedLeg, cause: CauseCode): (evidence: Evidence) => DoctorJudgement {
  return ({ calls: [judged], failedBefore = [] }) => {
    const asleep = failedBefore.filter((call) => failedLeg(call) === leg);
    const [first] = asleep;
    if (judged === undefined) return untested("there was no call");
    if (first === undefined) return failedLeg(judged) === undefined ? passed("the first call worked") : untested("no call worked");
    const problem = first.call.problems.find(({ level }) => level === "error");
    const afterMs = judged.call.placedAtMs - first.call.placedAtMs;
    const what = problem === undefined ? "the first call failed" : `the first call failed: ${problem.twilioCode}, ${problem.what}`;
    return failed(cause, `${what}; the same call worked ${seconds(afterMs)} later`, {
      ...(problem === undefined ? {} : { twilioCode: problem.twilioCode }),
      evidence: [...asleep, judged].map((call) => describeAttempt(call, call.call.placedAtMs - first.call.placedAtMs)),
    });
  };
}

function describeAttempt(attempt: DoctorCall, afterMs: number): string {
  const { call } = attempt;
  const exchange = judgedExchange(call);
  const request = exchange === undefined ? "" : ` ${describeExchange(exchange)};`;
  const status = call.streams[0]?.answer?.head.status;
  const handshake = status === undefined ? "" : ` handshake: HTTP ${status};`;
  const leg = failedLeg(attempt);
  return `call after ${seconds(afterMs)}:${request}${handshake} ${leg === undefined ? "worked" : `failed at the ${leg}`}`;
}

const shared = { level: "error", expected, source } as const;

export const AWAKE_CHECKS: readonly DoctorCheck[] = [
  {
    ...shared,
    id: "webhook.awake",
    stage: "webhook",
    requirement: "The webhook answers the first request as it answers later ones: the server does not sleep.",
    judge: judgeAwake("webhook", "webhook-cold-start"),
  },
  {
    ...shared,
    id: "handshake.awake",
    stage: "handshake",
    requirement: "The first handshake is accepted as later ones are: the server does not sleep.",
    judge: judgeAwake("handshake", "handshake-cold-start"),
  },
  {
    ...shared,
    id: "start.awake",
    stage: "start",
    requirement: "The first stream stays open as later ones do: the server does not sleep.",
    judge: judgeAwake("start", "stream-cold-start"),
  },
];
