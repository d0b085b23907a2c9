// The model leg: which failures are final, and how long to wait before dialling again.

import { test } from "bun:test";
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import {
  backoffMs,
  configureEventId,
  isFatalEnd,
  isFatalError,
  isSettled,
  jitterSeedOf,
  nextDial,
  provenLeg,
  rejectsConfiguration,
  retryDelayMs,
} from "../../../src/call/machines/model-leg.ts";

const errorOf = (fields: { code?: string | undefined; message?: string; param?: string; eventId?: string }) => ({
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

const reasons: readonly (readonly [code: number, reason: string, fatal: boolean])[] = [
  [3000, "invalid_request_error.invalid_api_key", true],
  [1008, "invalid_request_error.insufficient_quota", true],
  [1011, "You exceeded your current quota, please check your plan and billing details.", true],
  [4000, "invalid_request_error.session_expired", false],
  [4000, "invalid_request_error.rate_limit_exceeded", false],
  [4000, "invalid_request_error.no_such_code", true],
  [1011, "keepalive ping timeout", false],
];
for (const [code, reason, fatal] of reasons) {
  test(`isFatalEnd: close ${code} "${reason}": ${fatal}`, () => assertEquals(isFatalEnd({ code, reason, httpStatus: undefined }), fatal));
}

const configuring: readonly (readonly [fields: Parameters<typeof errorOf>[0], rejects: boolean])[] = [
  [{}, true],
  [{ code: "invalid_value" }, true],
  [{ code: "no_such_code", param: "session.audio.input" }, true],
  [{ code: "model_not_found" }, false],
  [{ code: "model_not_found", eventId: "voice_configure" }, true],
  [{ code: "model_not_found", eventId: "voice_configure_1" }, true],
  [{ code: "model_not_found", param: "session.audio.input.transcription.model" }, true],
  [{ code: "invalid_model", message: "The model `gpt-transcribe` is not supported" }, true],
  [{ code: "insufficient_quota", eventId: "voice_configure" }, false],
  [{ code: "invalid_api_key" }, false],
  [{ code: "invalid_api_key", param: "session.audio.output.voice" }, false],
  [{ code: "server_error", eventId: "voice_configure" }, false],
  [{ code: "session_expired" }, false],
  [{ code: "rate_limit_exceeded" }, false],
  [{ code: "conversation_already_has_active_response" }, false],
  [{ code: "response_cancel_not_active" }, false],
];
for (const [fields, rejects] of configuring) {
  test(`rejectsConfiguration: ${JSON.stringify(fields)}: ${rejects}`, () => assertEquals(rejectsConfiguration(errorOf(fields)), rejects));
}

test("isSettled: an error for an update that was replaced, about a setting that is left out already", () => {
  const old = { eventId: "voice_configure", param: "session.audio.output.voice" };
  assertEquals(isSettled(errorOf(old), []), false);
  assertEquals(isSettled(errorOf(old), ["voice"]), true);
  assertEquals(isSettled(errorOf(old), ["noise_reduction"]), false);
  assertEquals(isSettled(errorOf({ ...old, eventId: configureEventId(["voice"]) }), ["voice"]), false);
  assertEquals(isSettled(errorOf({ param: old.param }), ["voice"]), false);
});

const delays: readonly (readonly [code: string | undefined, message: string, ms: number | undefined])[] = [
  ["rate_limit_exceeded", "Please try again in 1m26.4s.", 86_400],
  ["rate_limit_exceeded", "slower", 1_000],
  ["server_error", "Please retry after 5 seconds.", 5_000],
  ["server_error", "sorry", undefined],
];
for (const [code, message, ms] of delays) {
  test(`retryDelayMs: ${code}, "${message}"`, () => assertEquals(retryDelayMs(errorOf({ code, message })), ms));
}

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
