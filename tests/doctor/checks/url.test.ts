// The checks of a stream's URL, with one fault each.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeCertificate, URL_CHECKS } from "../../../src/doctor/checks/url.ts";
import type { Evidence, TlsFacts } from "../../../src/doctor/evidence/evidence.ts";
import { madeCall, madeStream } from "../../selftest/checks/made.ts";
import { assertCause, madeDoctorEvidence, madeHandshake, madeHost, NOW_MS } from "./made.ts";

for (const { id } of URL_CHECKS.filter((check) => check.id !== "url.also")) {
  test(`${id}: a public wss URL passes`, () => {
    assertCause(URL_CHECKS, id, madeDoctorEvidence(), "passed");
  });
}

const at = (written: string, fields: Partial<Evidence> = {}): Evidence =>
  madeDoctorEvidence({ streamUrl: { written, dialled: written }, ...fields });
const local = { isLocalTrial: true, target: { url: "http://127.0.0.1:8080/voice", kind: "webhook" } } as const;
const loopback = madeHost({ addresses: [{ address: "127.0.0.1", family: 4, isPublic: false, ms: 1 }] });
const tlsOf = (fields: Partial<TlsFacts>): Evidence =>
  madeDoctorEvidence({ streamHost: madeHost({ tls: { ...(madeHost().tls as TlsFacts), ...fields } }) });
const dead = (kind: "refused" | "connectTimeout", address = "9.9.9.9") =>
  madeHost({ addresses: [{ address, family: 4, isPublic: address === "9.9.9.9", ms: 5, failure: { kind, detail: "no" } }] });

const cases = [
  ["twiml.stream-url", "", at(""), "url-missing"],
  ["twiml.stream-url", "what a template left behind", at("wss://undefined/media"), "url-placeholder"],
  ["url.scheme", "ws", at("ws://voice.example.net/s"), "url-scheme"],
  ["url.scheme", "https", at("https://voice.example.net/s"), "url-scheme"],
  ["url.scheme", "ws of a local trial", at("ws://127.0.0.1:8080/s", local), "passed"],
  ["url.scheme", "ws to a public host in a local trial", at("ws://voice.example.net/s", local), "url-scheme"],
  [
    "url.scheme",
    "wss that a local trial dialled as ws",
    at("wss://127.0.0.1/s", { ...local, streamUrl: { written: "wss://127.0.0.1/s", dialled: "ws://127.0.0.1:8080/s" } }),
    "no cause",
  ],
  ["url.public", "a private address", at("wss://10.0.0.5/s", { streamHost: madeHost({ addresses: [] }) }), "url-private"],
  ["url.public", "a name that resolves to a private address", at("wss://voice.example.net/s", { streamHost: loopback }), "url-private"],
  ["url.public", "a local trial", at("ws://127.0.0.1:8080/s", { ...local, streamHost: loopback }), "no cause"],
  [
    "url.public",
    "in a local trial, another private host that does not answer",
    at("wss://10.0.0.5/s", { ...local, streamHost: dead("connectTimeout", "10.0.0.5") }),
    "url-private",
  ],
  [
    "url.dns",
    "a name that does not resolve",
    madeDoctorEvidence({ streamHost: madeHost({ dnsFailure: "ENOTFOUND", addresses: [] }) }),
    "url-dns",
  ],
  ["url.tcp", "a port where nothing listens", madeDoctorEvidence({ streamHost: dead("refused"), handshakes: [] }), "url-refused"],
  ["url.tcp", "a port that was open during the call", madeDoctorEvidence({ streamHost: dead("refused") }), "passed"],
  ["url.tcp", "a host that does not answer", madeDoctorEvidence({ streamHost: dead("connectTimeout"), handshakes: [] }), "url-timeout"],
  [
    "url.addresses",
    "one address of two",
    madeDoctorEvidence({ streamHost: madeHost({ addresses: [...madeHost().addresses, ...dead("refused").addresses] }) }),
    "no cause",
  ],
  ["url.tls", "an expired certificate", tlsOf({ refusal: { kind: "expired", detail: "" } }), "url-tls-expired"],
  ["url.tls", "one for another name", tlsOf({ refusal: { kind: "name", detail: "" } }), "url-tls-name"],
  ["url.tls", "a self-signed one", tlsOf({ refusal: { kind: "self-signed", detail: "" } }), "url-tls-self-signed"],
  ["url.tls", "one of an unknown authority", tlsOf({ refusal: { kind: "chain", detail: "" } }), "url-tls-chain"],
  ["url.tls", "no TLS", tlsOf({ refusal: { kind: "handshake", detail: "wrong version number" } }), "url-tls-handshake"],
  [
    "url.tls",
    "HTTP/2 only",
    tlsOf({ refusal: { kind: "handshake", detail: "tlsv1 alert no application protocol" } }),
    "handshake-not-http",
  ],
  [
    "url.tls",
    "plain HTTP at the port",
    madeDoctorEvidence({
      streamHost: madeHost({ plainHttpStatus: 404, tls: { ...(madeHost().tls as TlsFacts), refusal: { kind: "handshake", detail: "" } } }),
    }),
    "url-app-port",
  ],
  ["url.tls", "TLS 1.1", tlsOf({ version: "TLSv1.1" }), "url-tls-handshake"],
  ["url.tls", "a certificate that expires tomorrow", tlsOf({ notAfterMs: NOW_MS + 86_400_000 }), "url-certificate-expiring"],
  ["url.query", "a query that is not needed", at("wss://voice.example.net/s?a=1"), "url-query-stripped"],
  [
    "url.query",
    "a query without which the handshake is refused",
    at("wss://voice.example.net/s?a=1", { handshakes: [madeHandshake({}, 403), madeHandshake({ variant: "query" })] }),
    "url-query-required",
  ],
] as const;
for (const [id, what, evidence, cause] of cases) {
  test(`${id}: ${what || "no URL"}: ${cause}`, () => {
    assertCause(URL_CHECKS, id, evidence, cause);
  });
}

