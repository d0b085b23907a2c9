// [after_call] of voice.toml: who receives what happened on a call.

import * as z from "zod";
import { readWebhookSecret } from "../../protocol/standard-webhooks.ts";
import type { InvalidValue } from "../values.ts";
import type { AfterCall } from "./agent.ts";

/** What can be delivered. */
export const afterCallEvents = ["call.ended", "call.failed"] as const;

export const afterCallTable = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .describe("Where calls are delivered when they have ended, as a POST (Standard Webhooks). It may be a private host."),
  secret: z.string().describe('Where the secret is that signs them, "whsec_" and base64: ${NAME}, file:PATH or credential:NAME.'),
  events: z
    .array(z.enum(afterCallEvents))
    .min(1)
    .max(afterCallEvents.length)
    .optional()
    .describe("What is delivered. Default: call.ended. call.failed: calls whose caller heard an apology, or that a failure ended."),
});

/** A secret that was found: it must have the form of the standard. */
export function checkWebhookSecret(secret: string): string | InvalidValue {
  if (readWebhookSecret(secret) !== undefined) return secret;
  return {
    expected: "a secret of Standard Webhooks: whsec_ and 24 to 64 bytes in base64",
    hint: 'make one: echo "whsec_$(openssl rand -base64 32)"',
  };
}

export function afterCallOf(table: z.output<typeof afterCallTable> | undefined, secret: string | undefined): AfterCall | undefined {
  if (table === undefined) return undefined;
  return { url: table.url, secret: secret ?? "", events: table.events ?? ["call.ended"] };
}
