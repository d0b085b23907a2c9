// The book of calls: its bounds, what it forgets and when, and the drain.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { Calls, KEEP_ENDED_MS, LAST_WORDS_MS, MAX_ENDED_KEPT, REFUSE_ENDED_MS } from "../../src/server/calls.ts";
import { Door, MAX_TOKENS_REMEMBERED } from "../../src/server/door.ts";
import { manualClock } from "../support/manual-clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, callSidOf, FakeCall } from "./fakes.ts";

function makeCalls(maxCalls: number) {
  const clock = manualClock();
  const made: FakeCall[] = [];
  const calls = new Calls(maxCalls, clock, (identity, ended) => {
    const call = new FakeCall(identity, ended);
    made.push(call);
    return call;
  });
  const offer = (n: number) => calls.offer({ callSid: callSidOf(n), accountSid: ACCOUNT_SID, from: "", to: "" });
  return { clock, calls, made, offer };
}

test("offer: the same CallSid is the same call, offered once", () => {
  const { offer, made } = makeCalls(5);
  assertEquals(offer(1), offer(1));
  assertEquals(
    made.map(({ told }) => told),
    [["offered"]],
  );
});

test("offer: at maxCalls the next is refused, and taken once one has ended", () => {
  const { calls, offer, made } = makeCalls(2);
  offer(1);
  offer(2);
  assertEquals(offer(3), "full");
  made[0]?.finish();
  assertEquals(offer(3), made[2]);
  assertEquals(calls.running, 2);
});

test("find: an ended call is found for ten minutes, refused for four hours, then forgotten", () => {
  const { clock, calls, offer, made } = makeCalls(2);
  offer(1);
  made[0]?.finish();
  made[0]?.finish(); // told twice, it has still ended once
  clock.advance(KEEP_ENDED_MS - 1);
  assertEquals(calls.find(callSidOf(1)), made[0]);
  clock.advance(1);
  assertEquals(calls.find(callSidOf(1)), undefined);
  clock.advance(REFUSE_ENDED_MS - KEEP_ENDED_MS - 1);
  assertEquals(offer(1), "ended");
  clock.advance(1);
  assertEquals(offer(1), made[1]);
});

test("find: of ended calls, at most so many are kept, the oldest forgotten first", () => {
  const { calls, offer, made } = makeCalls(1);
  for (let n = 0; n <= MAX_ENDED_KEPT; n++) {
    offer(n);
    made[n]?.finish();
  }
  assertEquals(calls.kept, MAX_ENDED_KEPT);
  assertEquals(calls.find(callSidOf(0)), undefined);
  assertEquals(calls.find(callSidOf(1)), made[1]);
  assertEquals(offer(0), "ended"); // its CallSid is still remembered
});

test("idle: resolves when the last call ends, or when the time is over", async () => {
  const { clock, calls, offer, made } = makeCalls(3);
  assertEquals(await calls.idle(1_000), true);
  offer(1);
  offer(2);
  const patient = calls.idle(1_000);
  const hasty = calls.idle(10);
  clock.advance(10);
  assertEquals(await hasty, false);
  made[0]?.finish();
  made[1]?.finish();
  assertEquals(await patient, true);
  assertEquals(clock.pending, 0);
});

test("idle: a call that we ended is waited for until Twilio has come for the last words, or does not come", async () => {
  const { clock, calls, offer, made } = makeCalls(3);
  offer(1);
  offer(2);
  made[0]?.finish("operator");
  made[1]?.finish("operator");
  const settled = calls.idle(60_000);
  const hasty = calls.idle(LAST_WORDS_MS - 1);
  if (made[0] !== undefined) assertEquals(calls.ask(made[0], "in-progress").type, "say");
  clock.advance(LAST_WORDS_MS - 1);
  assertEquals(await hasty, false);
  clock.advance(1);
  assertEquals(await settled, true);
  assertEquals(clock.pending, 0);
});

test("drainAll: every running call is told, no ended one", () => {
  const { calls, offer, made } = makeCalls(3);
  offer(1);
  offer(2);
  made[0]?.finish();
  calls.startDraining();
  calls.drainAll();
  assertEquals(
    made.map(({ told }) => told.at(-1)),
    ["offered", "drain"],
  );
  assertEquals(offer(3), "draining");
});

test("giveToken: what is remembered of tokens is bounded, and gone with their life", () => {
  const clock = manualClock();
  const door = new Door({ publicUrl: undefined, twilioAuthToken: AUTH_TOKEN, allowUnsigned: false, directStream: false }, clock);
  for (let n = 0; n < MAX_TOKENS_REMEMBERED + 10; n++) door.giveToken({ callSid: callSidOf(n), accountSid: ACCOUNT_SID });
  assertEquals(door.remembered, MAX_TOKENS_REMEMBERED);
  clock.advance(60_000);
  door.giveToken({ callSid: callSidOf(0), accountSid: ACCOUNT_SID });
  assertEquals(door.remembered, 1);
});
