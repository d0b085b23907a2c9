// The registry: its limits, when it forgets, and the drain.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { CLOSE_WAIT_MS } from "../../../src/adapters/caller-socket.ts";
import { Authenticator, MAX_REMEMBERED_TOKENS } from "../../../src/server/auth/authenticator.ts";
import {
  AFTER_REQUEST_MS,
  CallRegistry,
  KEEP_ENDED_MS,
  MAX_ENDED_KEPT,
  MAX_PREWARMED,
  REFUSE_ENDED_MS,
} from "../../../src/server/calls/call-registry.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, callSidOf, FakeCall } from "../fakes.ts";

const PREWARM_MS = 15_000;

function makeCalls(maxCalls: number, maxMemoryBytes?: number) {
  const clock = manualClock();
  const made: FakeCall[] = [];
  const memory = { bytes: 0 };
  const budget = { isSpent: false };
  const limits = {
    maxCalls,
    maxMemoryBytes,
    residentBytes: () => memory.bytes,
    isOverBudget: () => budget.isSpent,
    prewarmMs: PREWARM_MS,
  };
  const calls = new CallRegistry(limits, clock, (identity, ended) => {
    const call = new FakeCall(identity, ended);
    made.push(call);
    return call;
  });
  const offer = (n: number) => calls.offer({ callSid: callSidOf(n), accountSid: ACCOUNT_SID, from: "", to: "" });
  return { clock, calls, made, offer, memory, budget };
}

test("offer: the same CallSid is the same call, and its stream is requested once", () => {
  const { offer, made } = makeCalls(5);
  assertEquals(offer(1), offer(1));
  assertEquals(
    made.map(({ received }) => received),
    [["requestStream, prewarm"]],
  );
});

test("offer: at maxCalls a new call is refused, and accepted once another has ended", () => {
  const { calls, offer, made } = makeCalls(2);
  offer(1);
  offer(2);
  assertEquals(offer(3), "full");
  made[0]?.finish();
  assertEquals(offer(3), made[2]);
  assertEquals(calls.running, 2);
});

test("offer: above the memory limit new calls are refused, and known ones continue", () => {
  const { offer, made, memory } = makeCalls(5, 1_000);
  memory.bytes = 999;
  assertEquals(offer(1), made[0]);
  memory.bytes = 1_000;
  assertEquals([offer(1), offer(2)], [made[0], "outOfMemory"]);
});

test("offer: at most MAX_PREWARMED calls dial before their stream starts; a stream, an end or time makes room", () => {
  const { clock, offer, made } = makeCalls(1_000);
  const dials = (n: number): boolean => {
    offer(n);
    return made[n]?.received[0] === "requestStream, prewarm";
  };
  for (let n = 0; n < MAX_PREWARMED; n++) assertEquals(dials(n), true);
  assertEquals(dials(MAX_PREWARMED), false);
  made[7]?.finish();
  made[8]?.ports.push({ send: () => true, batch: (work) => work(), close: () => {} });
  assertEquals([dials(33), dials(34), dials(35)], [true, true, false]);
  clock.advance(PREWARM_MS);
  assertEquals(dials(36), true);
});

test("find: an ended call is found for ten minutes, refused for four hours, then forgotten", () => {
  const { clock, calls, offer, made } = makeCalls(2);
  offer(1);
  made[0]?.finish();
  made[0]?.finish(); // a second report does not end it twice
  clock.advance(KEEP_ENDED_MS - 1);
  assertEquals(calls.find(callSidOf(1)), made[0]);
  clock.advance(1);
  assertEquals(calls.find(callSidOf(1)), undefined);
  clock.advance(REFUSE_ENDED_MS - KEEP_ENDED_MS - 1);
  assertEquals(offer(1), "ended");
  clock.advance(1);
  assertEquals(offer(1), made[1]);
});

test("find: at most MAX_ENDED_KEPT ended calls are kept, the oldest forgotten first", () => {
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

test("idle: resolves when the last call ends, or after its timeout", async () => {
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

test("idle: a call that we ended is awaited until Twilio requests /twilio/after, or its time is over", async () => {
  const { clock, calls, offer, made } = makeCalls(3);
  offer(1);
  offer(2);
  made[0]?.finish("operator");
  made[1]?.finish("operator");
  const settled = calls.idle(60_000);
  const hasty = calls.idle(AFTER_REQUEST_MS - 1);
  if (made[0] !== undefined) assertEquals(calls.decideNext(made[0], "in-progress").type, "say");
  clock.advance(AFTER_REQUEST_MS - 1);
  assertEquals(await hasty, false);
  clock.advance(1);
  assertEquals(await settled, true);
  assertEquals(clock.pending, 0);
});

test("AFTER_REQUEST_MS: a stream whose peer does not answer our close is dropped in time for /twilio/after", () => {
  assert(CLOSE_WAIT_MS + 2_000 <= AFTER_REQUEST_MS);
});

test("drainAll: drains every running call, and no ended one", () => {
  const { calls, offer, made } = makeCalls(3);
  offer(1);
  offer(2);
  made[0]?.finish();
  calls.startDraining();
  calls.drainAll();
  assertEquals(
    made.map(({ received }) => received.at(-1)),
    ["requestStream, prewarm", "drain"],
  );
  assertEquals(offer(3), "draining");
});

test("issueToken: remembered tokens are bounded, and forgotten when they expire", () => {
  const clock = manualClock();
  const auth = new Authenticator({ publicUrl: undefined, twilioAuthToken: AUTH_TOKEN, allowUnsigned: false, directStream: false }, clock);
  for (let n = 0; n < MAX_REMEMBERED_TOKENS + 10; n++) auth.issueToken({ callSid: callSidOf(n), accountSid: ACCOUNT_SID });
  assertEquals(auth.rememberedTokens, MAX_REMEMBERED_TOKENS);
  clock.advance(60_000);
  auth.issueToken({ callSid: callSidOf(0), accountSid: ACCOUNT_SID });
  assertEquals(auth.rememberedTokens, 1);
});

test("refusals: counted by reason; limit and the messages of running calls are for the metrics", () => {
  const { calls, offer, made, memory, budget } = makeCalls(2, 1_000);
  offer(1);
  offer(2);
  offer(3);
  offer(4);
  made[0]?.finish();
  offer(1);
  memory.bytes = 1_000;
  offer(5);
  memory.bytes = 0;
  budget.isSpent = true;
  offer(7);
  calls.startDraining();
  offer(6);
  assertEquals(calls.refusals, { draining: 1, full: 2, outOfMemory: 1, overBudget: 1, ended: 1 });
  assertEquals(calls.limit, 2);
  const second = made[1];
  if (second !== undefined) second.frames = { ...second.frames, callerReceived: 5 };
  assertEquals(
    calls.runningFrames().map(({ callerReceived }) => callerReceived),
    [5],
  );
});
