// Which check judges which scenario. A check without evidence fails and says so: nothing is skipped.

import { type Finding, findingOf, type Judgement } from "../report/finding.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import {
  fallbackAnswered,
  modelBusyRecovered,
  modelExpiredRecovered,
  modelKeyApology,
  modelLostRecovered,
  modelQuotaApology,
  modelSilentRecovered,
  prewarmSaves,
  type RecoveryEvidence,
  responseFailedRecovered,
  serverThrowsApology,
  streamFormatApology,
} from "./checks/failures.ts";
import {
  handshakeAudioTwilio,
  handshakeModelHangs,
  handshakeNoSubprotocol,
  handshakeSeveral,
  handshakeUnknownOnly,
} from "./checks/handshake.ts";
import { badFramesSurvived, type Leftovers, stopNoLeak, streamResumed } from "./checks/hang-up.ts";
import { interruptClear, interruptTruncate, marksAccounted } from "./checks/interrupt.ts";
import type { SelftestCheck } from "./checks/judgement.ts";
import { callsIsolated, greetingHeard, replyUnchanged, speechUnchanged } from "./checks/media.ts";
import { dtmfForwarded, modelDownApology, nothingThrown } from "./checks/model.ts";
import { firstCall, startAccepted, startRefused } from "./checks/start.ts";
import { transferScreened } from "./checks/transfers.ts";
import {
  afterUnknownCall,
  callbacksAnswered,
  type ProxiedEvidence,
  twimlPublic,
  twimlShape,
  webhookSigned,
  webhookUnsigned,
  webhookWrongToken,
} from "./checks/webhook.ts";
import { EXPECTED_REPLY, PREWARM_LAG_MS, START_MS } from "./failure-scenarios.ts";
import type { ScenarioResult } from "./play-scenario.ts";
import { badTexts, DIGIT, GREETING_HZ, SIMULTANEOUS_CALLS } from "./scenarios.ts";
import { ABOUT } from "./transfer-scenarios.ts";

/** All evidence of a run. What is undefined or missing never came. */
export interface RunEvidence {
  readonly scenes: ReadonlyMap<string, ScenarioResult>;
  readonly listenedAtMs: number;
  readonly proxied: ProxiedEvidence | undefined;
  readonly leftovers: Leftovers | undefined;
  readonly thrown: readonly string[];
}

/** A check with the way to its evidence. */
export interface PlannedCheck {
  readonly id: string;
  judge(run: RunEvidence): Finding;
}

type EvidenceOf = (name: string) => CallEvidence;

/** `pick` returns the check's evidence from the scenarios named; undefined when it never came. */
function plan<E>(
  check: SelftestCheck<E>,
  names: readonly string[],
  pick: (scene: EvidenceOf, run: RunEvidence) => E | undefined,
): PlannedCheck {
  return {
    id: check.id,
    judge(run) {
      const played = names.flatMap((name) => run.scenes.get(name) ?? []);
      const missing = names.filter((name) => !run.scenes.has(name));
      const scene: EvidenceOf = (name) => (run.scenes.get(name) as ScenarioResult).evidence; // one of `names`, none of which is missing
      const evidence = missing.length === 0 ? pick(scene, run) : undefined;
      const judgement = evidence === undefined ? noEvidence(missing) : check.judge(evidence);
      const broke = played.flatMap((one) => one.broke ?? []);
      const why = judgement.ok || broke.length === 0 ? "" : ` (the call broke off: ${broke.join("; ")})`;
      return findingOf(check, { ...judgement, actual: judgement.actual + why });
    },
  };
}

function noEvidence(missing: readonly string[]): Judgement {
  const what = missing.length === 0 ? "what it judges by" : `the call "${missing.join('", "')}"`;
  return { ok: false, expected: "evidence", actual: `none: ${what} did not end in time` };
}

function planOne(check: SelftestCheck<CallEvidence>, name: string): PlannedCheck {
  return plan(check, [name], (scene) => scene(name));
}

/** A failure that voice recovers from, in the scenario of the same name. */
function planRecovery(check: SelftestCheck<RecoveryEvidence>): PlannedCheck {
  const name = check.id.replace(".", "-");
  return plan(check, [name], (scene) => ({ ...scene(name), reply: EXPECTED_REPLY }));
}

/** A failure that ends with an apology, in the scenario of the same name. */
function planApology(check: SelftestCheck<CallEvidence>): PlannedCheck {
  return planOne(check, check.id.replace(".", "-"));
}

/** In the order of a call. */
export const plannedChecks: readonly PlannedCheck[] = [
  plan(firstCall, ["first"], (scene, { listenedAtMs }) => ({ ...scene("first"), listenedAtMs })),
  planOne(webhookSigned, "conversation"),
  planOne(webhookUnsigned, "unsigned"),
  planOne(webhookWrongToken, "wrong-token"),
  planOne(twimlShape, "conversation"),
  plan(twimlPublic, [], (_, { proxied }) => proxied),
  planOne(handshakeNoSubprotocol, "no-subprotocol"),
  planOne(handshakeAudioTwilio, "audio-twilio-com"),
  planOne(handshakeSeveral, "several"),
  planOne(handshakeUnknownOnly, "unknown-only"),
  planOne(handshakeModelHangs, "model-hangs"),
  planOne(startAccepted, "conversation"),
  plan(startRefused, ["no-token", "forged-token"], (scene) => [scene("no-token"), scene("forged-token")]),
  plan(greetingHeard, ["keys"], (scene) => ({ ...scene("keys"), greetingHz: GREETING_HZ })),
  planOne(speechUnchanged, "early"),
  planOne(replyUnchanged, "conversation"),
  planOne(interruptClear, "interrupted"),
  planOne(interruptTruncate, "interrupted"),
  planOne(marksAccounted, "interrupted"),
  plan(dtmfForwarded, ["keys"], (scene) => ({ ...scene("keys"), digit: DIGIT })),
  plan(badFramesSurvived, ["bad-frames"], (scene) => ({ ...scene("bad-frames"), badFrames: badTexts.length + 1 })),
  plan(callsIsolated, ["twin-1", "twin-2"], (scene) => {
    return [
      { ...scene("twin-1"), ...SIMULTANEOUS_CALLS[0] },
      { ...scene("twin-2"), ...SIMULTANEOUS_CALLS[1] },
    ] as const;
  }),
  planOne(streamResumed, "resumed"),
  plan(transferScreened, ["transfer-accepted", "transfer-declined"], (scene) => {
    return { accepted: scene("transfer-accepted"), declined: scene("transfer-declined"), about: ABOUT };
  }),
  planOne(modelDownApology, "model-down"),
  planOne(afterUnknownCall, "unknown-call"),
  planOne(callbacksAnswered, "first"),
  ...[modelKeyApology, modelQuotaApology, streamFormatApology, serverThrowsApology].map(planApology),
  ...[modelBusyRecovered, modelLostRecovered, modelExpiredRecovered, modelSilentRecovered, responseFailedRecovered, fallbackAnswered].map(
    planRecovery,
  ),
  plan(prewarmSaves, ["prewarmed", "cold"], (scene) => {
    return { warm: scene("prewarmed"), cold: scene("cold"), lagMs: PREWARM_LAG_MS, startMs: START_MS };
  }),
  plan(stopNoLeak, [], (_, { leftovers }) => leftovers),
  plan(nothingThrown, [], (_, run) => run),
];
