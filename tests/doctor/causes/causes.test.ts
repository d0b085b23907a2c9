// The table of causes: codes that others rely on, and no code of Twilio's that is none.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { CAUSES } from "../../../src/doctor/causes/causes.ts";

test("CAUSES: codes are kebab-case, and Twilio's errors have five digits", () => {
  for (const [code, { twilioError }] of Object.entries(CAUSES)) {
    assert(/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(code), code);
    assert(twilioError === undefined || /^[1-6]\d{4}$/.test(String(twilioError)), `${code}: ${twilioError}`);
  }
});

test("CAUSES: the four of the mission lie where they are looked for", () => {
  const {
    "url-scheme": scheme,
    "handshake-subprotocol-required": subprotocol,
    "twiml-malformed": malformed,
    "webhook-status": status,
  } = CAUSES;
  assertEquals([scheme.stage, subprotocol.stage, malformed.stage, status.stage], ["url", "handshake", "twiml", "webhook"]);
});
