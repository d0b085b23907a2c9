// The stream token on its own. authenticator-stream.test.ts tries forged ones.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { makeStreamToken, readStreamToken, streamTokenKey } from "../../../src/server/auth/stream-token.ts";
import { checkProperty } from "../../support/properties.ts";
import { ACCOUNT_SID, AUTH_TOKEN, callSidOf } from "../fakes.ts";

const key = streamTokenKey(AUTH_TOKEN);
const call = { callSid: callSidOf(1), accountSid: ACCOUNT_SID };

test("makeStreamToken: the same call and expiry give the same token in every process; readStreamToken returns the expiry", () => {
  const token = makeStreamToken(key, call, 1_767_225_660_000);
  assertEquals(token, makeStreamToken(streamTokenKey(AUTH_TOKEN), call, 1_767_225_660_000));
  assertMatch(token, /^[0-9a-z]{8}\.[\w-]{43}$/); // what adapters/log/log.ts masks
  assertEquals(readStreamToken(key, call, token), 1_767_225_660_000);
});

test("streamTokenKey: without an auth token every process has another key", () => {
  assertNotEquals(streamTokenKey(undefined), streamTokenKey(undefined));
});

test("readStreamToken: a token with any character changed is invalid", () => {
  const token = makeStreamToken(key, call, 1_767_225_660_000);
  checkProperty(
    fc.property(fc.nat(token.length - 2), fc.constantFrom("A", "b", "0", "-", ".", " "), (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      return changed === token || readStreamToken(key, call, changed) === undefined;
    }),
  );
});

test("readStreamToken: never throws", () => {
  checkProperty(fc.property(fc.string(), (text) => readStreamToken(key, call, text) === undefined));
});
