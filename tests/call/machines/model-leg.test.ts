// The model leg: which failures are final, and how long to wait before dialling again.

import { test } from "bun:test";
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import {
  backoffMs,
  isFatalEnd,
  isFatalError,
  jitterSeedOf,
  nextDial,
  provenLeg,
  rejectsConfiguration,
} from "../../../src/call/machines/model-leg.ts";

const errorOf = (fields: { code?: string; param?: string; eventId?: string }) => ({
  type: undefined,
  code: undefined,
  message: "what went wrong",
  param: undefined,
  eventId: undefined,
  ...fields,
});

const codes: readonly (readonly [string | undefined, boolean])[] = [
  ["invalid_api_key", true],
  ["beta_api_shape_disabled", true],
  ["model_not_found", true],
  ["insufficient_quota", true],
  ["rate_limit_exceeded", false],
  ["session_expired", false],
  ["billing_hard_limit_reached", true],
  ["billing_not_active", true],
  ["invalid_model", true],
  ["conversation_already_has_active_response", false],
  [undefined, false],
];
for (const [code, fatal] of codes) {
  test(`isFatalError: ${code}: ${fatal}`, () => assertEquals(isFatalError(errorOf(code === undefined ? {} : { code })), fatal));
}

const ends: readonly (readonly [code: number, httpStatus: number | undefined, fatal: boolean])[] = [
  [1000, undefined, false],
  [1001, undefined, false],
  [1006, undefined, false],
  [1011, undefined, false],
  [2999, undefined, false],
  [3000, undefined, true],
  [4000, undefined, true],
  [1006, 400, true],
  [1006, 401, true],
  [1006, 403, true],
  [1006, 404, true],
  [1006, 408, false],
  [1006, 429, false],
  [1006, 503, false],
];
for (const [code, httpStatus, fatal] of ends) {
  test(`isFatalEnd: close ${code}, HTTP ${httpStatus}: ${fatal}`, () => assertEquals(isFatalEnd({ code, httpStatus }), fatal));
}

test("rejectsConfiguration: the error names our session.update, or a field of the session", () => {
  assert(rejectsConfiguration(errorOf({ eventId: "voice_configure" })));
  assert(rejectsConfiguration(errorOf({ param: "session.audio.input" })));
  assert(!rejectsConfiguration(errorOf({ eventId: "voice_respond_1", param: "item.id" })));
});

test("nextDial: epochs go on; attempts start again after a completed response", () => {
  const first = nextDial({ state: "none", epoch: 0 }, 0);
  assertEquals(first, { state: "dialling", epoch: 1, attempt: 1 });
  assertEquals(nextDial({ state: "backingOff", epoch: 1, attempt: 1 }, 1), { state: "dialling", epoch: 2, attempt: 2 });
  const ready = { state: "ready", epoch: 2, attempt: 2 } as const;
  assertEquals(provenLeg(ready), { ...ready, attempt: 0 });
  assertStrictEquals(provenLeg(first), first);
});

const waits: readonly (readonly [attempt: number, fullMs: number])[] = [
  [0, 100],
  [1, 100],
  [2, 200],
  [5, 1_600],
  [6, 2_000],
  [1_000, 2_000],
];
for (const [attempt, fullMs] of waits) {
  test(`backoffMs: after dial ${attempt}, 75 to 100 % of ${fullMs} ms, the same each time`, () => {
    for (let seed = 0; seed < 200; seed++) {
      const ms = backoffMs(attempt, seed);
      assert(ms >= fullMs * 0.75 && ms <= fullMs && Number.isInteger(ms), `${ms}`);
      assertEquals(backoffMs(attempt, seed), ms);
    }
  });
}

test("jitterSeedOf: another call has another jitter; FNV-1a's own test vector", () => {
  assertEquals(jitterSeedOf("foobar"), 0xbf9cf968);
  assertNotEquals(backoffMs(6, jitterSeedOf("CA1")), backoffMs(6, jitterSeedOf("CA2")));
});
