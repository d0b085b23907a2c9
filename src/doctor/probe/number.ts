// Where a number of the account points, and what Twilio has lately reported of it: the start of `voice doctor +15551234567`.
// Follows https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource and https://www.twilio.com/docs/usage/monitor-alert

import type { TwilioAnswer, TwilioRest } from "../../adapters/twilio-rest.ts";
import { isObject, type JsonObject } from "../../protocol/fields.ts";
import { adviseTwilioError } from "../../protocol/twilio-errors.ts";
import { faulty, fine } from "../checks/verdicts.ts";
import type { Finding } from "../evidence/evidence.ts";

/** Alerts that are told; Twilio keeps those of 30 days. */
const MAX_ALERTS = 10;

/** What came of the look-up: findings, and the webhook where there is one to go on with. */
export interface NumberFacts {
  readonly findings: readonly Finding[];
  readonly webhook?: { readonly url: string; readonly method: "POST" | "GET" };
}

const webhookCheck = {
  id: "number.webhook",
  stage: "webhook",
  level: "error",
  requirement: "Calls to the number go to a webhook.",
  source: "https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource",
} as const;

const alertsCheck = {
  id: "number.alerts",
  stage: "webhook",
  level: "advice",
  requirement: "Twilio has reported no error of the number's webhook in the last days.",
  source: "https://www.twilio.com/docs/usage/monitor-alert",
} as const;

/** Looks the number up. Never rejects. */
export async function readNumber(phoneNumber: string, rest: TwilioRest): Promise<NumberFacts> {
  const numbers = await rest.numbers(phoneNumber);
  const expected = "a webhook";
  if (numbers.type !== "found") {
    return { findings: [{ ...webhookCheck, ...faulty("twilio-unreachable", expected, tellRefusal(numbers)) }] };
  }
  const list = numbers.object["incoming_phone_numbers"];
  const found = Array.isArray(list) ? list.find((one) => isObject(one) && one["phone_number"] === phoneNumber) : undefined;
  if (!isObject(found)) {
    return { findings: [{ ...webhookCheck, ...faulty("number-not-found", expected, `the account has no number ${phoneNumber}`) }] };
  }
  const url = textOf(found, "voice_url");
  const trunk = textOf(found, "trunk_sid");
  const app = textOf(found, "voice_application_sid");
  if (url === "" || trunk !== "" || app !== "") {
    const told = trunk !== "" ? `the SIP trunk ${trunk}` : app !== "" ? `the TwiML App ${app}` : "nothing";
    return { findings: [{ ...webhookCheck, ...faulty("number-no-webhook", expected, `calls go to ${told}`) }] };
  }
  const method = textOf(found, "voice_method") === "GET" ? "GET" : "POST";
  const webhook: Finding = { ...webhookCheck, ...fine(expected, `${method} ${url}`) };
  return { findings: [webhook, judgeAlerts(await rest.alerts(), url)], webhook: { url, method } };
}

function textOf(object: JsonObject, name: string): string {
  return typeof object[name] === "string" ? object[name] : "";
}

function tellRefusal(answer: Exclude<TwilioAnswer, { type: "found" }>): string {
  if (answer.type === "unreachable") return answer.failure;
  return `HTTP ${answer.status}${answer.code === undefined ? "" : `, ${answer.code}`}: ${answer.message}`;
}

/** The alerts about the webhook's host, each explained. */
function judgeAlerts(answer: TwilioAnswer, webhookUrl: string): Finding {
  const expected = "none";
  if (answer.type !== "found") return { ...alertsCheck, ok: undefined, expected, actual: tellRefusal(answer) };
  const list = Array.isArray(answer.object["alerts"]) ? answer.object["alerts"].filter(isObject) : [];
  const host = URL.parse(webhookUrl)?.host ?? webhookUrl;
  const ours = list.filter((alert) => textOf(alert, "request_url").includes(host) || textOf(alert, "alert_text").includes(host));
  if (ours.length === 0) return { ...alertsCheck, ...fine(expected, `none of the last ${list.length} is about ${host}`) };
  const evidence = ours.slice(0, MAX_ALERTS).map((alert) => {
    const { code, cause, fix } = adviseTwilioError(textOf(alert, "error_code"));
    return `${textOf(alert, "date_created")} ${code || "?"}: ${cause}; ${fix}`;
  });
  return { ...alertsCheck, ok: false, expected, actual: `${ours.length}, the latest: ${evidence[0]}`, evidence };
}
