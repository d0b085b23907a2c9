// `voice why`: what voice stored of a call and what Twilio knows of it, in one verdict.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openForReading } from "../adapters/store/open-database.ts";
import { type CallStory, readCall } from "../adapters/store/read-calls.ts";
import { DATABASE_FILE } from "../adapters/store/stored-calls.ts";
import { type TwilioRest, type TwilioRestOptions, twilioRest } from "../adapters/twilio-rest.ts";
import type { Config } from "../config/config.ts";
import { isObject } from "../protocol/fields.ts";
import { printableColored } from "../protocol/printable.ts";
import { painter } from "../report/terminal.ts";
import { type TwilioView, whyOf, whyText } from "./why-text.ts";

export interface WhyIo {
  print(text: string): void;
  readonly colors: boolean;
  readonly clock: TwilioRestOptions["clock"];
  /** Replaces the API's origin in tests. */
  readonly twilioUrl?: string;
}

/** Returns the exit code: 0 when the call went well, 1 when it did not, or no one knows it. */
export async function why(
  callSid: string,
  config: Pick<Config, "stateFolder" | "accountSid" | "twilioAuthToken">,
  io: WhyIo,
): Promise<number> {
  const { accountSid, twilioAuthToken: authToken } = config;
  const urls = io.twilioUrl === undefined ? {} : { baseUrl: io.twilioUrl, monitorUrl: io.twilioUrl };
  const rest =
    accountSid === undefined || authToken === undefined ? undefined : twilioRest({ accountSid, authToken, clock: io.clock, ...urls });
  const story = storyOf(config.stateFolder, callSid);
  const verdict = whyOf(callSid, story, rest === undefined ? undefined : await askTwilio(rest, callSid));
  io.print(printableColored(`${whyText(verdict, painter(io.colors)).join("\n")}\n`));
  return verdict.isGood ? 0 : 1;
}

function storyOf(stateFolder: string | undefined, callSid: string): CallStory | undefined {
  const path = stateFolder === undefined ? undefined : join(stateFolder, DATABASE_FILE);
  if (path === undefined || !existsSync(path)) return undefined;
  const db = openForReading(path);
  try {
    return readCall(db, callSid);
  } finally {
    db.close();
  }
}

/** Undefined: Twilio could not be asked. https://www.twilio.com/docs/usage/monitor-alert (resource_sid, error_code) */
async function askTwilio(rest: TwilioRest, callSid: string): Promise<TwilioView | undefined> {
  const [call, alerts] = await Promise.all([rest.call(callSid), rest.alerts()]);
  if (call.type === "unreachable" || (call.type === "refused" && call.status !== 404)) return undefined;
  const status = call.type === "found" ? String(call.object["status"]) : undefined;
  const listed = alerts.type === "found" && Array.isArray(alerts.object["alerts"]) ? alerts.object["alerts"] : [];
  const errorCodes = listed.filter(isObject).flatMap((alert) => (alert["resource_sid"] === callSid ? [String(alert["error_code"])] : []));
  return { status, errorCodes };
}
