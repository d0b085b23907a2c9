// The checks of marks and of the end of a call, on calls in virtual time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { beep, judge, media, outcome, type Script } from "./virtual-stream.ts";

const mark = { event: "mark", streamSid: "$SID", mark: { name: "a" } };

test("mark.echo: passes when the stream outlives a returned mark, fails when that ends it, untested without marks", () => {
  const said = [
    [5_000, media(beep(500, 500))],
    [5_000, mark],
  ] as const;
  assertEquals(outcome(judge("mark.echo", { server: said })), [true, undefined]);
  assertEquals(outcome(judge("mark.echo", { server: [...said, [5_550, { close: 1011 }]] })), [false, "mark-drops-stream"]);
  assertEquals(outcome(judge("mark.echo", {})), [undefined, undefined]);
});

const ends: readonly (readonly [name: string, script: Script, ok: boolean | undefined])[] = [
  ["the server closes on stop", { hangUpMs: 5_000, server: [[5_100, { close: 1000 }]] }, true],
  ["it leaves the close to Twilio, and answers it", { hangUpMs: 5_000 }, true],
  ["it writes an HTTP answer instead of a close", { hangUpMs: 5_000, server: [[5_100, { broken: "http" }]] }, true],
  [
    "it stays open and continues to send",
    {
      hangUpMs: 5_000,
      server: [
        [6_500, media(beep(500, 100))],
        [6_600, { close: 1000 }],
      ],
    },
    false,
  ],
  ["it does not answer a close", { hangUpMs: 5_000, ignoresClose: true }, false],
  ["the server closed before", { hangUpMs: 5_000, server: [[3_000, { close: 1000 }]] }, undefined],
  ["Twilio closes at once", { hangUpMs: 5_000, options: { stopLingerMs: 0 } }, true],
];
for (const [name, script, ok] of ends) {
  test(`stop.closes: ${name}: ${ok}`, () =>
    assertEquals(outcome(judge("stop.closes", script)), [ok, ok === false ? "stream-open-after-stop" : undefined]));
}
