// Numbers and secrets in any text. In log lines: tests/adapters/log/log.test.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { maskNumber, maskText } from "../../src/protocol/masking.ts";

test("maskNumber: keeps enough to distinguish callers, and too little to call them", () => {
  const table = [
    ["+15551234567", "+1555***4567"],
    ["+4930123", "+49***23"],
    ["112", "112"],
    ["client:alice", "client:alice"],
  ] as const;
  for (const [number, masked] of table) assertEquals(maskNumber(number), masked);
});

test("maskText: numbers, keys, signatures and tokens, several in one text", () => {
  assertEquals(
    maskText(
      `+15551234567 and sip:+4930123456@a: Bearer abc, sk-proj-abcdef123456, RSOYDt4T1cUTdK1PDd93/VVr8B8=, mh1wxp2k.${"a".repeat(43)}`,
    ),
    "+1555***4567 and sip:+4930***3456@a: Bearer [masked], [masked], [masked], [masked]",
  );
});
