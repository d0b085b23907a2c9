// What Twilio is told when it asks, in every state, and what a lost stream is owed.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { RESUMES_MAX } from "../../../src/call/rules/after.ts";
import { greeted, lastOrders } from "../call-script.ts";

const ASK = "9000 caller.nextRequested callStatus=in-progress";
const ended = [...greeted, "300 caller.stopped"];
const leaving = [...greeted, "300 operator.drained"];

const answers: readonly (readonly [what: string, lines: readonly string[], answer: string])[] = [
  ["the call is over", [...greeted, "9000 caller.nextRequested callStatus=completed"], "nothing"],
  ["the status is none that goes on", [...greeted, "9000 caller.nextRequested callStatus=ringing"], "nothing"],
  ["no stream came", ["0 caller.streamRequested", ASK], "connect"],
  ["the stream is thought to be open", [...greeted, ASK], "connect"],
  ["the stream is lost", [...greeted, "300 caller.disconnected", ASK], "connect"],
  ["an end is planned", [...leaving, ASK], "say draining"],
  ["an end is planned, and the call is over", [...leaving, "9000 caller.nextRequested callStatus=completed"], "nothing"],
  ["the caller had hung up, and yet the call goes on", [...ended, ASK], "say goodbye"],
  [
    "the stream never came, and it asks much later",
    ["0 caller.streamRequested", "60000 clock.rang", "61000 caller.nextRequested callStatus=in-progress"],
    "say apology",
  ],
  ["it asks again after the end that was planned", [...leaving, ASK, ASK], "say draining"],
];
for (const [what, lines, answer] of answers) {
  test(`onNextRequested: ${what}: ${answer}`, () => {
    const orders = lastOrders(...lines).filter((order) => order.startsWith("after.answer"));
    assertEquals(orders, [`after.answer ${answer}`]);
  });
}

test(`onNextRequested: connected again ${RESUMES_MAX} times, then told in words`, () => {
  const answersOf = (asks: number): string | undefined => lastOrders(...greeted, ...Array.from({ length: asks }, () => ASK)).at(-1);
  assertEquals(
    [1, 2, 3, 4].map(answersOf),
    ["connect", "connect", "say apology", "say apology"].map((answer) => `after.answer ${answer}`),
  );
});

for (const status of ["completed", "busy", "failed", "no-answer", "canceled"]) {
  test(`onStatusReported: ${status} ends the call`, () => {
    assertEquals(lastOrders(...greeted, `300 caller.statusReported callStatus=${status}`).at(-1), "call.ended caller hangup");
  });
}
for (const status of ["in-progress", "ringing", "queued", '""']) {
  test(`onStatusReported: ${status} says nothing`, () =>
    assertEquals(lastOrders(...greeted, `300 caller.statusReported callStatus=${status}`), []));
}
