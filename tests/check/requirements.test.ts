// A finding of `voice check`: its requirement from the table, how it stands from what was found.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { checkFinding, settingFinding } from "../../src/check/requirements.ts";

test("checkFinding: the requirement of its id; the fix only where there is one", () => {
  const { requirement, expected, source, ...rest } = checkFinding("openai.speech", { level: "ok", actual: "it speaks" });
  assertEquals(rest, { id: "openai.speech", stage: "model", level: "ok", actual: "it speaks" });
  assertEquals([requirement, expected, source.slice(0, 8)], ["The model speaks.", "audio within 8 s", "https://"]);
  assertEquals(checkFinding("openai.speech", { level: "error", actual: "", fix: "do this" }).fix, { text: "do this" });
});

test("settingFinding: named after the setting", () => {
  const { id, stage, fix } = settingFinding("PORT", { level: "warning", actual: "not set", fix: "set it" });
  assertEquals([id, stage, fix], ["setting.PORT", "settings", { text: "set it" }]);
});
