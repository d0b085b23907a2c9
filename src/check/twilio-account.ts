// Whether Twilio takes the credentials, whether its requests are signed with them, and where the number's calls go.
// Follows https://www.twilio.com/docs/iam/api/account and
// https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource

import type { TwilioAnswer, TwilioRest } from "../adapters/twilio-rest.ts";
import type { Config } from "../config/config.ts";
import { isObject, type JsonObject } from "../protocol/fields.ts";
import type { Finding } from "../report/finding.ts";
import { type CheckId, checkFinding, type Outcome } from "./requirements.ts";

const consoleUrl = "https://console.twilio.com";

/** Tests the account and the number that the settings name. Never rejects. */
export async function checkTwilio(config: Config, rest: TwilioRest | undefined): Promise<readonly Finding[]> {
  const { phoneNumber, twilioAuthToken } = config;
  if (rest === undefined || twilioAuthToken === undefined) {
    const actual = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not both set: the account was not tested";
    return [checkFinding("twilio.account", { level: "untested", actual })];
  }
  const [account, numbers] = await Promise.all([rest.account(), phoneNumber === undefined ? undefined : rest.numbers(phoneNumber)]);
  const judged = judgeAccount(account, twilioAuthToken);
  if (account.type !== "found") return [judged];
  if (numbers === undefined || phoneNumber === undefined) {
    return [
      judged,
      checkFinding("twilio.number", { level: "untested", actual: "TWILIO_PHONE_NUMBER is not set: the number was not tested" }),
    ];
  }
  return [judged, ...judgeNumbers(numbers, phoneNumber, config.publicUrl)];
}

function refusal(id: CheckId, answer: Exclude<TwilioAnswer, { type: "found" }>): Finding {
  if (answer.type === "unreachable") {
    const fix = "check this host's connection to api.twilio.com, and https://status.twilio.com";
    return checkFinding(id, { level: "unreachable", actual: `Twilio could not be reached: ${answer.failure}`, fix });
  }
  const { status, code, message } = answer;
  const actual = `Twilio answered HTTP ${status}${code === undefined ? "" : `, ${code}`}: ${message}`;
  if (status >= 500 || status === 429)
    return checkFinding(id, { level: "unreachable", actual, fix: "run the check again; see https://status.twilio.com" });
  return checkFinding(id, {
    level: "error",
    actual,
    fix: `copy the Account SID and Auth Token of one account from ${consoleUrl}`,
  });
}

function judgeAccount(answer: TwilioAnswer, token: string): Finding {
  const id = "twilio.account";
  if (answer.type !== "found") return refusal(id, answer);
  const { status, type, auth_token: primary } = answer.object;
  if (typeof primary === "string" && /^[0-9a-f]{32}$/i.test(primary) && primary !== token) {
    const actual = "TWILIO_AUTH_TOKEN is valid but not the primary token, which Twilio signs with";
    return checkFinding(id, { level: "error", actual, fix: `set it to the primary Auth Token, or promote this one: ${consoleUrl}` });
  }
  if (typeof status === "string" && status !== "active") {
    return checkFinding(id, { level: "error", actual: `the account is ${status}`, fix: `look up the reason at ${consoleUrl}` });
  }
  if (type === "Trial") {
    const actual = "the credentials are valid; this is a trial account";
    return checkFinding(id, {
      level: "warning",
      actual,
      fix: "upgrade it: on trial, callers hear Twilio's announcement first, and only verified numbers can be dialled",
    });
  }
  return checkFinding(id, { level: "ok", actual: "the credentials are valid, and the account is active" });
}

