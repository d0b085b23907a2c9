// Why a call went as it did, in one verdict: from what voice stored, and from what Twilio knows of the call. Pure.

import { type CallStory, endedOnPurpose, type StoredCall } from "../adapters/store/read-calls.ts";
import { fixOf } from "../adapters/webhooks/alert.ts";
import { describeTwilioError } from "../protocol/twilio-errors.ts";
import { oneLine, type Paint } from "../report/terminal.ts";

/** What Twilio's API says of the call. */
export interface TwilioView {
  /** https://www.twilio.com/docs/voice/api/call-resource#call-status-values; undefined: Twilio does not know the call. */
  readonly status: string | undefined;
  /** Error codes of its alerts, the newest first. */
  readonly errorCodes: readonly string[];
}

export interface Why {
  readonly verdict: string;
  readonly isGood: boolean;
  /** What led to it, and what to do. */
  readonly details: readonly string[];
}

/** A caller notices a longer wait. */
const LONG_ANSWER_MS = 2_000;
const MAX_DETAIL_CHARS = 300;

/** `story`: undefined when voice has not stored the call; `twilio`: undefined without credentials. */
export function whyOf(callSid: string, story: CallStory | undefined, twilio: TwilioView | undefined): Why {
  const ofTwilio = twilio === undefined ? [] : twilioDetails(twilio);
  if (story === undefined) return unknownCall(callSid, twilio, ofTwilio);
  const { call } = story;
  if (call.endedMs === null) return { verdict: "The call is running.", isGood: true, details: ofTwilio };
  const isGood = endedOnPurpose(call) && call.fallback !== "apology" && ofTwilio.length === 0;
  return { verdict: verdictOf(call), isGood, details: [...ofVoice(story), ...slowAnswers(story), ...ofTwilio] };
}

function unknownCall(callSid: string, twilio: TwilioView | undefined, ofTwilio: readonly string[]): Why {
  if (twilio === undefined) {
    const details = ["set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: then Twilio is asked, too"];
    return { verdict: `voice has not stored ${callSid}.`, isGood: false, details };
  }
  if (twilio.status === undefined) {
    const details = ["look for the CallSid in Twilio's console, and check that it belongs to this account"];
    return { verdict: `Neither voice nor Twilio's account knows ${callSid}.`, isGood: false, details };
  }
  const reached = "the number's webhook leads elsewhere, or it did not get here: run voice check, and voice doctor with the webhook's URL";
  return {
    verdict: `Twilio had this call (${twilio.status}), and it never reached voice.`,
    isGood: false,
    details: [...ofTwilio, reached],
  };
}

function verdictOf({ endBy, endCause, fallback, startedMs, endedMs }: StoredCall): string {
  const talked =
    startedMs === null || endedMs === null ? "before the stream started" : `after ${Math.round((endedMs - startedMs) / 1_000)} s`;
  const how = `The call ended ${talked} by the ${endBy}: ${endCause}.`;
  if (fallback === "apology") return `${how} The caller heard an apology.`;
  return fallback === "transferred" ? `${how} The caller was transferred.` : how;
}

/** The last thing that went wrong, and the fix for the cause. */
function ofVoice({ call, notes }: CallStory): readonly string[] {
  const trouble = notes.findLast(({ fields }) => typeof fields["detail"] === "string" || typeof fields["failure"] === "string");
  const said = trouble === undefined ? [] : [`${trouble.name}: ${String(trouble.fields["detail"] ?? trouble.fields["failure"])}`];
  const fix = fixOf(call.endCause ?? "");
  return [...said.map((text) => oneLine(text, MAX_DETAIL_CHARS)), ...(!endedOnPurpose(call) && fix !== undefined ? [`fix: ${fix}`] : [])];
}

function slowAnswers({ turns }: CallStory): readonly string[] {
  const slow = turns.flatMap(({ latencyMs }) => (latencyMs !== null && latencyMs > LONG_ANSWER_MS ? [latencyMs] : []));
  if (slow.length === 0) return [];
  return [
    `${slow.length} of ${turns.length} answers took longer than ${LONG_ANSWER_MS / 1_000} s, up to ${(Math.max(...slow) / 1_000).toFixed(1)} s`,
  ];
}

function twilioDetails({ status, errorCodes }: TwilioView): readonly string[] {
  const codes = [...new Set(errorCodes)].map((code) => {
    const { meaning, fix } = describeTwilioError(code);
    return `Twilio ${code}: ${meaning}; fix: ${fix}`;
  });
  const bad = status !== undefined && ["busy", "failed", "no-answer", "canceled"].includes(status) ? [`Twilio's status: ${status}`] : [];
  return [...bad, ...codes];
}

/** For a terminal: the verdict first. */
export function whyText({ verdict, isGood, details }: Why, paint: Paint): readonly string[] {
  return [paint(isGood ? "green" : "red", verdict), ...details.map((detail) => `  ${detail}`)];
}
