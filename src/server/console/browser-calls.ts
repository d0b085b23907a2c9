// Calls from the console's own telephone. The browser plays Twilio: it gets a stream's token here, as the TwiML of the
// webhook has one, speaks Media Streams to /twilio/realtime, and asks here what comes next, as <Connect action> does.

import { Buffer } from "node:buffer";
import type { Next } from "../../call/effects.ts";
import type { Config } from "../../config/config.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Problem } from "./problem.ts";

export interface BrowserCallDeps {
  readonly calls: CallRegistry;
  readonly auth: Authenticator;
  readonly config: Pick<Config, "sentences" | "transferTo">;
}

/** What the browser needs for the messages `connected` and `start`. */
export interface BrowserCall {
  readonly callSid: string;
  readonly accountSid: string;
  readonly streamSid: string;
  readonly token: string;
  /** Of the WebSocket, on this server. */
  readonly path: string;
}

/** What Twilio would do when the stream is over. */
export type BrowserNext =
  | { readonly type: "hangUp" }
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "transfer"; readonly text: string; readonly to: string }
  | { readonly type: "connect"; readonly call: BrowserCall };

/** An account that Twilio does not have. */
const ACCOUNT_SID = `AC${"0".repeat(32)}`;
/** "client:" addresses are those of browsers: https://www.twilio.com/docs/voice/client */
const BROWSER = "client:console";

const refusals: Readonly<Record<string, string>> = {
  draining: "The server is stopping.",
  full: "The server is at its limit of calls.",
  outOfMemory: "The server is at its limit of memory.",
};

/** `from`, `to`: any address; "" for the console itself, and for a number that is not listed. */
export function beginBrowserCall(
  { from, to }: { readonly from: string; readonly to: string },
  deps: BrowserCallDeps,
): BrowserCall | Problem {
  const identity = {
    callSid: sid("CA"),
    accountSid: ACCOUNT_SID,
    from: from === "" ? BROWSER : from,
    to,
    direction: "inbound",
    isOperator: true,
  } as const;
  const call = deps.calls.offer(identity);
  if (typeof call === "string") return { status: 503, title: "The call was not taken.", detail: refusals[call] ?? call };
  return streamFor(identity.callSid, deps);
}

/** What comes next for a call whose stream is over; undefined: there is no such call of a browser. */
export function continueBrowserCall(callSid: string, deps: BrowserCallDeps): BrowserNext | undefined {
  const call = deps.calls.find(callSid);
  if (call === undefined || call.identity.accountSid !== ACCOUNT_SID) return undefined;
  const next = deps.calls.decideNext(call, "in-progress");
  // No one is dialled from a browser: the page shows who would have been, and the call is over.
  if (next.type === "dial") deps.calls.decideNext(call, "completed");
  return nextOf(next, callSid, deps);
}

function nextOf(next: Next, callSid: string, deps: BrowserCallDeps): BrowserNext {
  const { sentences, transferTo } = deps.config;
  if (next.type === "nothing") return { type: "hangUp" };
  if (next.type === "connect") return { type: "connect", call: streamFor(callSid, deps) };
  if (next.type === "say") return { type: "say", text: next.words ?? sentences[next.sentence] };
  if (next.type === "dial") return { type: "transfer", text: sentences.transferring, to: next.dial.targets.join(", ") };
  return transferTo === undefined
    ? { type: "say", text: sentences.apology }
    : { type: "transfer", text: sentences[next.sentence], to: transferTo };
}

function streamFor(callSid: string, { auth }: BrowserCallDeps): BrowserCall {
  const token = auth.issueToken({ callSid, accountSid: ACCOUNT_SID });
  return { callSid, accountSid: ACCOUNT_SID, streamSid: sid("MZ"), token, path: "/twilio/realtime" };
}

function sid(prefix: "CA" | "MZ"): string {
  return `${prefix}${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex")}`;
}
