// Why a call fails: each cause with its stable code, Twilio's error, what the caller hears, and the fix. The checks
// name the cause of each finding; deduce.ts picks the one to report.

import type { Fix } from "../../report/finding.ts";
import type { Cause } from "./cause.ts";
import { CONVERSATION_CAUSES } from "./conversation.ts";
import { HANDSHAKE_CAUSES } from "./handshake.ts";
import { STREAM_CAUSES } from "./stream.ts";
import { TRANSPORT_CAUSES } from "./transport.ts";
import { TWIML_CAUSES } from "./twiml.ts";
import { URL_CAUSES } from "./url.ts";
import { WEBHOOK_CAUSES } from "./webhook.ts";

const table = {
  ...WEBHOOK_CAUSES,
  ...TWIML_CAUSES,
  ...URL_CAUSES,
  ...HANDSHAKE_CAUSES,
  ...TRANSPORT_CAUSES,
  ...STREAM_CAUSES,
  ...CONVERSATION_CAUSES,
};

export type CauseCode = keyof typeof table;

export const CAUSES: Readonly<Record<CauseCode, Cause>> = table;

/** The fix, with each stack's own where it differs. */
export function fixFor(cause: CauseCode): Fix {
  const { fix, stacks } = CAUSES[cause];
  return { text: fix, ...(stacks === undefined ? {} : { stacks }) };
}
