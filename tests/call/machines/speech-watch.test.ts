// The speech watch's state for a new connection.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { initialSpeechWatch, restartedWatch } from "../../../src/call/machines/speech-watch.ts";

test("restartedWatch: neither loudness nor a probe of the last connection is left, and what counts as noise stays", () => {
  assertEquals(restartedWatch({ loudMs: 300, trusted: true, probing: true }), initialSpeechWatch);
  assertEquals(restartedWatch({ loudMs: 300, trusted: false, probing: true }), { ...initialSpeechWatch, trusted: false });
});
