// Tests of src/protocol/byte-queue.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteQueue } from "../../src/protocol/byte-queue.ts";
import { checkProperty } from "../support/properties.ts";

test("ByteQueue: returns the bytes in the order in which they came, however they are pushed and taken", () => {
  const steps = fc.array(fc.record({ push: fc.uint8Array({ maxLength: 300 }), take: fc.nat(300), skip: fc.nat(300) }), { maxLength: 30 });
  checkProperty(
    fc.property(steps, (all) => {
      const queue = new ByteQueue();
      let expected: number[] = [];
      for (const { push, take, skip } of all) {
        queue.push(push);
        expected.push(...push);
        assertEquals([...queue.take(take)], expected.slice(0, take));
        expected = expected.slice(take);
        queue.skip(skip);
        expected = expected.slice(skip);
        assertEquals([queue.length, ...queue.peek()], [expected.length, ...expected]);
      }
    }),
  );
});

test("ByteQueue: what was taken does not change with what comes next", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  const taken = queue.take(2);
  queue.push(Uint8Array.of(4, 5, 6, 7));
  queue.skip(2);
  assertEquals(
    [[...taken], [...queue.peek()]],
    [
      [1, 2],
      [5, 6, 7],
    ],
  );
});
