// Asking the model to speak: when it is asked, and what becomes of an answer that does not come.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { asked, greeted, lastOrders } from "../call-script.ts";

const givenUp = (cause: string): readonly string[] => ["log error call.givenUp", `alert ${cause}`, "model.close 1", "caller.close"];
const FAILED = givenUp("modelFailed");
/** The late sound and the end of the wait fall together: one sound. */
const ABANDONED = ["caller.playFiller", "log warning model.abandoned", "model.close 1"];
const RETRIED = ["log warning response.failed", 'model.respond voice_respond_2 "Greet the caller."'];
const failed = (code: string, id = "r1"): string => `40 model.responseDone responseId=${id} status=failed code=${code}`;
const refused = (code: string, id = 1): string => `40 model.errorReported code=${code} eventId=voice_respond_${id}`;
const LIMITED_R1 = '40 model.responseDone responseId=r1 status=failed code=rate_limit_exceeded message="Please try again in 300ms."';
const ANSWERED = [
  "910 model.responseStarted responseId=r2",
  "920 model.audio responseId=r2 payload=M20",
  "930 model.responseDone responseId=r2",
];
const speech = ["300 model.speechStarted itemId=u1", "900 model.speechStopped itemId=u1"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "onReplyTimeout: 1 ms before the end of the wait: only the sound of who has waited since the start",
    [...asked, "8019 clock.rang"],
    ["caller.playFiller"],
  ],
  ["onReplyTimeout: at the end of the wait", [...asked, "8020 clock.rang"], ABANDONED],
  ["onReplyTimeout: after the caller's words", [...greeted, ...speech, "8900 clock.rang"], ABANDONED],
  ["onReplyTimeout: its beginning is no audio", [...asked, "30 model.responseStarted", "8020 clock.rang"], ABANDONED],
  ["onReplyTimeout: its first audio ends the wait", [...asked, "30 model.audio payload=M20", "40 model.audioDone", "8020 clock.rang"], []],
  ["onReplyTimeout: audio of nothing does not", [...asked, "30 model.audio payload=M0", "8020 clock.rang"], ABANDONED],
  [
    "onReplyTimeout: the caller speaks instead",
    [
      ...asked,
      "30 model.responseStarted",
      "35 model.speechStarted",
      "40 caller.audio",
      "2000 clock.rang",
      "2100 model.speechStopped",
      "8020 clock.rang",
    ],
    [],
  ],
  ["retryResponse: once", [...asked, "30 model.responseStarted responseId=r1", failed("server_error")], RETRIED],
  [
    "retryResponse: not when it is final",
    [...asked, "30 model.responseStarted responseId=r1", failed("insufficient_quota")],
    givenUp("modelRefused"),
  ],
  ["retryResponse: not twice", [...asked, failed("server_error"), failed("server_error", "r2")], FAILED],
  [
    "retryResponse: for its rate: not before the limit is over",
    [...asked, `${failed("rate_limit_exceeded")} message="Please try again in 1.2s."`, "1239 clock.rang"],
    [],
  ],
  [
    "retryResponse: for its rate: then",
    [...asked, `${failed("rate_limit_exceeded")} message="Please try again in 1.2s."`, "1240 clock.rang"],
    ['model.respond voice_respond_2 "Greet the caller."'],
  ],
  [
    "retryResponse: for its rate, longer than the caller's patience",
    [...asked, `${failed("rate_limit_exceeded")} message="Please try again in 6.1s."`],
    FAILED,
  ],
  [
    "retryResponse: for its rate, while another is wanted: that one waits too",
    [...asked, "30 caller.keyPressed digit=1", "35 model.responseStarted responseId=r1", LIMITED_R1],
    ["log warning response.failed"],
  ],
  [
    "retryResponse: for its rate, and the caller speaks meanwhile: their words are answered, nothing else",
    [...asked, LIMITED_R1, ...speech, ...ANSWERED],
    ["caller.mark v1"],
  ],
  ["onResponseRejected: for a reason that may pass", [...asked, refused("server_error")], ["log warning model.errorReported", ...RETRIED]],
  [
    "onResponseRejected: while another runs that never ends, ours is due all the same",
    [...asked, "30 model.audio responseId=r1 payload=M20", "35 model.audioDone responseId=r1", refused("server_error"), "8040 clock.rang"],
    ["log warning model.abandoned", "model.close 1", "log error call.givenUp", "alert modelSilent", "caller.close"],
  ],
  [
    "requestQueued: after its limit, while another runs that never ends: due all the same",
    [
      ...asked,
      "30 model.responseStarted responseId=r1",
      refused("rate_limit_exceeded"),
      "1040 clock.rang",
      "9039 clock.rang",
      "9040 clock.rang",
    ],
    ["log warning model.abandoned", "model.close 1", "log error call.givenUp", "alert modelSilent", "caller.close"],
  ],
  [
    "onResponseRejected: twice",
    [...asked, refused("server_error"), refused("server_error", 2)],
    ["log warning model.errorReported", ...FAILED],
  ],
  ["onResponseRejected: an error that names nothing of ours", [...asked, refused("server_error", 7)], ["log warning model.errorReported"]],
  ["onResponseRejected: a race", [...asked, "40 model.errorReported code=response_cancel_not_active"], ["log debug model.errorReported"]],
  ["requestResponse: a model that is not ready is asked when it is", ["0 caller.started", "5 caller.keyPressed digit=1"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));

test("retryResponse: a response that was completed ends the row of failures", () => {
  const again = [
    ...asked,
    failed("server_error"),
    "50 model.responseStarted responseId=r2",
    "55 model.audio responseId=r2 payload=M20",
    "60 model.responseDone responseId=r2",
    failed("server_error", "r3"),
  ];
  assertEquals(lastOrders(...again), ["log warning response.failed", "model.respond voice_respond_3"]);
});

test("onReplyTimeout: while nobody is there it is owed, and asked for when somebody is", () => {
  const gone = [
    ...greeted,
    "300 model.speechStarted itemId=u1",
    "400 caller.disconnected",
    "410 caller.nextRequested callStatus=in-progress",
  ];
  const missed = [...gone, "900 model.speechStopped itemId=u1", "8900 clock.rang"];
  assertEquals(lastOrders(...missed), []);
  assertEquals(lastOrders(...missed, "9000 caller.started epoch=MZ2"), ["model.respond voice_respond_2"]);
});
