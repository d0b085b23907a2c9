// The checks of barge-in, on calls in virtual time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { beep, judge, media, type ServerAct } from "./virtual-stream.ts";

const clear = { event: "clear", streamSid: "$SID" };
const long = media(beep(500, 8_000));
const brief = media(beep(500, 1_700));
type Acts = readonly (readonly [number, ServerAct])[];

const cases: readonly (readonly [name: string, acts: Acts, clears: readonly unknown[], stops: readonly unknown[]])[] = [
  [
    "a clear at once",
    [
      [1_000, long],
      [2_300, clear],
    ],
    [true, undefined],
    [true, undefined],
  ],
  ["no clear", [[1_000, long]], [false, "interrupt-no-clear"], [undefined, undefined]],
  [
    "a clear too late",
    [
      [1_000, long],
      [4_500, clear],
    ],
    [false, "interrupt-no-clear"],
    [undefined, undefined],
  ],
  ["a reply that ends by itself", [[1_000, brief]], [undefined, undefined], [undefined, undefined]],
  ["nothing to speak over", [], [undefined, undefined], [undefined, undefined]],
  [
    "a clear, and the reply continues",
    [
      [1_000, long],
      [2_300, clear],
      [2_400, long],
    ],
    [true, undefined],
    [false, "interrupt-audio-after-clear"],
  ],
  [
    "a clear, and the next reply",
    [
      [1_000, long],
      [2_300, clear],
      [4_500, long],
    ],
    [true, undefined],
    [true, undefined],
  ],
];
for (const [name, server, clears, stops] of cases) {
  test(`INTERRUPT_CHECKS: ${name}`, () => {
    const script = { server, caller: [[2_000, "interrupted", beep(700, 1_500)] as const] };
    for (const [id, wanted] of [
      ["interrupt.clear", clears],
      ["interrupt.stops", stops],
    ] as const) {
      const { ok, cause } = judge(id, script);
      assertEquals([ok, cause], [...wanted]);
    }
  });
}

test("interrupt.clear: reports how long the caller heard the reply continue", () => {
  const caller = [[2_000, "interrupted", beep(700, 1_500)] as const];
  assertEquals(judge("interrupt.clear", { server: [[1_000, long]], caller }).ms, 7_000);
  assertEquals(
    judge("interrupt.clear", {
      server: [
        [1_000, long],
        [2_300, clear],
      ],
      caller,
    }).ms,
    300,
  );
});
