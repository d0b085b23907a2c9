// The answer when Twilio asks what comes next, in every state.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { RESUMES_MAX } from "../../../src/call/rules/after.ts";
import { greeted, lastEffects } from "../call-script.ts";

const ASK = "9000 caller.nextRequested callStatus=in-progress";
const ended = [...greeted, "300 caller.stopped"];
const leaving = [...greeted, "300 operator.drained"];

const answers: readonly (readonly [what: string, lines: readonly string[], answer: string])[] = [
  ["the call is over", [...greeted, "9000 caller.nextRequested callStatus=completed"], "nothing"],
  ["the status is not in-progress", [...greeted, "9000 caller.nextRequested callStatus=ringing"], "nothing"],
  ["no stream has started", ["0 caller.streamRequested", ASK], "connect"],
  ["the stream seems open", [...greeted, ASK], "connect"],
  ["the stream is lost", [...greeted, "300 caller.disconnected", ASK], "connect"],
  ["the call is leaving", [...leaving, ASK], "say draining"],
  ["the call is leaving, and Twilio says it is over", [...leaving, "9000 caller.nextRequested callStatus=completed"], "nothing"],
  ["the caller seemed to hang up, and yet the call goes on", [...ended, ASK], "say goodbye"],
  [
    "the stream never started, and Twilio asks much later",
    ["0 caller.streamRequested", "60000 clock.rang", "61000 caller.nextRequested callStatus=in-progress"],
    "say apology",
  ],
  ["Twilio asks again", [...leaving, ASK, ASK], "say draining"],
];
for (const [what, lines, answer] of answers) {
  test(`onNextRequested: ${what}: ${answer}`, () => {
    const effects = lastEffects(...lines).filter((effect) => effect.startsWith("after.answer"));
    assertEquals(effects, [`after.answer ${answer}`]);
  });
}

test(`onNextRequested: resumed ${RESUMES_MAX} times, then an apology`, () => {
  const answersOf = (asks: number): string | undefined => lastEffects(...greeted, ...Array.from({ length: asks }, () => ASK)).at(-1);
  assertEquals(
    [1, 2, 3, 4].map(answersOf),
    ["connect", "connect", "say apology", "say apology"].map((answer) => `after.answer ${answer}`),
  );
});

for (const status of ["completed", "busy", "failed", "no-answer", "canceled"]) {
  test(`onStatusReported: ${status} ends the call`, () => {
    assertEquals(lastEffects(...greeted, `300 caller.statusReported callStatus=${status}`).at(-1), "call.ended caller hangup");
  });
}
for (const status of ["in-progress", "ringing", "queued", '""']) {
  test(`onStatusReported: ${status} changes nothing`, () =>
    assertEquals(lastEffects(...greeted, `300 caller.statusReported callStatus=${status}`), []));
}
