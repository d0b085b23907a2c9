// How far calls got before they failed.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { failedLeg } from "../../../src/doctor/evidence/failed-leg.ts";
import type { HttpExchange } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall } from "../checks/made.ts";
import { beep, media, playStream, type Script } from "../checks/virtual-stream.ts";

const call = (exchange: HttpExchange) => ({
  number: 1,
  call: answeredCall(exchange),
  frames: [],
  actions: [],
});

test("failedLeg: a webhook that failed, and one that only speaks", () => {
  const fault = { twilioCode: 11200, what: "Got HTTP 503 response" };
  assertEquals(failedLeg(call({ ...madeExchange("", 503), fault })), "webhook");
  assertEquals(failedLeg(call(madeExchange("<Response><Say>Hello</Say></Response>"))), undefined);
});

const cases: readonly (readonly [name: string, script: Script, leg: ReturnType<typeof failedLeg>])[] = [
  ["closed on start", { server: [[100, { close: 1011 }]], hangUpMs: 0 }, "start"],
  ["dropped on start", { server: [[100, { close: 1006 }]], hangUpMs: 0 }, "start"],
  [
    "closed after its greeting",
    {
      server: [
        [100, media(beep(500, 2_000))],
        [3_000, { close: 1011 }],
      ],
      hangUpMs: 0,
    },
    undefined,
  ],
  ["closed after 8 s", { server: [[8_000, { close: 1011 }]], hangUpMs: 0 }, undefined],
  ["open until the caller hangs up", {}, undefined],
];
for (const [name, script, leg] of cases) {
  test(`failedLeg: a stream that was ${name}: ${leg}`, () => assertEquals(failedLeg(playStream(script)), leg));
}
