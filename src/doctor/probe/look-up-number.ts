// `voice doctor +15551234567`: looks up in Twilio's API which webhook the number calls, and which errors Twilio has
// logged for it lately.
// Follows https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource and
// https://www.twilio.com/docs/usage/monitor-alert

import { type TwilioAnswer, type TwilioRest, twilioRest } from "../../adapters/twilio-rest.ts";
import type { Clock } from "../../call/ports.ts";
import { UsageError } from "../../config/usage-error.ts";
import { isObject, type JsonObject } from "../../protocol/fields.ts";
import { describeTwilioError } from "../../protocol/twilio-errors.ts";
import { doctorFinding, failed, passed, untested } from "../checks/judgement.ts";
import type { DoctorFinding } from "../evidence/evidence.ts";
import type { DoctorOptions } from "../options.ts";

/** Alerts shown. Twilio keeps those of 30 days. */
const MAX_ALERTS = 10;

export interface NumberFacts {
  readonly findings: readonly DoctorFinding[];
  /** The number's webhook, in place of the number. Undefined: calls to the number reach none. */
  readonly webhook?: Pick<DoctorOptions, "target" | "method" | "mayFallBackToGet">;
}

const webhookCheck = {
  id: "number.webhook",
  stage: "webhook",
  level: "error",
  requirement: "Calls to the number go to a webhook.",
  expected: "a webhook",
  source: "https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource",
} as const;

const alertsCheck = {
  id: "number.alerts",
  stage: "webhook",
  level: "info",
  requirement: "Twilio has logged no recent error of the number's webhook.",
  expected: "none",
  source: "https://www.twilio.com/docs/usage/monitor-alert",
} as const;

/**
 * Throws a {@link UsageError} without credentials; a failed request is a finding. `twilioUrl` replaces the API's origin
 * in tests.
 */
export async function lookUpNumber(
  { target: phoneNumber, accountSid, authToken }: DoctorOptions,
  { clock, twilioUrl }: { readonly clock: Clock; readonly twilioUrl?: string },
): Promise<NumberFacts> {
  if (accountSid === undefined || authToken === undefined) {
    throw new UsageError(
      `looking up ${phoneNumber} needs credentials`,
      "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or give the webhook's URL",
    );
  }
  const urls = twilioUrl === undefined ? {} : { baseUrl: twilioUrl, monitorUrl: twilioUrl };
  return readNumber(phoneNumber, twilioRest({ accountSid, authToken, clock, ...urls }));
}

async function readNumber(phoneNumber: string, rest: TwilioRest): Promise<NumberFacts> {
  const numbers = await rest.numbers(phoneNumber);
  if (numbers.type !== "found") {
    return { findings: [doctorFinding(webhookCheck, failed("twilio-unreachable", describeFailure(numbers)))] };
  }
  const list = numbers.object["incoming_phone_numbers"];
  const found = Array.isArray(list) ? list.find((one) => isObject(one) && one["phone_number"] === phoneNumber) : undefined;
  if (!isObject(found)) {
    return { findings: [doctorFinding(webhookCheck, failed("number-not-found", `the account has no number ${phoneNumber}`))] };
  }
  const target = textOf(found, "voice_url");
  const trunk = textOf(found, "trunk_sid");
  const app = textOf(found, "voice_application_sid");
  if (target === "" || trunk !== "" || app !== "") {
    const actual = trunk !== "" ? `calls go to the SIP trunk ${trunk}` : app !== "" ? `calls go to the TwiML App ${app}` : "none is set";
    return { findings: [doctorFinding(webhookCheck, failed("number-no-webhook", actual))] };
  }
  if (!/^https?:/i.test(target) || !URL.canParse(target)) {
    return { findings: [doctorFinding(webhookCheck, failed("webhook-url", target))] };
  }
  const method = textOf(found, "voice_method") === "GET" ? "GET" : "POST";
  const webhook: DoctorFinding = doctorFinding(webhookCheck, passed(`${method} ${target}`));
  return { findings: [webhook, judgeAlerts(await rest.alerts(), target)], webhook: { target, method, mayFallBackToGet: false } };
}

function textOf(object: JsonObject, name: string): string {
  return typeof object[name] === "string" ? object[name] : "";
}

function describeFailure(answer: Exclude<TwilioAnswer, { type: "found" }>): string {
  if (answer.type === "unreachable") return answer.failure;
  return `HTTP ${answer.status}${answer.code === undefined ? "" : `, ${answer.code}`}: ${answer.message}`;
}

/** The alerts about the webhook's host, each explained. */
function judgeAlerts(answer: TwilioAnswer, webhookUrl: string): DoctorFinding {
  if (answer.type !== "found") return doctorFinding(alertsCheck, untested(describeFailure(answer)));
  const list = Array.isArray(answer.object["alerts"]) ? answer.object["alerts"].filter(isObject) : [];
  const host = URL.parse(webhookUrl)?.host ?? webhookUrl;
  const ours = list.filter((alert) => textOf(alert, "request_url").includes(host) || textOf(alert, "alert_text").includes(host));
  if (ours.length === 0) return doctorFinding(alertsCheck, passed(`none of the last ${list.length} alerts is about ${host}`));
  const evidence = ours.slice(0, MAX_ALERTS).map((alert) => {
    const { code, meaning, fix } = describeTwilioError(textOf(alert, "error_code"));
    return `${textOf(alert, "date_created")} ${code || "?"}: ${meaning}; ${fix}`;
  });
  return doctorFinding(alertsCheck, { ok: false, actual: `${ours.length}, the latest: ${evidence[0]}`, evidence });
}
