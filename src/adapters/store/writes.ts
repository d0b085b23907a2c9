// What is written to the store of calls, as data: each implementation applies the same writes. Writes may be repeated,
// after a failure that does not say whether they were applied: applying one twice changes nothing more.

import type { CallRecord, TurnRecord } from "../../call/record.ts";

/** Times are epoch milliseconds. */
export type Write =
  | {
      readonly type: "call.began";
      readonly callSid: string;
      readonly accountSid: string;
      /** As Twilio wrote them. */
      readonly from: string;
      readonly to: string;
      readonly direction: string | undefined;
      readonly agent: string;
      readonly model: string | undefined;
      readonly atMs: number;
    }
  /** The stream has started. */
  | { readonly type: "call.started"; readonly callSid: string; readonly atMs: number }
  /** A turn as it is now; `index` counts the call's turns from 0. */
  | { readonly type: "call.turned"; readonly callSid: string; readonly index: number; readonly turn: TurnRecord }
  /** Something that one wants to know of a call afterwards: `name` as in the log, `fields` as JSON. */
  | {
      readonly type: "call.noted";
      readonly callSid: string;
      readonly index: number;
      readonly atMs: number;
      readonly name: string;
      readonly fields: string;
    }
  | {
      readonly type: "tool.ran";
      readonly callSid: string;
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
      readonly atMs: number;
    }
  | { readonly type: "tool.returned"; readonly callSid: string; readonly callId: string; readonly output: string; readonly atMs: number }
  /** A response has ended: what it used. `index` counts the call's responses from 0. */
  | {
      readonly type: "usage.added";
      readonly callSid: string;
      readonly index: number;
      readonly model: string | undefined;
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly atMs: number;
    }
  /** A delivery was tried. `nextMs`: when again; undefined: it was taken, or with a `problem` parked. */
  | {
      readonly type: "delivery.tried";
      readonly callSid: string;
      readonly id: string;
      readonly atMs: number;
      readonly problem: string | undefined;
      readonly nextMs: number | undefined;
    }
  | { readonly type: "call.ended"; readonly callSid: string; readonly record: CallRecord };

/** Those without which a stored call makes no sense: they are dropped last. */
export function isEssential({ type }: Write): boolean {
  return type === "call.began" || type === "call.ended";
}
