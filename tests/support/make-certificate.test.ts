// The certificates that tests make.

import { test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { assertEquals } from "@std/assert";
import { makeCertificate } from "./make-certificate.ts";

test("makeCertificate: for 127.0.0.1, signed by itself, until the given time", () => {
  const notAfterMs = Math.floor(Date.now() / 1_000) * 1_000 + 86_400_000;
  const certificate = new X509Certificate(makeCertificate(notAfterMs).cert);
  assertEquals(certificate.verify(certificate.publicKey), true);
  assertEquals([certificate.checkIP("127.0.0.1"), Date.parse(certificate.validTo)], ["127.0.0.1", notAfterMs]);
});
