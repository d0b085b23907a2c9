// The table of model errors: the effects that calls rely on, the documented codes, and every code that the simulator
// sends.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { modelErrorCode, modelErrorEffect, modelErrorFix, modelErrors, requestedDelayMs } from "../../../src/protocol/realtime/errors.ts";
import { checkProperty } from "../../support/properties.ts";

const effects = {
  fatal: [
    "invalid_api_key",
    "unsupported_country_region_territory",
    "missing_model",
    "model_not_found",
    "invalid_model",
    "beta_api_shape_disabled",
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
  ],
  retryable: [
    "rate_limit_exceeded",
    "server_error",
    "session_expired",
    "conversation_already_has_active_response",
    "invalid_value",
    "invalid_type",
    "missing_required_parameter",
    "unknown_parameter",
    "cannot_update_voice",
  ],
  harmless: ["response_cancel_not_active", "item_not_found", "input_audio_buffer_commit_empty"],
} as const;

for (const effect of ["fatal", "retryable", "harmless"] as const) {
  test(`modelErrorEffect: the ${effect} codes`, () => {
    const codes: readonly string[] = effects[effect];
    assertEquals(
      Object.keys(modelErrors).filter((code) => modelErrors[code]?.effect === effect),
      [...codes],
    );
    assertEquals(
      codes.map(modelErrorEffect),
      codes.map(() => effect),
    );
  });
}

test("modelErrorEffect: an unknown code, and none, is retryable", () => {
  assertEquals(["no_such_code", "constructor", "", undefined].map(modelErrorEffect), Array(4).fill("retryable"));
});

const names: readonly (readonly [code: string | undefined, type: string | undefined, message: string, known: string | undefined])[] = [
  ["insufficient_quota", "insufficient_quota", "", "insufficient_quota"],
  [undefined, "insufficient_quota", "", "insufficient_quota"],
  ["no_such_code", "insufficient_quota", "", "insufficient_quota"],
  ["rate_limit_exceeded", "insufficient_quota", "", "insufficient_quota"],
  ["invalid_api_key", "insufficient_quota", "", "invalid_api_key"],
  [undefined, "invalid_request_error", "You exceeded your current quota, please check your plan.", "insufficient_quota"],
  ["rate_limit_exceeded", "tokens", "", "rate_limit_exceeded"],
  [undefined, "tokens", "", "rate_limit_exceeded"],
  [undefined, "requests", "", "rate_limit_exceeded"],
  ["429", undefined, "", "rate_limit_exceeded"],
  [undefined, undefined, "Rate limit reached for gpt-realtime", "rate_limit_exceeded"],
  [undefined, "server_error", "", "server_error"],
  [undefined, "server_error", "Rate limit reached", "rate_limit_exceeded"],
  [
    undefined,
    "invalid_request_error",
    "Conversation already has an active response in progress: resp_1.",
    "conversation_already_has_active_response",
  ],
  [undefined, undefined, "Cancellation failed: no active response found", "response_cancel_not_active"],
  [undefined, "invalid_request_error", "Your session hit the maximum duration of 60 minutes.", "session_expired"],
  [undefined, "invalid_request_error", "something else", undefined],
  ["toString", "constructor", "", undefined],
  [undefined, undefined, "", undefined],
];
for (const [code, type, message, known] of names) {
  test(`modelErrorCode: code ${code}, type ${type}, "${message}"`, () => assertEquals(modelErrorCode({ code, type, message }), known));
}

const delays: readonly (readonly [message: string, ms: number | undefined])[] = [
  ["Rate limit reached for gpt-realtime. Please try again in 1.2s.", 1_200],
  ["Please try again in 350ms. Visit https://platform.openai.com to learn more.", 350],
  ["Please try again in 1m26.4s.", 86_400],
  ["Please try again in 6m0s.", 360_000],
  ["Please try again in 2h3m.", 7_380_000],
  ["try again in 1h2m3s", 3_723_000],
  ["try again in 1d2h", 93_600_000],
  ["try again in 1s350ms", 1_350],
  ["try again in 500µs", 0],
  ["Please retry after 26 seconds.", 26_000],
  ["Please try again in 1 minute and 30 seconds.", 90_000],
  ["Try again in 2 hours, 3 minutes", 7_380_000],
  ["retry after 30", 30_000],
  ["Please wait for 2 min.", 120_000],
  ["try again in 5 minutes. 3 requests were made", 300_000],
  ["try again in 0.0001s", 1],
  ["try again in 20s, limit 100 requests", 20_000],
  ["Please try again later.", undefined],
  ["try again in a while", undefined],
  ["try again in 3 blinks", undefined],
  ["took 1m26.4s", undefined],
  ["", undefined],
];
for (const [message, ms] of delays) test(`requestedDelayMs: "${message}"`, () => assertEquals(requestedDelayMs(message), ms));

test("requestedDelayMs: any whole hours, minutes and seconds, as Go writes a duration", () => {
  checkProperty(
    fc.property(fc.nat(100), fc.nat(59), fc.nat(59), (h, m, s) => {
      const written = `${h > 0 ? `${h}h` : ""}${h > 0 || m > 0 ? `${m}m` : ""}${s}s`;
      assertEquals(requestedDelayMs(`Please try again in ${written}.`), ((h * 60 + m) * 60 + s) * 1_000);
    }),
  );
});

test("modelErrors: each code has a meaning of its own", () => {
  const meanings = Object.values(modelErrors).map(({ meaning }) => meaning);
  assertEquals(new Set(meanings).size, meanings.length);
});

test("modelErrorFix: by code, else by HTTP status, else none", () => {
  assertStringIncludes(modelErrorFix("insufficient_quota", 429) ?? "", "add credit");
  assertStringIncludes(modelErrorFix("no_such_code", 401) ?? "", "OPENAI_API_KEY");
  assertStringIncludes(modelErrorFix(undefined, 403) ?? "", "permission");
  assertEquals(
    [modelErrorFix("no_such_code", 302), modelErrorFix("toString"), modelErrorFix(undefined)],
    [undefined, undefined, undefined],
  );
});

test("modelErrors: has every code that the simulator of the model sends", () => {
  const folder = resolve(import.meta.dir, "../../../src/simulators/openai");
  const text = ["faults.ts", "rejections.ts"].map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  const codes = [...text.matchAll(/(?:code: |invalid\(\s*)"([a-z]+(?:_[a-z]+)+)"/g)].map(([, code]) => code ?? "");
  assert(new Set(codes).size > 10, "the pattern finds the codes");
  assertEquals(
    codes.filter((code) => !Object.hasOwn(modelErrors, code)),
    [],
  );
});
