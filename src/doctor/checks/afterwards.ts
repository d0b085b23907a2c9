// A server must work for the next caller too: the webhook and the handshake are requested again after the calls.

import type { DoctorCheck, Evidence, HandshakeTry, WebhookTry } from "../evidence/evidence.ts";
import { failed, passed, untested } from "./judgement.ts";

/** Nothing accepts connections, or a proxy finds nothing behind it. */
function isDown({ failure, status }: { readonly failure?: { readonly kind: string }; readonly status: number | undefined }): boolean {
  return failure !== undefined || [502, 503, 504].includes(status ?? 0);
}

interface Again {
  readonly what: string;
  readonly isGood: boolean;
  readonly isDown: boolean;
  readonly result: string;
}

/** Redirects are not followed here: the status of the call's own first answer is as good as TwiML. */
function ofWebhook(tried: WebhookTry, usualStatus: number | undefined): Again {
  const { status, failure, isTwiml } = tried;
  const result = failure === undefined ? `HTTP ${status}${isTwiml ? "" : ", no TwiML"}` : failure.detail;
  return {
    what: "webhook",
    isGood: isTwiml || status === 429 || (status === usualStatus && status !== 200),
    isDown: isDown(tried),
    result,
  };
}

function ofHandshake({ answer, failure }: HandshakeTry): Again {
  const status = answer?.head.status;
  const isBusy = status === 429;
  const result = failure === undefined ? `HTTP ${status}` : failure.detail;
  return { what: "handshake", isGood: status === 101 || isBusy, isDown: isDown({ status, ...(failure && { failure }) }), result };
}

/** The requests after the calls of which the first failed, and how each went. */
export function failedAfterwards({ afterwards, calls: [first] }: Evidence): readonly Again[] | undefined {
  const usualStatus = first?.call.exchanges[0]?.answer?.status;
  const legs = [afterwards?.webhook.map((tried) => ofWebhook(tried, usualStatus)) ?? [], afterwards?.handshake.map(ofHandshake) ?? []];
  return legs.find(([tried]) => tried !== undefined && !tried.isGood);
}

const nextCall: DoctorCheck = {
  id: "afterwards.works",
  stage: "hangup",
  level: "error",
  requirement: "After a call, the webhook and the handshake work as before: the process has survived, and accepts another call.",
  expected: "the same answers as before the call",
  source: "https://www.twilio.com/docs/voice/media-streams",
  judge: (evidence) => {
    if (evidence.afterwards === undefined) return untested("the call got nowhere, so nothing was requested after it");
    const again = failedAfterwards(evidence);
    if (again === undefined) return passed("webhook and handshake answer as before");
    const [first, second] = again;
    const isBack = second?.isGood === true;
    const actual = `after the call, the ${first?.what}: ${first?.result}${isBack ? "; it works again 2.5 s later" : ""}`;
    return failed(first?.isDown === true ? "process-died" : "works-once", actual, {
      evidence: again.map(({ what, result }) => `${what} after the call: ${result}`),
    });
  },
};

export const AFTERWARDS_CHECKS: readonly DoctorCheck[] = [nextCall];
