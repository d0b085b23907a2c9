// Responses: one response.create in flight, the queued one, and which late audio is dropped.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  addCalls,
  countFailure,
  DISCARDED_MAX,
  discard,
  discardActive,
  ENDED_MAX,
  hasCalls,
  hasEnded,
  isComing,
  isDiscarded,
  isFirstAudio,
  isStray,
  noResponses,
  ownerOf,
  queueResponse,
  type Responses,
  requestInFlight,
  responseDone,
  responseHasAudio,
  responseRejected,
  responseStarted,
  restartResponses,
  wantResponse,
} from "../../../src/call/machines/responses.ts";

const keys = { for: "keys" } as const;
const greeting = { for: "greeting", instructions: "Greet." } as const;
const requested = wantResponse(noResponses, keys).responses;
const active = responseStarted(requested, "r1");
const own = responseStarted(noResponses, "r1");

test("wantResponse: requested at once when none is in flight, with consecutive ids", () => {
  const first = wantResponse(noResponses, greeting);
  assertEquals(first.send, { eventId: "voice_respond_1", wanted: greeting });
  const second = wantResponse(responseDone(responseStarted(first.responses, "r1"), "r1", false).responses, keys);
  assertEquals(second.send?.eventId, "voice_respond_2");
});

for (const [state, responses] of [
  ["requested", requested],
  ["active", active],
] as const) {
  test(`wantResponse: while one is ${state}, the newest is queued`, () => {
    const queued = wantResponse(wantResponse(responses, keys).responses, greeting);
    assertEquals([queued.send, queued.responses.queued], [undefined, greeting]);
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
  ["the current one", queueResponse(active, keys), "r1", false, "voice_respond_2", "requested"],
  ["the current one, and nothing is queued", active, "r1", false, undefined, "idle"],
  ["one that is not current", queueResponse(active, keys), "r0", false, undefined, "active"],
  ["an older one, while ours is requested", queueResponse(requested, keys), "r0", false, undefined, "requested"],
  ["one that failed unannounced, while ours is requested", queueResponse(requested, keys), "r0", true, "voice_respond_2", "requested"],
  ["an unknown one, while none is in flight", queueResponse(noResponses, keys), "r0", false, "voice_respond_1", "requested"],
];
for (const [what, before, responseId, failed, sent, after] of ends) {
  test(`responseDone: ${what}: ${after}, and ${sent ?? "nothing"} is sent`, () => {
    const { responses, send } = responseDone(before, responseId, failed);
    assertEquals([responses.current.type, send?.eventId], [after, sent]);
    if (send !== undefined) assertEquals(responses.queued, undefined);
  });
}

const rejections: readonly (readonly [
  what: string,
  wanted: typeof keys | typeof greeting | { readonly for: "retry" },
  isActive: boolean,
  queues: boolean,
])[] = [
  ["for a key, since another is active: queued", keys, true, true],
  ["the greeting, since another is active: that one greets", greeting, true, false],
  ["a retry, since another is active: that one answers", { for: "retry" }, true, false],
  ["for a key, for another reason", keys, false, false],
];
for (const [what, wanted, isActive, queues] of rejections) {
  test(`responseRejected: ${what}`, () => {
    const mine = wantResponse(noResponses, wanted).responses;
    const idle = responseRejected(mine, "voice_respond_1", isActive);
    assertEquals([idle.current.type, idle.queued], ["idle", queues ? wanted : undefined]);
    const other = responseRejected(responseStarted(mine, "r1"), "voice_respond_1", isActive);
    assertEquals(other.current, {
      type: "active",
      responseId: "r1",
      announced: true,
      hasAudio: false,
      hasCalls: false,
      request: undefined,
    });
  });
}

test("responseRejected: a request that is not ours, or not current, changes nothing", () => {
  for (const responses of [noResponses, requested, own])
    assertStrictEquals(responseRejected(responses, "voice_respond_9", true), responses);
  assertStrictEquals(responseRejected(own, "voice_respond_1", true), own);
});

test("isFirstAudio: once per response, whether it was announced or not", () => {
  for (const before of [requested, active, noResponses]) {
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

test("discardActive: only an active one", () => {
  assertEquals(isDiscarded(discardActive(active), "r1"), true);
  for (const responses of [noResponses, requested]) assertStrictEquals(discardActive(responses), responses);
});

test("isComing: requested, or active and not discarded", () => {
  assertEquals([noResponses, requested, active, discardActive(active)].map(isComing), [false, true, true, false]);
});

test("countFailure: in a row", () => {
  const twice = countFailure(countFailure(noResponses, true), true);
  assertEquals([twice.failuresInRow, countFailure(twice, false).failuresInRow], [2, 0]);
});

test("restartResponses: what was queued or due is queued for the next session; event ids and failures go on, discarded ids do not", () => {
  const old = countFailure(discardActive(active), true);
  assertEquals(restartResponses(old, false), { ...noResponses, nextEvent: 2, failuresInRow: 1 });
  assertEquals(restartResponses(old, true).queued, { for: "retry" });
  assertEquals(restartResponses(queueResponse(old, keys), true).queued, keys);
});

test("hasEnded: after its end, until the server uses the id again; a response without an id never", () => {
  const ended = responseDone(active, "r1", false).responses;
  assertEquals([hasEnded(active, "r1"), hasEnded(ended, "r1")], [false, true]);
  assertEquals(hasEnded(responseStarted(ended, "r1"), "r1"), false);
  assertEquals(hasEnded(responseDone(responseStarted(noResponses, ""), "", false).responses, ""), false);
  assertEquals(hasEnded(restartResponses(ended, false), "r1"), false);
});

test("hasEnded: the oldest ids are forgotten", () => {
  const ids = Array.from({ length: ENDED_MAX + 1 }, (_, index) => `r${index}`);
  const all = ids.reduce((responses, id) => responseDone(responseStarted(responses, id), id, false).responses, noResponses);
  assertEquals([all.ended.length, hasEnded(all, "r0"), hasEnded(all, `r${ENDED_MAX}`)], [ENDED_MAX, false, true]);
});

test("responseDone: the same end again changes nothing, a failure included", () => {
  const ended = responseDone(active, "r1", false).responses;
  assertStrictEquals(responseDone(ended, "r1", true).responses, ended);
});

test("addCalls: to the current response alone, and its audio does not undo it", () => {
  const called = addCalls(active, "r1");
  assertEquals([hasCalls(active, "r1"), hasCalls(called, "r1"), hasCalls(called, "r0")], [false, true, false]);
  assertEquals(hasCalls(responseHasAudio(called, "r1"), "r1"), true);
  assertStrictEquals(addCalls(called, "r1"), called);
  assertStrictEquals(addCalls(requested, "r1"), requested);
});

const strays: readonly (readonly [what: string, responses: Responses, responseId: string, isReplyDue: boolean, stray: boolean])[] = [
  ["while none is in flight and no reply is due", noResponses, "r1", false, true],
  ["while a reply is due", noResponses, "r1", true, false],
  ["while ours is requested", requested, "r1", true, false],
  ["of the current one", active, "r1", false, false],
  ["of another than the announced one", active, "r0", true, true],
  ["of another than one that was never announced", responseHasAudio(noResponses, "r1"), "r2", false, false],
  ["of another than an interrupted one", discardActive(active), "r2", false, false],
  ["of another than one without an id", responseStarted(noResponses, ""), "r1", false, false],
];
for (const [what, responses, responseId, isReplyDue, stray] of strays) {
  test(`isStray: audio ${what}: ${stray}`, () => assertEquals(isStray(responses, responseId, isReplyDue), stray));
}

test("ownerOf: audio without an id is of the current response", () => {
  assertEquals([ownerOf(active, ""), ownerOf(active, "r2"), ownerOf(noResponses, "")], ["r1", "r2", ""]);
});

test("requestInFlight: until the response that may answer it speaks", () => {
  assertEquals([noResponses, requested, active, responseHasAudio(active, "r1"), own].map(requestInFlight), [
    undefined,
    "voice_respond_1",
    "voice_respond_1",
    undefined,
    undefined,
  ]);
});
