// Tests of src/server/auth/signed-url-finder.ts: which URL is chosen, and what invalid signatures may cost.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { RequestAddress } from "../../../src/protocol/http/candidate-urls.ts";
import { signRequest } from "../../../src/protocol/signature.ts";
import { LENIENT_CHARS_PER_SECOND, MAX_TARGET_CHARS, SignedUrlFinder } from "../../../src/server/auth/signed-url-finder.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { AUTH_TOKEN } from "../fakes.ts";

const bare: RequestAddress = {
  publicUrl: undefined,
  target: "/v",
  upgrade: false,
  host: "h.example",
  forwarded: undefined,
  xForwardedHost: undefined,
  xForwardedProto: undefined,
  xForwardedPort: undefined,
};

const find = (address: Partial<RequestAddress>, signedUrl: string): string | undefined =>
  new SignedUrlFinder(AUTH_TOKEN, manualClock()).find({ ...bare, ...address }, signRequest(AUTH_TOKEN, signedUrl, {}), {}).url;

const found: readonly [what: string, address: Partial<RequestAddress>, signed: string, url: string][] = [
  ["a proxy's port is left out", { xForwardedPort: "8443" }, "https://h.example/v", "https://h.example/v"],
  ["Host's port is left out", { host: "h.example:8080" }, "https://h.example/v", "https://h.example/v"],
  ["a signed port is kept", { host: "h.example:8080" }, "http://h.example:8080/v", "http://h.example:8080/v"],
  ["a signed proxy's port is kept", { xForwardedPort: "8443" }, "https://h.example:8443/v", "https://h.example:8443/v"],
  ["the default port may be signed", {}, "https://h.example:443/v", "https://h.example/v"],
  ["the default port of http too", {}, "http://h.example:80/v", "http://h.example/v"],
  ["PUBLIC_URL keeps its port", { publicUrl: "https://p.example:8443" }, "https://p.example/v", "https://p.example:8443/v"],
  [
    "PUBLIC_URL keeps its port where Host has none",
    { publicUrl: "https://h.example:8443" },
    "https://h.example/v",
    "https://h.example:8443/v",
  ],
  ["a raw apostrophe and a blank", { target: "/v?a=D%27A+b" }, "https://h.example/v?a=D'A+b", "https://h.example/v?a=D%27A+b"],
  ["the escaped form of what was received", { target: "/v?a=D'A+b" }, "https://h.example/v?a=D%27A+b", "https://h.example/v?a=D'A+b"],
  ["a mixture", { target: "/v?a=%27&b=%22+" }, `https://h.example/v?a=%27&b="+`, "https://h.example/v?a=%27&b=%22+"],
  ["a query as the package re-encodes it", { target: "/v?a=b+c" }, "https://h.example/v?a=b%20c", "https://h.example/v?a=b+c"],
  ["an upgrade with a slash", { upgrade: true }, "wss://h.example/v/", "wss://h.example/v"],
];
for (const [what, address, signed, url] of found) test(`find: ${what}`, () => assertEquals(find(address, signed), url));

test("find: another query, path or host is not accepted", () => {
  for (const signed of ["https://h.example/v?a=1", "https://h.example/w", "https://i.example/v", "https://h.example:8443/v"]) {
    assertEquals(find({}, signed), undefined);
  }
});

test("find: a URL over the limit is not hashed, whatever its signature", () => {
  const atLimit = `/v?${"a".repeat(MAX_TARGET_CHARS - 3)}`;
  assertEquals(find({ target: atLimit }, `https://h.example${atLimit}`), `https://h.example${atLimit}`);
  assertEquals(find({ target: `${atLimit}a`, upgrade: true }, `wss://h.example${atLimit}a`), undefined);
});

test("find: invalid signatures use up the lenient checks of a second, never the exact ones", () => {
  const clock = manualClock();
  const finder = new SignedUrlFinder(AUTH_TOKEN, clock);
  const invalid = "A".repeat(27).concat("=");
  const target = `/v?${"a=1&".repeat(500)}`;
  let attacks = 0;
  for (let isOverBudget = false; !isOverBudget; attacks += 1) {
    const result = finder.find({ ...bare, target, xForwardedHost: "i.example", forwarded: "host=j.example" }, invalid, {});
    assert(result.url === undefined);
    ({ isOverBudget } = result);
    assert(attacks <= LENIENT_CHARS_PER_SECOND / target.length, "no budget");
  }
  const exact = { ...bare, target: "/v?a=D%27A+b" };
  for (const url of ["https://h.example/v?a=D%27A+b", "https://h.example/v?a=D'A+b", "http://h.example/v?a=D'A+b"]) {
    assertEquals(finder.find(exact, signRequest(AUTH_TOKEN, url, {}), {}).url?.slice(-12), "/v?a=D%27A+b");
  }
  const lenient = { ...bare, target: `/v?${"a+b&".repeat(500)}` };
  const signature = signRequest(AUTH_TOKEN, `https://h.example/v?${"a%20b=&".repeat(500)}`.slice(0, -1), {});
  assertEquals(finder.find(lenient, signature, {}).url, undefined);
  clock.advance(1_000);
  assertEquals(finder.find(lenient, signature, {}).url, `https://h.example${lenient.target}`);
});
