// Authentication of streams: every rule for the socket and its `start`.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { signRequest } from "../../../src/protocol/signature.ts";
import { makeStreamToken, streamTokenKey } from "../../../src/server/auth/stream-token.ts";
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  assertRejected,
  callSidOf,
  makeDesk,
  offer,
  STREAM_SID,
  startText,
  tokenIn,
  voiceForm,
} from "../fakes.ts";

test("checkStart: a start without a token is rejected", async () => {
  const desk = makeDesk();
  await offer(desk, 1);
  const stream = desk.stream();
  stream.listener.text(startText(1, undefined));
  assertRejected(desk, stream, "no token");
  assertEquals(desk.made.get(callSidOf(1))?.received, ["requestStream, prewarm"]);
});

const soonMs = Date.UTC(2026, 0, 1) + 30_000;
const thisCall = { callSid: callSidOf(1), accountSid: ACCOUNT_SID };
const forged: readonly [string, string][] = [
  ["an empty one", ""],
  ["a word", "token"],
  ["one without an HMAC", `${soonMs.toString(36)}.`],
  ["one whose HMAC is zeros", `${soonMs.toString(36)}.${"A".repeat(43)}`],
  ["one under an empty key", makeStreamToken(new Uint8Array(0), thisCall, soonMs)],
  ["one under the auth token itself", makeStreamToken(new TextEncoder().encode(AUTH_TOKEN), thisCall, soonMs)],
  ["one under the key of an empty auth token", makeStreamToken(streamTokenKey(""), thisCall, soonMs)],
  ["one of another auth token", makeStreamToken(streamTokenKey("f".repeat(32)), thisCall, soonMs)],
  [
    "one with a longer life",
    makeStreamToken(streamTokenKey(AUTH_TOKEN), thisCall, soonMs).replace(/^\w+/, (soonMs + 3_600_000).toString(36)),
  ],
  ["one with an extra byte", `${makeStreamToken(streamTokenKey(AUTH_TOKEN), thisCall, soonMs)}A`],
  ["one of another call", makeStreamToken(streamTokenKey(AUTH_TOKEN), { ...thisCall, callSid: callSidOf(2) }, soonMs)],
  ["one of another account", makeStreamToken(streamTokenKey(AUTH_TOKEN), { ...thisCall, accountSid: `AC${"9".repeat(32)}` }, soonMs)],
  [
    "one whose parts moved",
    makeStreamToken(streamTokenKey(AUTH_TOKEN), { callSid: thisCall.callSid + ACCOUNT_SID, accountSid: "" }, soonMs),
  ],
];
for (const [what, token] of forged) {
  test(`checkStart: a forged token is rejected: ${what}`, async () => {
    const desk = makeDesk();
    await offer(desk, 1);
    const stream = desk.stream();
    stream.listener.text(startText(1, token));
    assertRejected(desk, stream, "the token was not made for this call");
  });
}

test("checkStart: a token is valid for one start", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  desk.stream().listener.text(startText(1, token));
  const thief = desk.stream();
  thief.listener.text(startText(1, token));
  assertRejected(desk, thief, "the token was already used");
  assertEquals(desk.made.get(callSidOf(1))?.ports.length, 1);
});

test("checkStart: a token is valid for 60 seconds", async () => {
  const desk = makeDesk();
  const tokens = [await offer(desk, 1), await offer(desk, 2)];
  desk.clock.advance(59_999);
  const last = desk.stream();
  last.listener.text(startText(1, tokens[0]));
  assertEquals(last.socket.closedWith, undefined);
  desk.clock.advance(1);
  const late = desk.stream();
  late.listener.text(startText(2, tokens[1]));
  assertRejected(desk, late, "the token has expired");
});

test("checkStart: a call cannot be taken over with another call's token, nor by another account", async () => {
  const desk = makeDesk();
  const mine = await offer(desk, 1);
  await offer(desk, 2);
  const other = desk.stream();
  other.listener.text(startText(2, mine));
  assertRejected(desk, other, "the token was not made for this call");
  const account = desk.stream();
  account.listener.text(startText(1, mine, { accountSid: `AC${"9".repeat(32)}` }));
  assertRejected(desk, account, "the call belongs to another account");
  const honest = desk.stream();
  honest.listener.text(startText(1, mine));
  assertEquals(honest.socket.closedWith, undefined);
});

test("checkStart: a call that has ended is not attached", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  desk.made.get(callSidOf(1))?.finish();
  const stream = desk.stream();
  stream.listener.text(startText(1, token));
  assertRejected(desk, stream, "the call has ended");
});

