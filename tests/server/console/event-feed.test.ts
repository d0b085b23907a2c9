// The feed of live calls: what changes, the newest state for a slow reader, and no feed too many.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { EventFeeds, MAX_FEEDS } from "../../../src/server/console/event-feed.ts";
import { LiveCalls } from "../../../src/server/console/live-calls.ts";
import { manualClock } from "../../support/manual-clock.ts";

const identity = { callSid: "CA1", accountSid: "AC1", from: "+1", to: "+2" };
const model = { provider: "openai", model: "m", serverAddress: undefined, serverPort: undefined };

function setUp() {
  const clock = manualClock();
  const live = new LiveCalls();
  const feeds = new EventFeeds(live, clock);
  const observe = () => live.observe({ identity, atMs: 1, agent: "a", model });
  return { clock, live, feeds, observe };
}

function readerOf(response: Response | undefined) {
  const reader = response?.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error("no feed");
  return { read: async () => (await reader.read()).value ?? "", cancel: () => reader.cancel() };
}

test("EventFeeds: running calls first, then what changes, as server-sent events", async () => {
  const { clock, feeds, observe } = setUp();
  const watch = observe();
  const response = feeds.answer();
  assertEquals(response?.headers.get("content-type"), "text/event-stream");
  const { read, cancel } = readerOf(response);
  assertEquals(await read(), "event: hello\ndata: {}\n\n");
  clock.advance(100);
  assert((await read()).startsWith('event: call\ndata: {"callSid":"CA1"'));
  watch.event({ type: "model.speechStarted", atMs: 1, epoch: 1, itemId: "i" });
  watch.event({ type: "model.speechStopped", atMs: 1, epoch: 1, itemId: "i" });
  clock.advance(100);
  const changed = await read();
  assertEquals([changed.split("event: call").length - 1, changed.includes('"callerSpeaks":false')], [1, true]);
  await cancel();
});

test("EventFeeds: a comment when nothing happens", async () => {
  const { clock, feeds } = setUp();
  const { read, cancel } = readerOf(feeds.answer());
  await read();
  clock.advance(15_000);
  assertEquals(await read(), ": still here\n\n");
  await cancel();
});

test("EventFeeds: bounded; one that is closed makes room, and leaves no timer", async () => {
  const { clock, feeds } = setUp();
  const open = Array.from({ length: MAX_FEEDS }, () => readerOf(feeds.answer()));
  assertEquals([feeds.answer(), feeds.open], [undefined, MAX_FEEDS]);
  await Promise.all(open.map(({ cancel }) => cancel()));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([feeds.open, clock.pending], [0, 0]);
});
