// How Twilio's answers are judged: the account's state, and each way in which a number can point elsewhere.

import { test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import type { TwilioAnswer, TwilioRest } from "../../src/adapters/twilio-rest.ts";
import { checkTwilio } from "../../src/check/twilio-account.ts";
import type { Config } from "../../src/config/config.ts";
import type { Level } from "../../src/report/finding.ts";
import { testConfig } from "../e2e/server-under-test.ts";

const token = "abcdef0123456789abcdef0123456789";
const phoneNumber = "+15551234567";
const publicUrl = "https://voice.example.com";
const config: Config = { ...testConfig, twilioAuthToken: token, phoneNumber, publicUrl };

const found = (object: Readonly<Record<string, unknown>>): TwilioAnswer => ({ type: "found", object });
const refused = (status: number, code?: number): TwilioAnswer => ({ type: "refused", status, code, message: "No." });
const active = found({ status: "active", type: "Full", auth_token: token });
const good = {
  phone_number: phoneNumber,
  voice_url: `${publicUrl}/twilio/voice`,
  voice_method: "POST",
  voice_fallback_url: "https://handler.twilio.com/twiml/EH0123456789abcdef0123456789abcdef",
  status_callback: `${publicUrl}/twilio/status`,
  trunk_sid: null,
  voice_application_sid: "",
};

function ask(account: TwilioAnswer, numbers: TwilioAnswer, settings: Partial<Config> = {}) {
  const rest: TwilioRest = {
    account: async () => account,
    numbers: async () => numbers,
    call: () => Promise.resolve({ type: "unreachable", failure: "not asked" }),
    alerts: async () => numbers,
  };
  return checkTwilio({ ...config, ...settings }, rest);
}

const accounts: readonly (readonly [promise: string, account: TwilioAnswer, level: Level, what: RegExp, fix?: RegExp])[] = [
  ["active", active, "ok", /active/],
  ["active, without its token", found({ status: "active", type: "Full" }), "ok", /active/],
  ["a trial", found({ status: "active", type: "Trial" }), "warning", /trial/, /upgrade/],
  ["suspended", found({ status: "suspended", type: "Full" }), "error", /suspended/, /console/],
  ["opened by the secondary token", found({ status: "active", auth_token: "f".repeat(32) }), "error", /not the primary/, /primary/],
  ["wrong credentials", refused(401, 20003), "error", /HTTP 401, 20003: No\./, /Auth Token/],
  ["no such account", refused(404), "error", /HTTP 404: No\./, /Account SID/],
  ["Twilio is down", refused(503), "unreachable", /HTTP 503/, /status\.twilio\.com/],
  ["no way to Twilio", { type: "unreachable", failure: "ENOTFOUND" }, "unreachable", /ENOTFOUND/, /api\.twilio\.com/],
];
for (const [promise, account, level, what, fix = /^/] of accounts) {
  test(`checkTwilio: the account: ${promise}: ${level}, and no token is shown`, async () => {
    const [finding] = await ask(account, found({ incoming_phone_numbers: [good] }));
    assertEquals([finding?.id, finding?.level], ["twilio.account", level]);
    assertMatch(finding?.actual ?? "", what);
    assertMatch(finding?.fix?.text ?? "", fix);
    assertEquals(/[0-9a-f]{32}/.test(JSON.stringify(finding)), false);
  });
}

const numbers: readonly (readonly [promise: string, more: object, id: string, level: Level, what: RegExp])[] = [
  ["points here", {}, "twilio.number", "ok", /go to https:\/\/voice\.example\.com\/twilio\/voice$/],
  ["points here, with overrides", { voice_url: `${good.voice_url}#rc=2` }, "twilio.number", "ok", /#rc=2$/],
  [
    "points elsewhere",
    { voice_url: "https://demo.twilio.com/welcome/voice/" },
    "twilio.number",
    "error",
    /go to https:\/\/demo\.twilio\.com/,
  ],
  [
    "points at another path",
    { voice_url: `${publicUrl}/voice` },
    "twilio.number",
    "error",
    /not to https:\/\/voice\.example\.com\/twilio\/voice/,
  ],
  ["points nowhere", { voice_url: null }, "twilio.number", "error", /no webhook/],
  ["comes by GET", { voice_method: "GET" }, "twilio.number", "warning", /GET/],
  ["is on a trunk", { trunk_sid: "TK1" }, "twilio.number", "error", /trunk TK1/],
  ["is an app's", { voice_application_sid: "AP1" }, "twilio.number", "warning", /App AP1/],
  ["is another one", { phone_number: "+15550000000" }, "twilio.number", "error", /no number \+15551234567/],
  ["has a fallback elsewhere", {}, "twilio.fallback", "ok", /handler\.twilio\.com/],
  ["has no fallback", { voice_fallback_url: "" }, "twilio.fallback", "warning", /no fallback/],
  ["has its fallback here", { voice_fallback_url: `${publicUrl}/twilio/fallback` }, "twilio.fallback", "warning", /same host/],
  ["reports its ends", {}, "twilio.status", "ok", /reported here/],
  ["reports nothing", { status_callback: "" }, "twilio.status", "warning", /not reported/],
  ["reports elsewhere", { status_callback: "https://example.com/" }, "twilio.status", "warning", /reported to https:\/\/example\.com/],
];
for (const [promise, more, id, level, what] of numbers) {
  test(`checkTwilio: a number that ${promise}: ${id} is ${level}`, async () => {
    const findings = await ask(
      active,
      found({
        incoming_phone_numbers: [
          { ...good, phone_number: "+1555" },
          { ...good, ...more },
        ],
      }),
    );
    const finding = findings.find((one) => one.id === id);
    assertEquals(finding?.level, level);
    assertMatch(finding?.actual ?? "", what);
    assertEquals(finding?.fix === undefined, level === "ok");
  });
}

test("checkTwilio: without PUBLIC_URL the path decides", async () => {
  const findings = await ask(active, found({ incoming_phone_numbers: [good] }), { publicUrl: undefined });
  assertEquals(
    findings.map(({ level }) => level),
    ["ok", "ok", "ok", "ok"],
  );
});

test("checkTwilio: a list that is missing or malformed is reported", async () => {
  assertEquals((await ask(active, refused(500))).at(-1)?.level, "unreachable");
  assertEquals((await ask(active, found({ incoming_phone_numbers: "?" }))).at(-1)?.level, "error");
});

test("checkTwilio: what the settings do not name is untested, and the reason given", async () => {
  const skipped = await checkTwilio(config, undefined);
  assertEquals(
    skipped.map(({ id, level }) => [id, level]),
    [["twilio.account", "untested"]],
  );
  const [, number] = await ask(active, active, { phoneNumber: undefined });
  assertEquals([number?.id, number?.level], ["twilio.number", "untested"]);
});
