// Timeouts and retries: the defaults, and the overrides in a URL's fragment.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { webhookLimits } from "../../../src/simulators/twilio/webhook-limits.ts";

const usual = { connectMs: 5_000, readMs: 15_000, totalMs: 15_000, retries: 1, policy: ["ct"] };

for (const [url, expected] of [
  ["https://h/v", usual],
  ["https://h/v?rc=5", usual],
  ["https://h/v?q#rc=2&rp=ct,rt", { ...usual, retries: 2, policy: ["ct", "rt"] }],
  ["https://h/v#ct=1&rt=99999&tt=x&rc=9", { ...usual, connectMs: 100, readMs: 15_000, retries: 5 }],
  ["https://h/v#rp=never", usual],
] as const) {
  test(`webhookLimits: ${url}`, () => assertEquals<object>(webhookLimits(url), expected));
}
