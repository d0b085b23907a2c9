// Requests that pretend to come from this machine, without an auth token configured.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { makeDesk, voiceForm } from "../fakes.ts";

const local = { host: "127.0.0.1:8080", "content-type": "application/x-www-form-urlencoded" };
const body = new URLSearchParams(voiceForm(1)).toString();

const proxyHeaders = [
  "CF-Connecting-IP",
  "CF-Ray",
  "CDN-Loop",
  "True-Client-IP",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "X-Envoy-External-Address",
  "X-Forwarded",
  "X-Forwarded-Server",
  "Forwarded-For",
  "X-Original-Forwarded-For",
  "X-Original-Host",
  "X-Azure-ClientIP",
  "X-Amzn-Trace-Id",
  "X-Amz-Cf-Id",
  "X-Cloud-Trace-Context",
  "X-Vercel-Forwarded-For",
  "X-NF-Client-Connection-IP",
  "Fly-Client-IP",
  "Fastly-Client-IP",
  "DO-Connecting-IP",
  "Tailscale-User-Login",
  "WL-Proxy-Client-IP",
];

const strangers: readonly [string, string, Record<string, string>][] = [
  ["another machine", "192.0.2.1", {}],
  ["an unknown peer", "", {}],
  ["a peer that only looks like loopback", "127.0.0.1.evil.example", {}],
  ["a Host of another name: DNS rebinding", "127.0.0.1", { host: "evil.example" }],
  ["a Host that begins like loopback", "127.0.0.1", { host: "127.0.0.1.evil.example" }],
  ["a Host that begins like localhost", "127.0.0.1", { host: "localhost.evil.example" }],
  ["a web page of another site", "127.0.0.1", { origin: "https://evil.example" }],
  ["a web page of another port", "127.0.0.1", { origin: "http://127.0.0.1:3000" }],
  ["a sandboxed web page", "127.0.0.1", { origin: "null" }],
  ["a tunnel that sets X-Forwarded-For", "127.0.0.1", { "x-forwarded-for": "127.0.0.1" }],
  ["a tunnel that sets X-Forwarded-Host", "127.0.0.1", { "x-forwarded-host": "localhost" }],
  ["a tunnel that sets X-Forwarded-Proto", "127.0.0.1", { "x-forwarded-proto": "http" }],
  ["a tunnel that sets Forwarded", "127.0.0.1", { forwarded: "for=127.0.0.1" }],
  ["a web page of another site, by a GET without Origin", "127.0.0.1", { "sec-fetch-site": "cross-site" }],
  ["a web page of another port, by a GET without Origin", "127.0.0.1", { "sec-fetch-site": "same-site" }],
  ["a web page of another site, in an old browser", "127.0.0.1", { referer: "https://evil.example/" }],
  ["a web page whose address begins like ours", "127.0.0.1", { referer: "http://127.0.0.1:8080.evil.example/" }],
  ...proxyHeaders.map((name): [string, string, Record<string, string>] => [`a proxy that sets ${name}`, "127.0.0.1", { [name]: "x" }]),
  ["a proxy that sets Via", "127.0.0.1", { via: "1.1 proxy" }],
];
for (const [who, peer, headers] of strangers) {
  test(`nonLocalReason: without an auth token, ${who} is 403`, async () => {
    const desk = makeDesk({ twilioAuthToken: undefined });
    const response = await desk.fetch("/twilio/voice", { method: "POST", headers: { ...local, ...headers }, body }, peer);
    assertEquals(response.status, 403);
    assertEquals(desk.made.size, 0);
  });
}

const locals: readonly [string, Record<string, string>][] = [
  ["a program", {}],
  ["a page of voice itself", { origin: "http://127.0.0.1:8080", referer: "http://127.0.0.1:8080/a", "sec-fetch-site": "same-origin" }],
  ["an address typed into a browser", { "sec-fetch-site": "none" }],
  [
    "a program with headers of its own",
    { "x-request-id": "1", "user-agent": "curl", "x-client-version": "1", "cache-control": "no-cache" },
  ],
];
for (const [who, headers] of locals) {
  test(`nonLocalReason: without an auth token, ${who} on this machine may call`, async () => {
    const desk = makeDesk({ twilioAuthToken: undefined });
    const response = await desk.fetch("/twilio/voice", { method: "POST", headers: { ...local, ...headers }, body }, "127.0.0.1");
    assertEquals(response.status, 200);
  });
}
