// Addresses of a listener as this machine reaches them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { localUrl } from "../../src/server/local-url.ts";

for (const [host, url] of [
  ["0.0.0.0", "http://127.0.0.1:80"],
  ["::", "http://[::1]:80"],
  ["fd00::1", "http://[fd00::1]:80"],
  ["10.0.0.7", "http://10.0.0.7:80"],
] as const) {
  test(`localUrl: ${host}`, () => assertEquals(localUrl(host, 80), url));
}
