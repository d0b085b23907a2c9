// The meter of the bench counts right: what is lost, late or in another call shows, and the bare relay loses nothing.

import { test } from "bun:test";
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { Flow, Histogram, Lane } from "./flow.ts";
import { runRound } from "./meter.ts";
import { plotSvg } from "./plot.ts";
import { callOf, durationMs, frameOf, noiseAfterTag, tag } from "./tagged-audio.ts";

test("tag: call and frame are read back wherever the audio is; audio without a tag has no call", () => {
  checkProperty(
    fc.property(fc.nat(4_095), fc.nat(16_777_215), fc.nat(50), (call, frame, at) => {
      const audio = tag(call, frame) + noiseAfterTag(20);
      const bytes = Buffer.from(`${" ".repeat(at)}${audio}"`, "latin1");
      const to = at + audio.length;
      assertEquals([callOf(bytes, at, to), frameOf(bytes, at), durationMs(bytes, at, to)], [call, frame, 20]);
      assertEquals(callOf(bytes, at + 12, to), -1);
    }),
  );
});

test("Histogram: a percentile is at most one step above the value", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 100; ms += 1) histogram.add(ms);
  assertEquals([histogram.count, histogram.maxMs], [100, 100]);
  assert(Math.abs(histogram.percentile(0.5) - 50.05) < 0.001);
  assert(Number.isNaN(new Histogram().percentile(0.5)));
});

test("Lane: frames that are missing, repeated or missing at the end are counted, each once", () => {
  const flow = new Flow();
  const lane = new Lane(flow);
  flow.isMeasuring = true;
  for (let frame = 1; frame <= 6; frame += 1) lane.sent(frame, 0);
  for (const frame of [1, 2, 4, 4, 5]) lane.arrived(frame, 3);
  lane.settle();
  assertEquals([flow.sent, flow.received, flow.lost, flow.outOfOrder], [6, 5, 2, 1]);
  assertEquals(flow.latency.maxMs, 3);
});

for (const column of ["echo", "deltas"] as const) {
  test(`runRound, ${column}: through the bare relay no frame is lost, repeated or in another call`, async () => {
    const round = await runRound({ target: "relay", column, calls: 3, settleSeconds: 0, seconds: 1, quietSeconds: 0 });
    assertEquals([round.failure, round.callsLost, round.lost, round.outOfOrder, round.crossed], [undefined, 0, 0, 0, 0]);
    assert(round.memoryKb > 0 && round.up.p50 > 0 && round.down.p50 > 0);
  });
}

test("plotSvg: one line and one name per server, within the picture", () => {
  const svg = plotSvg(
    [
      {
        name: "a",
        points: [
          [1, 4],
          [100, 2],
        ],
      },
      { name: "b", points: [[50, 1]] },
    ],
    "cost",
  );
  assertEquals([svg.match(/<polyline/g)?.length, svg.includes(">a</text>"), svg.includes(">b</text>")], [2, true, true]);
  assert(!svg.includes("NaN"));
});