function judgeNumbers(answer: TwilioAnswer, phoneNumber: string, publicUrl: string | undefined): readonly Finding[] {
  const id = "twilio.number";
  if (answer.type !== "found") return [refusal(id, answer)];
  const list = answer.object["incoming_phone_numbers"];
  const found = Array.isArray(list) ? list.find((one) => isObject(one) && one["phone_number"] === phoneNumber) : undefined;
  if (!isObject(found)) {
    const actual = `the account has no number ${phoneNumber}`;
    return [
      checkFinding(id, {
        level: "error",
        actual,
        fix: "check TWILIO_PHONE_NUMBER, and that TWILIO_ACCOUNT_SID is the account or subaccount that owns it",
      }),
    ];
  }
  const text = (name: string): string => (typeof found[name] === "string" ? found[name] : "");
  if (text("trunk_sid") !== "") {
    const fix = "remove the number from the trunk, or route the trunk to a TwiML that points here";
    return [
      checkFinding(id, {
        level: "error",
        actual: `calls to ${phoneNumber} go to the SIP trunk ${text("trunk_sid")}, not to a webhook`,
        fix,
      }),
    ];
  }
  if (text("voice_application_sid") !== "") {
    const actual = `calls to ${phoneNumber} go to the TwiML App ${text("voice_application_sid")}, whose settings are not tested`;
    return [checkFinding(id, { level: "warning", actual, fix: "set the app's Voice URL to this voice, or the number to a webhook" })];
  }
  return [
    checkFinding(id, judgeVoice(found, phoneNumber, publicUrl)),
    judgeFallback(text("voice_fallback_url"), publicUrl),
    judgeStatus(found, publicUrl),
  ];
}

/**
 * Whether a URL leads to this voice, at `path`. A fragment holds Twilio's connection overrides and does not count.
 * Without PUBLIC_URL only the path is compared.
 */
function isOurs(url: unknown, path: string, publicUrl: string | undefined): boolean {
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  if (parsed === null) return false;
  return publicUrl === undefined ? parsed.pathname.endsWith(path) : parsed.origin + parsed.pathname === `${publicUrl}${path}`;
}

function judgeVoice({ voice_url: url, voice_method: method }: JsonObject, phoneNumber: string, publicUrl: string | undefined): Outcome {
  const wanted = `${publicUrl ?? "https://<your host>"}/twilio/voice`;
  const fix = `set the number's "A call comes in" to Webhook, ${wanted}, HTTP POST`;
  if (typeof url !== "string" || url === "") return { level: "error", actual: `${phoneNumber} has no webhook: callers hear an error`, fix };
  if (!isOurs(url, "/twilio/voice", publicUrl))
    return { level: "error", actual: `calls to ${phoneNumber} go to ${url}, not to ${wanted}`, fix };
  if (method === "GET")
    return { level: "warning", actual: `calls to ${phoneNumber} come in by GET, which puts telephone numbers into proxy logs`, fix };
  return { level: "ok", actual: `calls to ${phoneNumber} go to ${url}` };
}

function judgeFallback(url: string, publicUrl: string | undefined): Finding {
  const id = "twilio.fallback";
  const fix = 'set "Primary handler fails" to a TwiML Bin, or to /twilio/fallback on a second host with voice';
  if (url === "") return checkFinding(id, { level: "warning", actual: "no fallback: when this host is down, callers hear an error", fix });
  if (publicUrl !== undefined && URL.parse(url)?.origin === new URL(publicUrl).origin) {
    return checkFinding(id, { level: "warning", actual: `the fallback ${url} is on the same host, and down with it`, fix });
  }
  return checkFinding(id, { level: "ok", actual: `when this host is down, Twilio calls ${url}` });
}

function judgeStatus({ status_callback: url }: JsonObject, publicUrl: string | undefined): Finding {
  const id = "twilio.status";
  if (isOurs(url, "/twilio/status", publicUrl)) return checkFinding(id, { level: "ok", actual: "the end of each call is reported here" });
  const fix = `set "Call status changes" to ${publicUrl ?? "https://<your host>"}/twilio/status, HTTP POST`;
  const actual = typeof url === "string" && url !== "" ? `the end of each call is reported to ${url}` : "the end of a call is not reported";
  return checkFinding(id, { level: "warning", actual: `${actual}: voice notices late when a caller hangs up before the stream`, fix });
}