test("checkStart: malformed SIDs are rejected before any lookup", () => {
  const desk = makeDesk();
  const stream = desk.stream();
  stream.listener.text(startText(1, "x", { callSid: "CA\n1" }));
  assertRejected(desk, stream, "start has malformed SIDs");
  assertEquals(desk.lines.at(-1)?.fields.callSid, undefined);
});

test("issueToken: a stream that is resumed after /twilio/after gets a new token, and the old one stays used", async () => {
  const desk = makeDesk();
  const first = await offer(desk, 1);
  desk.stream().listener.text(startText(1, first));
  const call = desk.made.get(callSidOf(1));
  if (call !== undefined) call.next = { type: "connect" };
  const second = await tokenIn(await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" })));
  assert(second !== undefined && second !== first);
  desk.stream().listener.text(startText(1, second));
  assertEquals(call?.ports.length, 2);
  const thief = desk.stream();
  thief.listener.text(startText(1, first));
  assertRejected(desk, thief, "the token was already used");
});

test("checkStart: a call whose webhook another process answered is accepted by its token", () => {
  const desk = makeDesk();
  const elsewhere = makeStreamToken(streamTokenKey(AUTH_TOKEN), thisCall, desk.clock.nowMs() + 60_000);
  const stream = desk.stream();
  stream.listener.text(startText(1, elsewhere));
  assertEquals(desk.made.get(callSidOf(1))?.received, ["requestStream, prewarm", `attach ${STREAM_SID}`]);
});

test("checkPeer: without an auth token, only sockets from this machine may send start", () => {
  const desk = makeDesk({ twilioAuthToken: undefined });
  const host = "localhost:8080";
  assertRejected(desk, desk.stream({ host }, "192.0.2.1"), "the peer is not on this machine");
  assertRejected(desk, desk.stream({ host, origin: "https://evil.example" }, "127.0.0.1"), "a web page of another origin sent the request");
  assertRejected(desk, desk.stream({ host, via: "1.1 x" }, "127.0.0.1"), "the request came through a proxy: it has the header via");
  assertEquals(desk.stream({ host }, "127.0.0.1").socket.closedWith, undefined);
});

const streamUrl = "wss://voice.example/twilio/realtime";
const signatures: readonly [string, Record<string, string>, string][] = [
  ["over the stream's URL", { "x-twilio-signature": signRequest(AUTH_TOKEN, streamUrl, {}) }, "valid"],
  ["over the URL with a slash", { "x-twilio-signature": signRequest(AUTH_TOKEN, `${streamUrl}/`, {}) }, "valid"],
  ["over https", { "x-twilio-signature": signRequest(AUTH_TOKEN, "https://voice.example/twilio/realtime", {}) }, "invalid"],
  ["by another token", { "x-twilio-signature": signRequest("f".repeat(32), streamUrl, {}) }, "invalid"],
  ["by an empty token", { "x-twilio-signature": signRequest("", streamUrl, {}) }, "invalid"],
  ["missing", {}, "missing"],
];
for (const [what, headers, result] of signatures) {
  test(`checkUpgradeSignature: a signature ${what} is logged as "${result}", and does not replace the token`, () => {
    const desk = makeDesk();
    const stream = desk.stream(headers);
    assertEquals(desk.lines.find(({ event }) => event === "stream.accepted")?.fields.signature, result);
    stream.listener.text(startText(1, undefined));
    assertRejected(desk, stream, "no token");
  });

  test(`checkStart: with VOICE_DIRECT_STREAM a signature ${what} ${result === "valid" ? "is" : "is not"} enough`, () => {
    const desk = makeDesk({ directStream: true });
    const stream = desk.stream(headers);
    stream.listener.text(startText(1, undefined));
    if (result === "valid") assertEquals(desk.made.get(callSidOf(1))?.ports.length, 1);
    else assertRejected(desk, stream, "no token");
  });
}

test("checkStart: VOICE_DIRECT_STREAM without an auth token accepts no stream", () => {
  const desk = makeDesk({ directStream: true, twilioAuthToken: undefined });
  const stream = desk.stream(
    { host: "localhost", "x-twilio-signature": signRequest("", "wss://localhost/twilio/realtime", {}) },
    "127.0.0.1",
  );
  stream.listener.text(startText(1, undefined));
  assertRejected(desk, stream, "no token");
});

test("checkStart: a token in the URL's query is ignored", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  const stream = desk.stream({}, "192.0.2.1", `?token=${token}`);
  stream.listener.text(startText(1, undefined));
  assertRejected(desk, stream, "no token");
  assert(!JSON.stringify(desk.lines).includes(token));
});
