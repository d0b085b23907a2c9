// Tests of src/protocol/http/candidate-urls.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  candidateUrls,
  MAX_CANDIDATES,
  MAX_HEADER_CHARS,
  type RequestAddress,
  withDefaultPort,
  withoutPort,
  withTrailingSlash,
} from "../../../src/protocol/http/candidate-urls.ts";
import { checkProperty } from "../../support/properties.ts";

const bare: RequestAddress = {
  publicUrl: undefined,
  target: "/v?a=%20b",
  upgrade: false,
  host: undefined,
  forwarded: undefined,
  xForwardedHost: undefined,
  xForwardedProto: undefined,
  xForwardedPort: undefined,
};

const cases: readonly [what: string, address: Partial<RequestAddress>, urls: readonly string[]][] = [
  ["no headers and no PUBLIC_URL", {}, []],
  ["only PUBLIC_URL", { publicUrl: "https://p.example" }, ["https://p.example/v?a=%20b"]],
  ["PUBLIC_URL with http and a port", { publicUrl: "http://p.example:81" }, ["http://p.example:81/v?a=%20b"]],
  ["PUBLIC_URL with a prefix that the proxy strips", { publicUrl: "https://p.example/x" }, ["https://p.example/x/v?a=%20b"]],
  ["PUBLIC_URL with a prefix that the proxy keeps", { publicUrl: "https://p.example/x", target: "/x/v" }, ["https://p.example/x/v"]],
  ["a prefix that is only similar", { publicUrl: "https://p.example/x", target: "/xy" }, ["https://p.example/x/xy"]],
  ["only Host", { host: "h.example" }, ["https://h.example/v?a=%20b", "http://h.example/v?a=%20b"]],
  [
    "Host with a port",
    { host: "h.example:8080", target: "/v" },
    ["https://h.example/v", "https://h.example:8080/v", "http://h.example/v", "http://h.example:8080/v"],
  ],
  ["Host with a default port", { host: "h.example:443", target: "/v" }, ["https://h.example/v", "http://h.example/v"]],
  ["a proxy that states http", { host: "h.example", xForwardedProto: "http", target: "/v" }, ["http://h.example/v", "https://h.example/v"]],
  [
    "several proxies",
    { host: "i", xForwardedHost: "h.example, i", xForwardedProto: "https, http", target: "/v" },
    ["https://h.example/v", "https://i/v", "http://h.example/v", "http://i/v"],
  ],
  [
    "a proxy that states the port",
    { host: "h.example", xForwardedPort: "8443", target: "/v" },
    ["https://h.example/v", "https://h.example:8443/v", "http://h.example/v", "http://h.example:8443/v"],
  ],
  [
    "Forwarded of RFC 7239",
    { forwarded: 'For="[2001:db8::1]:4711";Proto=http;host="h.example:81", for=10.0.0.1;host=i', target: "/v" },
    ["http://h.example/v", "http://h.example:81/v", "https://h.example/v", "https://h.example:81/v"],
  ],
  ["an upgrade", { host: "h.example", upgrade: true, target: "/s", xForwardedProto: "https" }, ["wss://h.example/s", "ws://h.example/s"]],
  [
    "an upgrade with the scheme stated as ws",
    { host: "h.example", upgrade: true, target: "/s", xForwardedProto: "ws" },
    ["ws://h.example/s", "wss://h.example/s"],
  ],
  ["an upgrade at PUBLIC_URL", { publicUrl: "HTTPS://p.example", upgrade: true, target: "/s" }, ["wss://p.example/s"]],
  [
    "IPv6",
    { host: "[::1]:8080", target: "/v", xForwardedProto: "http" },
    ["http://[::1]/v", "http://[::1]:8080/v", "https://[::1]/v", "https://[::1]:8080/v"],
  ],
  ["an invalid host", { host: 'h.example/"><Say>', xForwardedHost: "a b", target: "/v" }, []],
  ["an invalid port", { host: "h.example:x", target: "/v" }, []],
  ["empty headers", { host: "", forwarded: "", xForwardedHost: ",", xForwardedProto: " ", xForwardedPort: "" }, []],
];
for (const [what, address, urls] of cases) test(`candidateUrls: ${what}`, () => assertEquals(candidateUrls({ ...bare, ...address }), urls));

