// The error that Twilio's console shows for each end of a call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type EndCause, type EndReason, twilioCodeOf } from "../../src/call/end-reason.ts";

const codes: Readonly<Record<EndCause, readonly [by: EndReason["by"], code: number | undefined]>> = {
  hangup: ["caller", undefined],
  hungUp: ["agent", 31921],
  idle: ["agent", 31921],
  tooLong: ["agent", 31921],
  transferred: ["agent", 31921],
  overBudget: ["agent", 31921],
  streamNeverStarted: ["network", 31_920],
  unsupportedFormat: ["network", 31_921],
  streamLost: ["network", 31_903],
  modelRefused: ["model", 31_921],
  modelUnreachable: ["model", 31_921],
  modelSilent: ["model", 31_921],
  modelFailed: ["model", 31_921],
  drained: ["operator", 31_921],
  bug: ["server", 31_921],
};
for (const [cause, [by, code]] of Object.entries(codes) as [EndCause, (typeof codes)[EndCause]][]) {
  test(`twilioCodeOf: ${cause}: ${code}`, () => assertEquals(twilioCodeOf({ by, cause }), code));
}
