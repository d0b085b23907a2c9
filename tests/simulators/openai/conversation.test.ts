// The conversation: order, limit, and changes of items. The errors that clients receive are in client-events.test.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import {
  addAfter,
  addLast,
  type Conversation,
  type ConversationItem,
  deleteItem,
  findItem,
  MAX_ITEMS,
  readItem,
  replaceEntry,
  transcribeItem,
  truncateItem,
} from "../../../src/simulators/openai/conversation.ts";
import { isRejection } from "../../../src/simulators/openai/rejections.ts";

const item = (id: string): ConversationItem => ({
  id,
  object: "realtime.item",
  status: "completed",
  type: "message",
  role: "assistant",
  content: [],
});
const of = (...ids: string[]): Conversation => ids.map((id) => ({ item: item(id), audioMs: 100 }));
const ids = (conversation: Conversation | object) => (conversation as Conversation).map((entry) => entry.item.id);

test("addLast: beyond the limit the oldest item is dropped", () => {
  const full = of(...Array.from({ length: MAX_ITEMS }, (_, index) => `item_${index}`));
  const { conversation, previousItemId } = addLast(full, { item: item("new"), audioMs: undefined });
  assertEquals([conversation.length, conversation[0]?.item.id, conversation.at(-1)?.item.id], [MAX_ITEMS, "item_1", "new"]);
  assertEquals(previousItemId, `item_${MAX_ITEMS - 1}`);
});

test("addAfter: at the front, in between, at the end; not after an unknown item", () => {
  const place = (previous: unknown) => {
    const added = addAfter(of("a", "b"), item("c"), previous);
    return isRejection(added) ? added.rejected.code : [ids(added.conversation).join(""), added.previousItemId];
  };
  assertEquals(place("root"), ["cab", null]);
  assertEquals(place("a"), ["acb", "a"]);
  assertEquals(place(undefined), ["abc", "b"]);
  assertEquals(place("x"), "item_not_found");
  assertEquals(place(7), "item_not_found");
});

test("replaceEntry: a deleted item stays deleted", () => {
  assertEquals(ids(replaceEntry(of("a"), { item: item("b"), audioMs: 1 })), ["a"]);
});

test("findItem and deleteItem: by id", () => {
  assertEquals(findItem(of("a", "b"), "b"), item("b"));
  assertEquals(ids(deleteItem(of("a", "b"), "a")), ["b"]);
  assert(isRejection(deleteItem(of("a"), undefined)));
});

test("truncateItem: up to the whole audio, and no further", () => {
  const cut = truncateItem(of("a"), "a", 100);
  assert(!isRejection(cut));
  assertEquals(cut[0]?.audioMs, 100);
  assert(isRejection(truncateItem(of("a"), "a", 101)));
});

test("transcribeItem: the user's audio gets its transcript", () => {
  const [entry] = transcribeItem(of("a"), "a", "Hello.");
  assertEquals(entry?.item.type === "message" && entry.item.content, [{ type: "input_audio", transcript: "Hello." }]);
});

test("readItem: audio goes to the brain, and the item keeps a transcript instead", () => {
  const audio = { type: "message", role: "user", content: [{ type: "input_audio", audio: "AQID" }] };
  assertEquals(readItem(audio, "item", "item_1", { type: "audio/pcmu" }), {
    item: {
      id: "item_1",
      object: "realtime.item",
      status: "completed",
      type: "message",
      role: "user",
      content: [{ type: "input_audio", transcript: null }],
    },
    input: [{ type: "audio", bytes: Uint8Array.of(1, 2, 3), format: { type: "audio/pcmu" } }],
  });
  const bad = readItem({ ...audio, content: [{ type: "input_audio", audio: "?" }] }, "item", "item_1", { type: "audio/pcmu" });
  assert(isRejection(bad));
  assertEquals(bad.rejected.param, "item.content[0].audio");
});
