// The ids of a session: their format, and that they are unique.

import { test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import { makeId } from "../../../src/simulators/openai/session-state.ts";

test("makeId: 21 characters with item_, as the API's, different for each number and each session", () => {
  const ids = [0, 1, 35, 36].flatMap((seed) => [0, 1, 35, 36].map((number) => makeId("item", seed, number)));
  assertEquals(new Set(ids).size, 16);
  for (const id of ids) assertMatch(id, /^item_[0-9a-z]{16}$/);
});
