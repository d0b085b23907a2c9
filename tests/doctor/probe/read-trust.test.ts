// The certificate authorities of a run.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/config/usage-error.ts";
import { readTrust } from "../../../src/doctor/probe/read-trust.ts";

const none = { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined };
const path = new URL("../../data/tls/root.pem", import.meta.url).pathname;
const root = readFileSync(path, "utf8");

test("readTrust: the system's authorities, plus those of --ca", () => {
  const { ca = "" } = readTrust(path, false, none);
  assert(ca.includes(root) && ca.length > 10 * root.length);
  assert(!(readTrust(undefined, false, none).ca ?? "").includes(root));
});

test("readTrust: SSL_CERT_FILE replaces the system's authorities, NODE_EXTRA_CA_CERTS adds to them", () => {
  assertEquals((readTrust(undefined, false, { ...none, certFile: path }).ca ?? "").trim(), root.trim());
  const { ca = "" } = readTrust(undefined, false, { ...none, extraCertFile: path });
  assert(ca.includes(root) && ca.length > 10 * root.length);
});

test("readTrust: --insecure accepts any certificate; a missing file is wrong usage", () => {
  assertEquals(readTrust(undefined, true, none), { insecure: true });
  assertThrows(() => readTrust("/nowhere/ca.pem", false, none), UsageError);
});
