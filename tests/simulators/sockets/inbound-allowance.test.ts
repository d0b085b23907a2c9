// How much a server may send, in virtual time.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  BURST_BYTES,
  BURST_FRAMES,
  BYTES_PER_SECOND,
  FRAMES_PER_SECOND,
  InboundAllowance,
} from "../../../src/simulators/sockets/inbound-allowance.ts";

test("InboundAllowance: a burst, then a rate, in bytes", () => {
  const allowance = new InboundAllowance(500);
  assertEquals(allowance.excess(BURST_BYTES, 1, 500), undefined);
  assertEquals(allowance.excess(BYTES_PER_SECOND, 1, 1_500), undefined);
  assertStringIncludes(allowance.excess(1, 1, 1_500) ?? "", "bytes in the first 1.0 s, got more");
});

test("InboundAllowance: a burst, then a rate, in frames", () => {
  const allowance = new InboundAllowance(0);
  assertEquals(allowance.excess(0, BURST_FRAMES, 0), undefined);
  assertStringIncludes(allowance.excess(0, BURST_FRAMES + 1, 0) ?? "", "frames in the first 0.0 s, got more");
  assertEquals(allowance.excess(0, BURST_FRAMES + FRAMES_PER_SECOND, 1_000), undefined);
});
