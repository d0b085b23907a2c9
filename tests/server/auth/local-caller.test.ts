// Requests that pretend to come from this machine, without an auth token configured.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { makeDesk, voiceForm } from "../fakes.ts";

const local = { host: "127.0.0.1:8080", "content-type": "application/x-www-form-urlencoded" };
const body = new URLSearchParams(voiceForm(1)).toString();

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
