// Why a call fails: each cause with its stable code, what Twilio's console shows, what the caller hears and what fixes it. Which one it is, the
// evidence says (deduce.ts).

import type { Cause } from "./cause.ts";
import { SOCKET_CAUSES } from "./socket.ts";
import { STREAM_CAUSES } from "./stream.ts";
import { WEBHOOK_CAUSES } from "./webhook.ts";

/** Every cause, in no order: the path of a call decides. */
export const CAUSES = { ...WEBHOOK_CAUSES, ...SOCKET_CAUSES, ...STREAM_CAUSES } as const satisfies Readonly<Record<string, Cause>>;

/** A cause's stable code. */
export type CauseCode = keyof typeof CAUSES;
