// The table of causes: stable codes, known Twilio errors, and fixes by stack.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CAUSES, fixFor } from "../../../src/doctor/causes/causes.ts";
import { CONVERSATION_CAUSES } from "../../../src/doctor/causes/conversation.ts";
import { HANDSHAKE_CAUSES } from "../../../src/doctor/causes/handshake.ts";
import { STREAM_CAUSES } from "../../../src/doctor/causes/stream.ts";
import { TRANSPORT_CAUSES } from "../../../src/doctor/causes/transport.ts";
import { TWIML_CAUSES } from "../../../src/doctor/causes/twiml.ts";
import { URL_CAUSES } from "../../../src/doctor/causes/url.ts";
import { WEBHOOK_CAUSES } from "../../../src/doctor/causes/webhook.ts";
import { twilioErrors } from "../../../src/protocol/twilio-errors.ts";

test("CAUSES: codes are kebab-case, and each is described once", () => {
  const legs = [WEBHOOK_CAUSES, TWIML_CAUSES, URL_CAUSES, HANDSHAKE_CAUSES, TRANSPORT_CAUSES, STREAM_CAUSES, CONVERSATION_CAUSES];
  const codes = legs.flatMap((leg) => Object.keys(leg));
  for (const code of codes) assert(/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(code), code);
  assertEquals(codes, Object.keys(CAUSES));
});

test("CAUSES: every Twilio error is in the table of Twilio's errors", () => {
  for (const [code, { twilioError }] of Object.entries(CAUSES)) {
    if (twilioError !== undefined) assert(Object.hasOwn(twilioErrors, twilioError), `${code}: ${twilioError}`);
  }
});

test("CAUSES: each is in the stage where a caller meets it", () => {
  const codes = ["url-scheme", "handshake-subprotocol-required", "twiml-malformed", "webhook-status"] as const;
  assertEquals(
    codes.map((code) => CAUSES[code].stage),
    ["url", "handshake", "twiml", "webhook"],
  );
});

test("CAUSES: docs/doctor.md has each cause in the same words", async () => {
  const lines = new Set((await Bun.file(new URL("../../../docs/doctor.md", import.meta.url)).text()).split("\n"));
  const cell = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const rows = Object.entries(CAUSES).map(([code, { stage, twilioError, callerHears, why, fix }]) => {
    const error = twilioError === undefined ? "" : `[${twilioError}](https://www.twilio.com/docs/api/errors/${twilioError})`;
    return `| \`${code}\` | ${stage} | ${error} | ${[callerHears, why, fix].map(cell).join(" | ")} |`;
  });
  assertEquals(
    rows.filter((row) => !lines.has(row)),
    [],
  );
});

test("fixFor: the cause's fix, with the stacks' own", () => {
  const fix = fixFor("media-binary");
  assertEquals(fix.text, CAUSES["media-binary"].fix);
  assertStringIncludes(fix.stacks?.fastapi ?? "", "send_json");
  assertEquals(Object.keys(fix.stacks ?? {}).length, 5);
});

test("fixFor: the cause's fix alone where every stack has the same", () => {
  assertEquals(fixFor("url-dns"), { text: CAUSES["url-dns"].fix });
});
