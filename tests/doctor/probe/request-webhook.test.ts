// The URLs that a proxy may make of one, and requests signed for them.

import { afterAll, test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { requestWebhook, signatureVariants } from "../../../src/doctor/probe/request-webhook.ts";
import { readForm, signatureFits } from "../../../src/protocol/signature.ts";
import { goodTwiml, madeCall } from "../../selftest/checks/made.ts";
import { madeOptions } from "./made.ts";

const authToken = "0123456789abcdef0123456789abcdef";

test("signatureVariants: scheme, port, slash and host, each URL once, without the signed one", () => {
  const urls = signatureVariants("https://a.example.net/v?x=1", ["b.example.net"]).map(({ url }) => url);
  assertEquals(urls.length, new Set(urls).size);
  for (const url of [
    "http://a.example.net/v?x=1",
    "https://a.example.net:443/v?x=1",
    "https://a.example.net/v/?x=1",
    "https://a.example.net/v",
    "https://www.a.example.net/v?x=1",
    "https://b.example.net/v?x=1",
    "http://localhost/v?x=1",
  ]) {
    assert(urls.includes(url), url);
  }
  assert(!urls.includes("https://a.example.net/v?x=1"));
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const signature = request.headers.get("x-twilio-signature") ?? "";
    const isSigned = signatureFits(authToken, signature, "https://public.example.net/v", readForm(await request.text()));
    return isSigned ? new Response(goodTwiml, { headers: { "Content-Type": "text/xml" } }) : new Response("no", { status: 403 });
  },
});
afterAll(() => server.stop(true));

test("requestWebhook: unsigned, and signed for another URL than the requested one", async () => {
  const traced: unknown[] = [];
  const world = {
    clock: realClock(),
    random: () => new Uint8Array(0),
    trust: {},
    progress: () => {},
    trace: (entry: unknown) => void traced.push(entry),
  };
  const options = madeOptions({ target: `http://127.0.0.1:${server.port}/v`, authToken });
  const unsigned = await requestWebhook(madeCall(), { variant: "unsigned", signs: null }, options, world);
  assertEquals([unsigned.status, unsigned.isTwiml, unsigned.body], [403, false, "no"]);
  const signed = await requestWebhook(madeCall(), { variant: "host", signs: "https://public.example.net/v" }, options, world);
  assertEquals([signed.status, signed.isTwiml, signed.hasStream], [200, true, true]);
  assertEquals(traced.length, 4);
});
