// Which check looks at which scene. A check whose scene left no evidence fails and says so: nothing is ever skipped.

import type { Check, Verdict } from "./checks/check.ts";
import type { CallEvidence } from "./checks/evidence.ts";
import {
  busyMended,
  expiredMended,
  failedMended,
  fallbackTaken,
  formatTold,
  lostMended,
  type MendedEvidence,
  modelKeyTold,
  prewarmSaves,
  quotaTold,
  silentMended,
  throwTold,
} from "./checks/faults.ts";
import {
  handshakeAudioTwilio,
  handshakeModelHangs,
  handshakeNoSubprotocol,
  handshakeSeveral,
  handshakeUnknownOnly,
} from "./checks/handshake.ts";
import { badFramesSurvived, type LeftOver, stopNoLeak, streamResumed } from "./checks/hang-up.ts";
import { interruptClear, interruptTruncate, marksAccounted } from "./checks/interrupt.ts";
import { callsIsolated, greetingHeard, replyUnchanged, speechUnchanged } from "./checks/media.ts";
import { dtmfTold, modelDownSentence, nothingThrown } from "./checks/model.ts";
import { firstCall, startAccepted, startRefused } from "./checks/start.ts";
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
import { DUE_REPLY, PREWARM_LAG_MS, START_MS } from "./fault-scenes.ts";
import { badTexts, DIGIT, GREETING_HZ, TWINS } from "./scenes.ts";
import type { Played } from "./stage.ts";

/** All that was gathered; what is missing never came. */
export interface Gathered {
  readonly scenes: ReadonlyMap<string, Played>;
  readonly listenedAtMs: number;
  readonly proxied: ProxiedEvidence | undefined;
  readonly leftOver: LeftOver | undefined;
  readonly thrown: readonly string[];
}

/** A check that was made. */
export interface CheckResult extends Omit<Check<never>, "judge"> {
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  readonly ms: number;
}

/** A check, and how to judge by what was gathered. */
export interface PlannedCheck {
  readonly id: string;
  judge(gathered: Gathered): CheckResult;
}

type Scenes = (name: string) => CallEvidence;

/** Plans a check: `of` picks the evidence, throwing where there is none, which is then what the check says. */
function plan<E>(check: Check<E>, names: readonly string[], of: (scene: Scenes, gathered: Gathered) => E | undefined): PlannedCheck {
  return {
    id: check.id,
    judge(gathered) {
      const played = names.flatMap((name) => gathered.scenes.get(name) ?? []);
      const missing = names.filter((name) => !gathered.scenes.has(name));
      const scene: Scenes = (name) => (gathered.scenes.get(name) as Played).evidence; // of `names` alone, none of which is missing
      const evidence = missing.length === 0 ? of(scene, gathered) : undefined;
      const verdict = evidence === undefined ? noEvidence(missing) : check.judge(evidence);
      const broke = played.flatMap((one) => one.broke ?? []);
      const { id, title, requirement, source } = check;
      const ok = verdict.verdict === "passed";
      const why = ok || broke.length === 0 ? "" : ` (the call did not go on: ${broke.join("; ")})`;
      const ms = verdict.ms ?? Math.max(0, ...played.map((one) => one.ms));
      return { id, title, requirement, source, ok, expected: verdict.expected, actual: verdict.actual + why, ms };
    },
  };
}

function noEvidence(missing: readonly string[]): Verdict {
  const what = missing.length === 0 ? "what it judges by" : `the call "${missing.join('", "')}"`;
  return { verdict: "failed", expected: "evidence", actual: `none: ${what} did not come to an end` };
}

/** A check of one scene's evidence as it is. */
function planOne(check: Check<CallEvidence>, name: string): PlannedCheck {
  return plan(check, [name], (scene) => scene(name));
}

/** A check of a fault that is mended, in the scene of its name. */
function planMended(check: Check<MendedEvidence>): PlannedCheck {
  const name = check.id.replace(".", "-");
  return plan(check, [name], (scene) => ({ ...scene(name), reply: DUE_REPLY }));
}

/** A check of a fault that the caller is told of, in the scene of its name. */
function planTold(check: Check<CallEvidence>): PlannedCheck {
  return planOne(check, check.id.replace(".", "-"));
}

/** Every check, in the order of a call. */
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
  plan(greetingHeard, ["conversation"], (scene) => ({ ...scene("conversation"), greetingHz: GREETING_HZ })),
  planOne(speechUnchanged, "early"),
  planOne(replyUnchanged, "conversation"),
  planOne(interruptClear, "interrupted"),
  planOne(interruptTruncate, "interrupted"),
  planOne(marksAccounted, "interrupted"),
  plan(dtmfTold, ["keys"], (scene) => ({ ...scene("keys"), digit: DIGIT })),
  plan(badFramesSurvived, ["bad-frames"], (scene) => ({ ...scene("bad-frames"), badFrames: badTexts.length + 1 })),
  plan(callsIsolated, ["twin-1", "twin-2"], (scene) => {
    return [
      { ...scene("twin-1"), ...TWINS[0] },
      { ...scene("twin-2"), ...TWINS[1] },
    ] as const;
  }),
  planOne(streamResumed, "resumed"),
  planOne(modelDownSentence, "model-down"),
  planOne(afterUnknownCall, "unknown-call"),
  planOne(callbacksAnswered, "first"),
  ...[modelKeyTold, quotaTold, formatTold, throwTold].map(planTold),
  ...[busyMended, lostMended, expiredMended, silentMended, failedMended, fallbackTaken].map(planMended),
  plan(prewarmSaves, ["prewarmed", "cold"], (scene) => {
    return { warm: scene("prewarmed"), cold: scene("cold"), lagMs: PREWARM_LAG_MS, startMs: START_MS };
  }),
  plan(stopNoLeak, [], (_, { leftOver }) => leftOver),
  plan(nothingThrown, [], (_, gathered) => gathered),
];
