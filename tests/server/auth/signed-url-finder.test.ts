// Tests of src/server/auth/signed-url-finder.ts: which URL is chosen, and what invalid signatures may cost.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { RequestAddress } from "../../../src/protocol/http/candidate-urls.ts";
import { signRequest } from "../../../src/protocol/signature.ts";
import {
  MAX_HABITS,
  MAX_TARGET_CHARS,
  SHARED_BURST_CHARS,
  SHARED_CHARS_PER_SECOND,
  SignedUrlFinder,
} from "../../../src/server/auth/signed-url-finder.ts";
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
  ["a raw apostrophe and a blank", { target: "/v?a=D%27A+b" }, "https://h.example/v?a=D'A+b", "https://h.example/v"],
  ["the escaped form of what was received", { target: "/v?a=D'A+b" }, "https://h.example/v?a=D%27A+b", "https://h.example/v"],
  ["a mixture", { target: "/v?a=%27&b=%22+" }, `https://h.example/v?a=%27&b="+`, "https://h.example/v"],
  ["a query as the package re-encodes it", { target: "/v?a=b+c" }, "https://h.example/v?a=b%20c", "https://h.example/v"],
  [
    "Host is tried when wrong hosts with ports are stated",
    { host: "h.example:8080", forwarded: 'host="i.example:1"', xForwardedHost: "j.example:2", xForwardedPort: "3" },
    "http://h.example:8080/v",
    "http://h.example:8080/v",
  ],
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
  assertEquals(find({ target: atLimit }, `https://h.example${atLimit}`), "https://h.example/v");
  assertEquals(find({ target: `${atLimit}a`, upgrade: true }, `wss://h.example${atLimit}a`), undefined);
});

const invalid = `${"A".repeat(27)}=`;
const strange: RequestAddress = {
  ...bare,
  target: `/v?${"a=%27&".repeat(1_000)}`,
  forwarded: "host=i.example",
  xForwardedHost: "j.example",
};

/** Invalid signatures until what all requests share is used up. */
function flood(finder: SignedUrlFinder, address = strange): void {
  for (let n = 0; n < 200; n += 1) finder.find(address, invalid, {});
}

/** Signed as Twilio would with this text. */
function fits(finder: SignedUrlFinder, address: Partial<RequestAddress>, text: string, params: Record<string, string> = {}): boolean {
  return finder.find({ ...bare, ...address }, signRequest(AUTH_TOKEN, text, params), params).url !== undefined;
}

/** As large as Twilio's forms are. */
const form = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`Field${n}`, "x".repeat(90)]));

for (const [what, address, text] of [
  ["PUBLIC_URL", { publicUrl: "https://p.example:8443" }, "https://p.example:8443/v"],
  ["PUBLIC_URL, signed without its port", { publicUrl: "https://p.example:8443" }, "https://p.example/v"],
  ["a host without a proxy", { host: "h.example:8080" }, "http://h.example:8080/v"],
  [
    "a proxy that states host and scheme",
    { host: "10.0.0.5:8080", xForwardedHost: "v.example", xForwardedProto: "https" },
    "https://v.example/v",
  ],
  ["a proxy that states only the scheme", { host: "v.example", xForwardedProto: "https" }, "https://v.example/v"],
  ["a proxy that states nothing", { host: "v.example" }, "https://v.example/v"],
  ["Forwarded", { host: "10.0.0.5", forwarded: "for=1.2.3.4;host=v.example;proto=https" }, "https://v.example/v"],
] as const) {
  test(`find: during a flood the first request is checked: ${what}`, () => {
    const finder = new SignedUrlFinder(AUTH_TOKEN, manualClock());
    flood(finder);
    flood(finder, { ...strange, ...address });
    assertEquals(fits(finder, address, text, form), true);
  });
}

test("find: during a flood, how an earlier request was signed is tried first, however rare it is", () => {
  const target = "/v?a=b+c";
  for (const text of ["https://h.example/v?a=b+c", "https://h.example:443/v?a=b%20c", "http://h.example:80/v?a=b+c"]) {
    const finder = new SignedUrlFinder(AUTH_TOKEN, manualClock());
    assertEquals(fits(finder, { target }, text), true);
    flood(finder);
    flood(finder, { ...strange, host: "h.example" });
    const address = { host: "h.example:8080", forwarded: "host=i.example", target: "/w?a=b+c" };
    assertEquals(fits(finder, address, text.replace("/v", "/w")), true, text);
    const stream = text.replace(/^http(.*)\/v.*$/, "ws$1/s");
    assertEquals(fits(finder, { upgrade: true, target: "/s" }, stream), true, stream);
  }
});

/** Signed so only now and then. */
const rare = { target: `/v?b=%27${"&a=%27".repeat(400)}` };
const rareText = `https://h.example/v?b='${"&a=%27".repeat(400)}`;

test("find: what is rare and large is paid from what all share, which refills", () => {
  const clock = manualClock();
  const finder = new SignedUrlFinder(AUTH_TOKEN, clock);
  assertEquals(fits(finder, rare, rareText), true);
  flood(finder);
  const limited = finder.find({ ...bare, ...rare }, signRequest(AUTH_TOKEN, rareText, {}), {});
  assertEquals(limited.url === undefined && limited.isOverBudget, true);
  clock.advance((SHARED_BURST_CHARS / SHARED_CHARS_PER_SECOND) * 1_000);
  assertEquals(fits(finder, rare, rareText), true);
});

test("find: a signature that fits costs nothing of what all share", () => {
  const finder = new SignedUrlFinder(AUTH_TOKEN, manualClock());
  for (let n = 0; n < 50; n += 1) assertEquals(fits(finder, rare, rareText), true, String(n));
});

test("find: the newest ways of signing are remembered, and invalid signatures teach none", () => {
  const finder = new SignedUrlFinder(AUTH_TOKEN, manualClock());
  const odd = (n: number) => [{ host: `h${n}.example`, target: "/v?a=b+c" }, `https://h${n}.example:443/v?a=b%20c`] as const;
  for (let n = 0; n <= MAX_HABITS; n += 1) fits(finder, ...odd(n));
  flood(finder);
  const big = { Body: "x".repeat(8_000) };
  const known = Array.from({ length: MAX_HABITS + 1 }, (_, n) => fits(finder, ...odd(n), big));
  assertEquals(known, [false, ...Array<boolean>(MAX_HABITS).fill(true)]);
});

test("find: an empty token, and signatures that no HMAC has, fit nothing", () => {
  const unset = new SignedUrlFinder("", manualClock());
  assertEquals(unset.find(bare, signRequest("", "https://h.example/v", {}), {}).url, undefined);
  const finder = new SignedUrlFinder(AUTH_TOKEN, manualClock());
  for (const signature of ["", "A", `${"A".repeat(28)}`, `${"A".repeat(26)}B=`, `${"A".repeat(8_000)}=`])
    assertEquals(finder.find(bare, signature, {}).url, undefined, signature.slice(0, 40));
});
