// The token of a login link.

import { test } from "bun:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { LINK_LIFE_MS, loginUrl, makeLoginToken, readLoginToken } from "../../../src/server/console/login-link.ts";

const NOW_MS = 1_700_000_000_000;
const key = new Uint8Array(32).fill(7);

test("makeLoginToken: read under its key only, and each is another one", () => {
  const token = makeLoginToken(key, NOW_MS);
  assertEquals(readLoginToken(key, token), NOW_MS + LINK_LIFE_MS);
  assertEquals(readLoginToken(new Uint8Array(32), token), undefined);
  assertNotEquals(makeLoginToken(key, NOW_MS), token);
});

test("readLoginToken: nothing that was changed", () => {
  const [expiry = "", random = "", mac = ""] = makeLoginToken(key, NOW_MS).split(".");
  const later = (Number.parseInt(expiry, 36) + 1).toString(36);
  for (const token of [
    "",
    "..",
    `${later}.${random}.${mac}`,
    `${expiry}.${"A".repeat(22)}.${mac}`,
    `${expiry}.${random}.${"A".repeat(43)}`,
    `${expiry}.${random}`,
  ])
    assertEquals(readLoginToken(key, token), undefined, token);
});

test("loginUrl: a path before ours stays", () => {
  assertEquals(loginUrl("https://voice.example/line", "t"), "https://voice.example/line/console/login?token=t");
});
