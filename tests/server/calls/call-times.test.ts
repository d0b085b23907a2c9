// The default times keep every silence under six seconds.

import { test } from "bun:test";
import { assert } from "@std/assert";
import { callTimes } from "../../../src/server/calls/call-times.ts";

test("callTimes: no caller hears over 6 s of silence", () => {
  const { replyMs, stallMs, fillerMs, modelReadyMs, rollOverMs } = callTimes;
  assert(replyMs + fillerMs < 6_000 && stallMs + fillerMs < 6_000 && modelReadyMs <= 6_000);
  // OpenAI ends a session at 60 minutes, and the turn in progress must end first.
  assert(rollOverMs <= 58 * 60_000);
});