test("candidateUrls: wrong hosts in the other headers never displace Host, nor do they take long to read", () => {
  const own = ["https://h.example/v", "https://h.example:8080/v", "http://h.example/v", "http://h.example:8080/v"];
  for (const publicUrl of [undefined, "https://p.example"]) {
    for (const forwarded of ['host="i.example:1"', `${"a=b;".repeat(1_000)}host="i.example:1"`]) {
      const address = {
        ...bare,
        publicUrl,
        target: "/v",
        host: "h.example:8080",
        forwarded,
        xForwardedHost: "j.example:2",
        xForwardedPort: "3",
      };
      const urls = candidateUrls(address);
      assertEquals(urls.length, MAX_CANDIDATES);
      assertEquals(
        own.filter((url) => !urls.includes(url)),
        [],
      );
      assertEquals(urls.includes("https://i.example/v"), forwarded.length < MAX_HEADER_CHARS);
    }
  }
});

test("candidateUrls: PUBLIC_URL stays first of at most eight", () => {
  const urls = candidateUrls({
    ...bare,
    publicUrl: "https://p.example",
    host: "a:1",
    xForwardedHost: "b:2",
    forwarded: "host=c",
    xForwardedPort: "9",
  });
  assertEquals(urls.length, MAX_CANDIDATES);
  assertEquals(urls[0], "https://p.example/v?a=%20b");
});

test("candidateUrls: any headers give at most eight URLs with a scheme", () => {
  const header = fc.option(fc.oneof(fc.string(), fc.webAuthority({ withPort: true }), fc.constant("proto=https;host=a")), {
    nil: undefined,
  });
  const addresses = fc.record({
    publicUrl: fc.constant(undefined),
    target: fc.constant("/v"),
    upgrade: fc.boolean(),
    host: header,
    forwarded: header,
    xForwardedHost: header,
    xForwardedProto: header,
    xForwardedPort: header,
  });
  checkProperty(
    fc.property(addresses, (address) => {
      const urls = candidateUrls(address);
      assert(urls.length <= MAX_CANDIDATES);
      assert(urls.every((url) => /^(http|ws)s?:\/\/[\w.:[\]-]+\/v$/.test(url)));
    }),
  );
});

for (const [url, slashed] of [
  ["wss://h.example/a", "wss://h.example/a/"],
  ["wss://h.example/a/", "wss://h.example/a/"],
  ["wss://h.example/a?b=c/d?e", "wss://h.example/a/?b=c/d?e"],
  ["wss://h.example", "wss://h.example/"],
] as const) {
  test(`withTrailingSlash: ${url} becomes ${slashed}`, () => assertEquals(withTrailingSlash(url), slashed));
}

for (const [url, without, withDefault] of [
  ["https://h.example/a?b=:1", "https://h.example/a?b=:1", "https://h.example:443/a?b=:1"],
  ["http://h.example/a", "http://h.example/a", "http://h.example:80/a"],
  ["wss://h.example", "wss://h.example", "wss://h.example:443"],
  ["https://h.example:8443/a:9", "https://h.example/a:9", "https://h.example:8443/a:9"],
  ["http://[::1]:8080/a", "http://[::1]/a", "http://[::1]:8080/a"],
  ["http://[::1]/a", "http://[::1]/a", "http://[::1]:80/a"],
] as const) {
  test(`withoutPort, withDefaultPort: ${url}`, () => assertEquals([withoutPort(url), withDefaultPort(url)], [without, withDefault]));
}
