// Whom the doctor trusts.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/config/usage-error.ts";
import { doctorTrust } from "../../../src/doctor/probe/trust.ts";

const none = { authToken: undefined, accountSid: undefined, certFile: undefined, extraCertFile: undefined };
const path = new URL("../../data/tls/root.pem", import.meta.url).pathname;
const root = readFileSync(path, "utf8");

test("doctorTrust: the system's, and --ca beside them", () => {
  const { ca = "" } = doctorTrust(path, false, none);
  assert(ca.includes(root) && ca.length > 10 * root.length);
  assert(!(doctorTrust(undefined, false, none).ca ?? "").includes(root));
});

test("doctorTrust: SSL_CERT_FILE stands in place of the system's, NODE_EXTRA_CA_CERTS beside", () => {
  assertEquals((doctorTrust(undefined, false, { ...none, certFile: path }).ca ?? "").trim(), root.trim());
  const { ca = "" } = doctorTrust(undefined, false, { ...none, extraCertFile: path });
  assert(ca.includes(root) && ca.length > 10 * root.length);
});

test("doctorTrust: --insecure takes any; a file that is not there is wrong use", () => {
  assertEquals(doctorTrust(undefined, true, none), { insecure: true });
  assertThrows(() => doctorTrust("/nowhere/ca.pem", false, none), UsageError);
});
