// Asking the model to speak: when it is asked, and what becomes of an answer that does not come.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { asked, greeted, lastOrders } from "./call-script.ts";

const GIVEN_UP = ["log error call.givenUp", "model.close", "caller.close"];
const RETRIED = ["log warning response.failed", 'model.respond voice_respond_2 "Greet the caller."'];
const failed = (code: string, id = "r1"): string => `40 model.responseDone responseId=${id} status=failed code=${code}`;
const refused = (code: string, id = 1): string => `40 model.failed code=${code} eventId=voice_respond_${id}`;
const speech = ["300 model.speechStarted itemId=u1", "900 model.speechStopped itemId=u1"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["missReply: 1 ms before the end of the wait", [...asked, "8019 clock.rang"], []],
  ["missReply: at the end of the wait", [...asked, "8020 clock.rang"], GIVEN_UP],
  ["missReply: after the caller's words", [...greeted, ...speech, "8900 clock.rang"], GIVEN_UP],
  ["missReply: its beginning is no audio", [...asked, "30 model.responseStarted", "8020 clock.rang"], GIVEN_UP],
  ["missReply: its first audio ends the wait", [...asked, "30 model.audio payload=M20", "8020 clock.rang"], []],
  ["missReply: audio of nothing does not", [...asked, "30 model.audio payload=M0", "8020 clock.rang"], GIVEN_UP],
  [
    "missReply: the caller speaks instead",
    [...asked, "30 model.speechStarted", "40 caller.audio", "8020 clock.rang"],
    ["model.hear silence 1000 ms"],
  ],
  ["retryResponse: once", [...asked, "30 model.responseStarted responseId=r1", failed("server_error")], RETRIED],
  ["retryResponse: not when it is final", [...asked, "30 model.responseStarted responseId=r1", failed("insufficient_quota")], GIVEN_UP],
  ["retryResponse: not twice", [...asked, failed("server_error"), failed("server_error", "r2")], GIVEN_UP],
  ["refuseResponse: for a reason that may pass", [...asked, refused("server_error")], ["log warning model.failed", ...RETRIED]],
  ["refuseResponse: twice", [...asked, refused("server_error"), refused("server_error", 2)], ["log warning model.failed", ...GIVEN_UP]],
  ["refuseResponse: an error that names nothing of ours", [...asked, refused("server_error", 7)], ["log warning model.failed"]],
  ["refuseResponse: a race", [...asked, "40 model.failed code=response_cancel_not_active"], ["log debug model.failed"]],
  ["askForResponse: a model that is not ready is asked when it is", ["0 caller.started", "5 caller.pressed digit=1"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));

test("retryResponse: a response that was completed ends the row of failures", () => {
  const again = [
    ...asked,
    failed("server_error"),
    "50 model.responseStarted responseId=r2",
    "60 model.responseDone responseId=r2",
    failed("server_error", "r3"),
  ];
  assertEquals(lastOrders(...again), ["log warning response.failed", "model.respond voice_respond_3"]);
});

test("missReply: while nobody is there it is owed, and asked for when somebody is", () => {
  const gone = [...greeted, "300 model.speechStarted itemId=u1", "400 caller.left", "410 caller.asked callStatus=in-progress"];
  const missed = [...gone, "900 model.speechStopped itemId=u1", "8900 clock.rang"];
  assertEquals(lastOrders(...missed), []);
  assertEquals(lastOrders(...missed, "9000 caller.started epoch=MZ2"), ["model.respond voice_respond_2"]);
});
