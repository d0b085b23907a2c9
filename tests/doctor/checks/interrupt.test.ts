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
  [
    "no clear, and a pause of 2 s in the reply",
    [
      [1_000, media(beep(500, 1_200))],
      [1_001, media(new Uint8Array(16_000).fill(0xff))],
      [1_002, long],
    ],
    [false, "interrupt-no-clear"],
    [undefined, undefined],
  ],
  [
    "no clear, sent as it is played, and stopped at once",
    Array.from({ length: 15 }, (_, at) => [1_000 + at * 100, media(beep(500, 100))] as const),
    [undefined, undefined],
    [undefined, undefined],
  ],
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

test("interrupt.clear: two short replies without a clear are enough, one is not", () => {
  const reply = media(beep(500, 1_500));
  const speech = beep(700, 1_500);
  const once = { server: [[1_000, reply]] as const, caller: [[1_400, "interrupted", speech]] as const };
  const twice = {
    server: [...once.server, [4_000, reply]] as const,
    caller: [...once.caller, [4_400, "interrupted", speech]] as const,
  };
  assertEquals(judge("interrupt.clear", once).ok, undefined);
  assertEquals(judge("interrupt.clear", twice).cause, "interrupt-no-clear");
});
