// Calls of the console's own telephone: a stream's token, and what comes next.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { Next } from "../../../src/call/effects.ts";
import { type BrowserNext, beginBrowserCall, continueBrowserCall } from "../../../src/server/console/browser-calls.ts";
import { makeDesk, sentences, voiceForm } from "../fakes.ts";

function setUp(transferTo?: string) {
  const desk = makeDesk();
  const deps = { calls: desk.calls, auth: desk.auth, config: { sentences, transferTo } };
  return { ...desk, deps };
}

test("beginBrowserCall: a call with a token that its stream may bring", () => {
  const { deps, auth, calls } = setUp();
  const begun = beginBrowserCall({ from: "", to: "+15550001111" }, deps);
  assert("token" in begun, JSON.stringify(begun));
  const { callSid, accountSid, token } = begun;
  assertEquals(calls.find(callSid)?.identity, {
    callSid,
    accountSid,
    from: "client:console",
    to: "+15550001111",
    direction: "inbound",
    isOperator: true,
  });
  assertEquals(auth.checkStart({ callSid, accountSid }, token, "missing"), undefined);
});

test("beginBrowserCall: while the server stops, no call", () => {
  const { deps, calls } = setUp();
  calls.startDraining();
  assertEquals(beginBrowserCall({ from: "", to: "" }, deps), {
    status: 503,
    title: "The call was not taken.",
    detail: "The server is stopping.",
  });
});

const deskDial = {
  transfer: "desk",
  targets: ["+15550170001"],
  isScreened: true,
  ringMs: 20_000,
  callerId: "caller",
  isDetached: false,
} as const;

for (const [next, transferTo, expected] of [
  [{ type: "nothing" }, undefined, { type: "hangUp" }],
  [{ type: "say", sentence: "apology" }, undefined, { type: "say", text: sentences.apology }],
  [{ type: "transfer", sentence: "transferring" }, "+15550009999", { type: "transfer", text: sentences.transferring, to: "+15550009999" }],
  [{ type: "transfer", sentence: "transferring" }, undefined, { type: "say", text: sentences.apology }],
  [{ type: "say", sentence: "goodbye", words: "No one is free." }, undefined, { type: "say", text: "No one is free." }],
  [
    { type: "dial", sentence: undefined, dial: deskDial },
    undefined,
    { type: "transfer", text: sentences.transferring, to: "+15550170001" },
  ],
] as const satisfies readonly (readonly [Next, string | undefined, BrowserNext])[]) {
  test(`continueBrowserCall: ${next.type}${transferTo === undefined ? "" : " to someone"}`, () => {
    const { deps, made } = setUp(transferTo);
    const begun = beginBrowserCall({ from: "", to: "" }, deps);
    assert("token" in begun);
    const call = made.get(begun.callSid);
    assert(call !== undefined);
    call.next = next;
    assertEquals(continueBrowserCall(begun.callSid, deps), expected);
  });
}

test("continueBrowserCall: another stream has another token; calls of others are not asked", async () => {
  const { deps, made, post } = setUp();
  const begun = beginBrowserCall({ from: "", to: "" }, deps);
  assert("token" in begun);
  const call = made.get(begun.callSid);
  assert(call !== undefined);
  call.next = { type: "connect" };
  deps.auth.checkStart(begun, begun.token, "missing");
  const again = continueBrowserCall(begun.callSid, deps);
  assert(again?.type === "connect" && again.call.token !== begun.token && again.call.streamSid !== begun.streamSid, JSON.stringify(again));
  await post("/twilio/voice", voiceForm(1));
  const [other = ""] = [...made.keys()].filter((sid) => sid !== begun.callSid);
  assertEquals([continueBrowserCall(other, deps), continueBrowserCall("CA0", deps)], [undefined, undefined]);
});
