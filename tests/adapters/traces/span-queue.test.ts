// The spans that wait for a collector: batches, bounds, and a collector that is away.

import { test } from "bun:test";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { assertEquals } from "@std/assert";
import { BATCH_MS, BATCH_SPANS, MAX_SPANS_WAITING, SpanQueue } from "../../../src/adapters/traces/span-queue.ts";
import { manualClock } from "../../support/manual-clock.ts";

/** A queue, and an exporter that answers when the test says so. */
function makeQueue() {
  const clock = manualClock();
  const batches: number[] = [];
  const answers: ((failure?: Error) => void)[] = [];
  const lines: string[] = [];
  let stopped = 0;
  const exporter: SpanExporter = {
    export(spans, done) {
      batches.push(spans.length);
      answers.push((failure) => done(failure === undefined ? { code: 0 } : { code: 1, error: failure }));
    },
    shutdown: () => {
      stopped += 1;
      return Promise.resolve();
    },
  };
  const queue = new SpanQueue(exporter, clock, (level, event, { dropped }) => void lines.push(`${level} ${event} ${dropped}`));
  const end = (count: number): void => {
    for (let n = 0; n < count; n += 1) queue.onEnd({} as ReadableSpan);
  };
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const answer = async (failure?: Error): Promise<void> => {
    answers.shift()?.(failure);
    await settle();
  };
  return { queue, clock, batches, answer, lines, end, settle, stopped: () => stopped };
}

test("SpanQueue: spans wait for a batch's time, and leave in one request", () => {
  const { clock, batches, end } = makeQueue();
  end(3);
  clock.advance(BATCH_MS - 1);
  assertEquals(batches, []);
  end(1);
  clock.advance(1);
  assertEquals([batches, clock.pending], [[4], 0]);
});

test("SpanQueue: a full batch leaves at once, and one request is under way at a time", async () => {
  const { clock, batches, end, answer, queue } = makeQueue();
  end(BATCH_SPANS + 2);
  assertEquals(batches, [BATCH_SPANS]);
  clock.advance(10 * BATCH_MS);
  assertEquals(batches, [BATCH_SPANS]);
  await answer();
  clock.advance(BATCH_MS);
  assertEquals([batches, queue.counts], [[BATCH_SPANS, 2], { exported: BATCH_SPANS, dropped: 0 }]);
});

test("SpanQueue: while a request hangs, spans wait up to the bound, and further ones are dropped and counted", () => {
  const { end, queue, batches } = makeQueue();
  end(BATCH_SPANS);
  end(MAX_SPANS_WAITING);
  assertEquals(queue.counts, { exported: 0, dropped: 0 });
  end(7);
  assertEquals([batches, queue.counts], [[BATCH_SPANS], { exported: 0, dropped: 7 }]);
});

test("SpanQueue: a collector that is away costs one log line and counted drops; its return is logged once", async () => {
  const { end, clock, answer, lines, queue } = makeQueue();
  for (let round = 0; round < 3; round += 1) {
    end(2);
    clock.advance(BATCH_MS);
    await answer(new Error("connect ECONNREFUSED"));
  }
  assertEquals([lines, queue.counts], [["warning traces.failed 2"], { exported: 0, dropped: 6 }]);
  for (let round = 0; round < 2; round += 1) {
    end(1);
    clock.advance(BATCH_MS);
    await answer();
  }
  assertEquals([lines, queue.counts], [["warning traces.failed 2", "info traces.recovered 6"], { exported: 2, dropped: 6 }]);
});

test("SpanQueue: an exporter that throws is a collector that is away", async () => {
  const clock = manualClock();
  const lines: string[] = [];
  const exporter: SpanExporter = {
    export() {
      throw new Error("planted");
    },
    shutdown: () => Promise.resolve(),
  };
  const queue = new SpanQueue(exporter, clock, (_level, _event, { reason }) => void lines.push(String(reason)));
  queue.onEnd({} as ReadableSpan);
  await queue.forceFlush();
  assertEquals([lines, queue.counts], [["Error: planted"], { exported: 0, dropped: 1 }]);
});

test("shutdown: sends everything that waits, batch after batch, then stops the exporter, and leaves no timer", async () => {
  const { end, queue, answer, batches, clock, settle, stopped } = makeQueue();
  end(BATCH_SPANS - 1);
  const done = queue.shutdown();
  end(3);
  await settle();
  await answer();
  await answer();
  await done;
  assertEquals([batches, clock.pending, stopped()], [[BATCH_SPANS - 1, 3], 0, 1]);
});
