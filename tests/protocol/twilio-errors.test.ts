// The table of Twilio's errors has every code that src mentions, and a report without a known code still gets a
// sentence.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describeTwilioError, twilioErrors, twilioErrorUrl } from "../../src/protocol/twilio-errors.ts";

for (const [code, word] of [
  ["11200", "webhook.rejected"],
  ["11202", "proxy"],
  ["11237", "intermediates"],
  ["12300", "POST /twilio/voice"],
  ["13224", "VOICE_TRANSFER_TO"],
  ["31910", "intermediates"],
  ["31920", "upgrades"],
] as const) {
  test(`describeTwilioError: the fix of ${code} names ${word}`, () => {
    const error = describeTwilioError(code);
    assertEquals(error.code, code);
    assertEquals(error.docs, `https://www.twilio.com/docs/api/errors/${code}`);
    assertStringIncludes(error.fix, word);
    assert(error.meaning.length > 10);
  });
}

for (const code of ["31901", "31903", "31910", "31920", "31921", "31924", "31930", "31951"]) {
  test(`describeTwilioError: the stream error ${code} is in the table`, () => assert(Object.hasOwn(twilioErrors, code)));
}

test("describeTwilioError: the code is found in text, and words, ports and longer numbers are not codes", () => {
  const code = (text: string): string => describeTwilioError(text).code;
  assertEquals(["31920 WebSocket - Handshake Error", "31920", "error 11200."].map(code), ["31920", "31920", "11200"]);
  assertEquals(["", "constructor", "wss://a.example:31234/", "312345", "x31920", "x".repeat(10_000)].map(code), ["", "", "", "", "", ""]);
});

for (const [title, code] of [
  ["Stream - Unknown Error", "31900"],
  ["Stream - WebSocket - Connection Timeout", "31901"],
  ["Stream - WebSocket - Connection Refused", "31902"],
  ["Stream - WebSocket - Connection Broken Pipe", "31903"],
  ["Stream - WebSocket - Host Unreachable", "31904"],
  ["Stream - WebSocket - SSL Protocol Error", "31910"],
  ["Stream - WebSocket - Handshake Error", "31920"],
  ["Stream - WebSocket - Close Error", "31921"],
  ["Stream - WebSocket - URL Schema Not Supported", "31922"],
  ["Stream - WebSocket - Malformed URL", "31923"],
  ["Stream - Websocket - Protocol Error", "31924"],
  ["Stream - Media - Buffer Overflow", "31930"],
  ["Stream - Media - Media Discarded", "31931"],
  ["Stream - Invalid Track configuration", "31941"],
  ["Stream - Protocol - Malformed Message", "31950"],
  ["Stream - Protocol - Invalid Message", "31951"],
] as const) {
  test(`describeTwilioError: "${title}" is ${code}`, () => {
    const { code: found, meaning } = describeTwilioError(title.toLowerCase());
    assertEquals([found, meaning], [code, twilioErrors[code]?.meaning ?? ""]);
  });
}

test("describeTwilioError: an unknown code points to its page, a report without a code to Twilio's console", () => {
  assertEquals(describeTwilioError("__proto__ 39999").code, "39999");
  assertStringIncludes(describeTwilioError("11999").fix, twilioErrorUrl("11999"));
  const { meaning, fix, docs } = describeTwilioError("something new");
  assertEquals([meaning, docs], ["Twilio gave no error code", "https://www.twilio.com/docs/api/errors"]);
  assertStringIncludes(fix, "console");
});

test("describeTwilioError: the group follows from the code, also of one that is not in the table", () => {
  const groups = ["10004", "21220", "11200", "15003", "12100", "12999", "13224", "31920", "39999", ""].map(
    (code) => describeTwilioError(code).group,
  );
  const [account, webhook, document] = ["account", "webhook", "document"] as const;
  assertEquals(groups, [account, account, webhook, webhook, document, document, "verb", "stream", undefined, undefined]);
});

test("twilioErrors: every entry has a group and a text of its own", () => {
  const codes = Object.keys(twilioErrors);
  assertEquals(
    codes.filter((code) => describeTwilioError(code).group === undefined),
    [],
  );
  assertEquals(new Set(codes.map((code) => twilioErrors[code]?.meaning)).size, codes.length);
});

/** Numbers in the ranges of Twilio's codes that are something else, with the place. */
const otherNumbers = new Set([
  "11172", // ISO/IEC 11172-3, MPEG audio
  "13818", // ISO/IEC 13818-3 and -7
  "13616", // ISO 13616: IBANs
  "10000", // a number of bytes or milliseconds
  "10001", // a ZIP code in simulators/twilio/webhook-request.ts
]);

test("twilioErrors: has every code that src mentions", () => {
  const root = resolve(import.meta.dir, "../../src");
  const mentioned = [...new Bun.Glob("**/*.ts").scanSync({ cwd: root })]
    .filter((path) => !path.endsWith("/rendered.ts")) // base64 audio
    .flatMap(
      (path) =>
        readFileSync(join(root, path), "utf8").match(/(?<![\w[.-])(?:1[0-3]\d{3}|15\d{3}|21\d{3}|319\d{2}|64\d{3})(?![\w\]])/g) ?? [],
    );
  assert(mentioned.length > 100, "the pattern finds the codes");
  assertEquals(
    [...new Set(mentioned)].filter((code) => !Object.hasOwn(twilioErrors, code) && !otherNumbers.has(code)),
    [],
  );
});
