// The table of model errors: the effects that calls rely on, the documented codes, and every code that the simulator
// sends.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { modelErrorEffect, modelErrorFix, modelErrors } from "../../../src/protocol/realtime/errors.ts";

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