test("url.query: a stream that lasts only with the query is an error", () => {
  const evidence = at("wss://voice.example.net/s?token=1", { lastsWithQuery: true });
  assertEquals(assertCause(URL_CHECKS, "url.query", evidence, "url-query-required").level, "error");
});

test("url.query: a close whose reason names a missing parameter is an error", () => {
  const call = madeCall({ streams: [madeStream({ end: { atMs: 1, by: "server", code: 1008, reason: "missing token" } })] });
  const evidence = { ...at("wss://voice.example.net/s?token=1"), calls: [{ number: 1, call, frames: [], actions: [] }] };
  assertEquals(assertCause(URL_CHECKS, "url.query", evidence, "url-query-required").level, "error");
});

test("url.tls: a single certificate of an unknown authority lacks its intermediate", () => {
  const judged = assertCause(
    URL_CHECKS,
    "url.tls",
    tlsOf({ chainLength: 1, refusal: { kind: "chain", detail: "UNABLE_TO_VERIFY" } }),
    "url-tls-chain",
  );
  assertStringIncludes(judged.actual, "no intermediate");
});

test("url.tls: with --insecure certificates are not judged", () => {
  const evidence = { ...tlsOf({ refusal: { kind: "expired", detail: "" } }), insecure: true };
  assertCause(URL_CHECKS, "url.tls", evidence, "untested");
});

test("url.also: names the hosts that accept the stream", () => {
  const also = [
    { host: "a.example.net", facts: madeHost({ dnsFailure: "ENOTFOUND", addresses: [] }), handshake: undefined },
    { host: "b.example.net", facts: madeHost(), handshake: madeHandshake({ variant: "also" }) },
  ];
  assertEquals(assertCause(URL_CHECKS, "url.also", madeDoctorEvidence({ also }), "passed").actual, "works: b.example.net");
  assertCause(URL_CHECKS, "url.also", madeDoctorEvidence(), "untested");
});

test("describeCertificate: name, issuer and expiry; nothing without TLS", () => {
  const tls = madeHost().tls as TlsFacts;
  assertStringIncludes(describeCertificate(tls).join(" "), "valid until 2027-01-30");
  assertEquals(describeCertificate({ ...tls, version: undefined }), []);
});
