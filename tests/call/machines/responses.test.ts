// Responses: one response.create in flight, what waits for it, and which late audio is dropped.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  countFailure,
  DISCARDED_MAX,
  discard,
  discardActive,
  isComing,
  isDiscarded,
  isFirstAudio,
  noResponses,
  queueResponse,
  type Responses,
  responseDone,
  responseHasAudio,
  responseRejected,
  responseStarted,
  restartResponses,
  wantResponse,
} from "../../../src/call/machines/responses.ts";

const keys = { for: "keys" } as const;
const greeting = { for: "greeting", instructions: "Greet." } as const;
const asked = wantResponse(noResponses, keys).responses;
const active = responseStarted(asked, "r1");
const own = responseStarted(noResponses, "r1");

test("wantResponse: asked at once when none runs, numbered through", () => {
  const first = wantResponse(noResponses, greeting);
  assertEquals(first.send, { eventId: "voice_respond_1", wanted: greeting });
  const second = wantResponse(responseDone(responseStarted(first.responses, "r1"), "r1", false).responses, keys);
  assertEquals(second.send?.eventId, "voice_respond_2");
});

for (const [state, responses] of [
  ["requested", asked],
  ["running", active],
] as const) {
  test(`wantResponse: while one is ${state}, the newest wish waits`, () => {
    const waiting = wantResponse(wantResponse(responses, keys).responses, greeting);
    assertEquals([waiting.send, waiting.responses.queued], [undefined, greeting]);
  });
}

const ends: readonly (readonly [
  what: string,
  before: Responses,
  responseId: string,
  failed: boolean,
  sent: string | undefined,
  after: string,
])[] = [
  ["the running one", queueResponse(active, keys), "r1", false, "voice_respond_2", "requested"],
  ["the running one, and nothing waits", active, "r1", false, undefined, "idle"],
  ["another than the running one", queueResponse(active, keys), "r0", false, undefined, "active"],
  ["an older one, while ours is asked for", queueResponse(asked, keys), "r0", false, undefined, "requested"],
  ["one that failed unannounced, while ours is asked for", queueResponse(asked, keys), "r0", true, "voice_respond_2", "requested"],
  ["one nobody knows of, while none runs", queueResponse(noResponses, keys), "r0", false, "voice_respond_1", "requested"],
];
for (const [what, before, responseId, failed, sent, after] of ends) {
  test(`responseDone: ${what}: ${after}, and ${sent ?? "nothing"} is sent`, () => {
    const { responses, send } = responseDone(before, responseId, failed);
    assertEquals([responses.current.type, send?.eventId], [after, sent]);
    if (send !== undefined) assertEquals(responses.queued, undefined);
  });
}

const refusals: readonly (readonly [
  what: string,
  wanted: typeof keys | typeof greeting | { readonly for: "retry" },
  isActive: boolean,
  waits: boolean,
])[] = [
  ["a key's, for another runs: it waits", keys, true, true],
  ["the greeting, for another runs: that one greets", greeting, true, false],
  ["a retry, for another runs: that one answers", { for: "retry" }, true, false],
  ["a key's, for another reason", keys, false, false],
];
for (const [what, wanted, isActive, waits] of refusals) {
  test(`responseRejected: ${what}`, () => {
    const mine = wantResponse(noResponses, wanted).responses;
    const idle = responseRejected(mine, "voice_respond_1", isActive);
    assertEquals([idle.current.type, idle.queued], ["idle", waits ? wanted : undefined]);
    const other = responseRejected(responseStarted(mine, "r1"), "voice_respond_1", isActive);
    assertEquals(other.current, { type: "active", responseId: "r1", hasAudio: false, request: undefined });
  });
}

test("responseRejected: what is not ours, or no more, changes nothing", () => {
  for (const responses of [noResponses, asked, own]) assertStrictEquals(responseRejected(responses, "voice_respond_9", true), responses);
  assertStrictEquals(responseRejected(own, "voice_respond_1", true), own);
});

test("isFirstAudio: once a response, whether it was announced or not", () => {
  for (const before of [asked, active, noResponses]) {
    assertEquals(isFirstAudio(before, "r1"), true);
    const heard = responseHasAudio(before, "r1");
    assertEquals([isFirstAudio(heard, "r1"), isFirstAudio(heard, "r2")], [false, true]);
    assertStrictEquals(responseHasAudio(heard, "r1"), heard);
  }
});

test(`discard: ${DISCARDED_MAX} are remembered, the newest, each once`, () => {
  let responses = noResponses;
  for (let n = 0; n <= DISCARDED_MAX; n++) responses = discard(discard(responses, `r${n}`), `r${n}`);
  assertEquals([responses.discarded.length, isDiscarded(responses, "r0"), isDiscarded(responses, "r1")], [DISCARDED_MAX, false, true]);
});

test("discardActive: only one that runs", () => {
  assertEquals(isDiscarded(discardActive(active), "r1"), true);
  for (const responses of [noResponses, asked]) assertStrictEquals(discardActive(responses), responses);
});

test("isComing: asked for, or running and not discarded", () => {
  assertEquals([noResponses, asked, active, discardActive(active)].map(isComing), [false, true, true, false]);
});

test("countFailure: in a row", () => {
  const twice = countFailure(countFailure(noResponses, true), true);
  assertEquals([twice.failuresInRow, countFailure(twice, false).failuresInRow], [2, 0]);
});

test("restartResponses: what waited, or was due, waits for the next session; numbers and failures go on, ids of the old one do not", () => {
  const old = countFailure(discardActive(active), true);
  assertEquals(restartResponses(old, false), { ...noResponses, nextEvent: 2, failuresInRow: 1 });
  assertEquals(restartResponses(old, true).queued, { for: "retry" });
  assertEquals(restartResponses(queueResponse(old, keys), true).queued, keys);
});
