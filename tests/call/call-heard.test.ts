// What a call believes the caller has heard, against what a simulated caller really heard: never more, and never much
// less.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { Conversation, type Reply } from "./conversation.ts";

const piece = fc.record({ ms: fc.integer({ min: 1, max: 40 }).map((n) => n * 20), secondItem: fc.constant(false) });
const reply: fc.Arbitrary<Reply> = fc
  .record({
    pieces: fc.array(piece, { minLength: 1, maxLength: 12 }),
    split: fc.option(fc.nat(12), { nil: undefined }),
    pieceEveryMs: fc.integer({ min: 5, max: 120 }),
    interruptMs: fc.option(fc.integer({ min: 0, max: 6_000 }), { nil: undefined }),
    byKey: fc.boolean(),
  })
  .map(({ pieces, split, ...rest }) => ({
    ...rest,
    pieces: pieces.map(({ ms }, index) => ({ ms, secondItem: split !== undefined && index >= split })),
  }));

/** A mark follows the last one after 100 ms of audio at the earliest, at the end of a slice of 120 ms. */
const SPACING_MS = 100 + 120;

test("step: what is believed heard is never more than was heard, and at most a mark's spacing and its latency less", () => {
  let truncations = 0;
  const property = fc.property(fc.array(reply, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 120 }), (replies, lagMs) => {
    const conversation = new Conversation(lagMs);
    for (const each of replies) {
      conversation.reply(each);
      assert(conversation.call.playout.heardBytes / 8 <= conversation.heardMs);
    }
    for (const { itemId, believedMs, heardMs } of conversation.truncated) {
      truncations++;
      assert(Number.isInteger(believedMs) && believedMs <= heardMs, `${itemId}: believed ${believedMs} ms, heard ${heardMs} ms`);
      // The caller goes on hearing between the mark's return and the flush's arrival.
      assert(heardMs - believedMs <= SPACING_MS + 2 * lagMs, `${itemId}: believed ${believedMs} ms, heard ${heardMs} ms, lag ${lagMs} ms`);
      assert(believedMs <= conversation.sentMs(itemId));
    }
  });
  checkProperty(property, { numRuns: 150 });
  assert(truncations > 50, `only ${truncations} truncations: nothing was tested`);
});

test("step: what is heard to the end is believed heard, and never truncated", () => {
  const whole = reply.map((each) => ({ ...each, interruptMs: undefined }));
  const property = fc.property(fc.array(whole, { minLength: 1, maxLength: 3 }), (replies) => {
    const conversation = new Conversation(40);
    for (const each of replies) conversation.reply(each);
    assertEquals(conversation.truncated, []);
    assertEquals(conversation.call.playout.heardBytes / 8, conversation.heardMs);
    assertEquals(conversation.call.playout.parts, []);
    assertEquals(conversation.call.tally.bargeIns, 0);
  });
  checkProperty(property, { numRuns: 40 });
});
