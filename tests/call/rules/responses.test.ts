// Requesting responses, and what follows when one is late, rejected or fails.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, greetingRequested, lastEffects } from "../call-script.ts";

const givenUp = (cause: string): readonly string[] => ["log error call.givenUp", `alert ${cause}`, "model.close 1", "caller.close"];
const FAILED = givenUp("modelFailed");
/** Both deadlines, lateReply and reply, fall together: one filler. */
const ABANDONED = ["caller.playFiller", "log warning model.abandoned", "model.close 1"];
const RETRIED = ["log warning response.failed", 'model.respond voice_respond_2 "Greet the caller."'];
const failed = (code: string, id = "r1"): string => `40 model.responseDone responseId=${id} status=failed code=${code}`;
const rejected = (code: string, id = 1): string => `40 model.errorReported code=${code} eventId=voice_respond_${id}`;
const LIMITED_R1 = '40 model.responseDone responseId=r1 status=failed code=rate_limit_exceeded message="Please try again in 300ms."';
const ANSWERED = [
  "910 model.responseStarted responseId=r2",
  "920 model.audio responseId=r2 payload=M20",
  "930 model.responseDone responseId=r2",
];
const speech = ["300 model.speechStarted itemId=u1", "900 model.speechStopped itemId=u1"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "onReplyTimeout: 1 ms before: only the filler of a caller who has waited since the start",
    [...greetingRequested, "8019 clock.rang"],
    ["caller.playFiller"],
  ],
  ["onReplyTimeout: at the deadline", [...greetingRequested, "8020 clock.rang"], ABANDONED],
  ["onReplyTimeout: after the caller has spoken", [...greeted, ...speech, "8900 clock.rang"], ABANDONED],
  [
    "onReplyTimeout: a response that has only started is not audio",
    [...greetingRequested, "30 model.responseStarted", "8020 clock.rang"],
    ABANDONED,
  ],
  [
    "onReplyTimeout: the first audio clears the deadline",
    [...greetingRequested, "30 model.audio payload=M20", "40 model.audioDone", "8020 clock.rang"],
    [],
  ],
  ["onReplyTimeout: empty audio does not", [...greetingRequested, "30 model.audio payload=M0", "8020 clock.rang"], ABANDONED],
  [
    "onReplyTimeout: the caller speaks instead",
    [
      ...greetingRequested,
      "30 model.responseStarted",
      "35 model.speechStarted",
      "40 caller.audio",
      "2000 clock.rang",
      "2100 model.speechStopped",
      "8020 clock.rang",
    ],
    [],
  ],
  ["retryResponse: once", [...greetingRequested, "30 model.responseStarted responseId=r1", failed("server_error")], RETRIED],
  [
    "retryResponse: not after a final error",
    [...greetingRequested, "30 model.responseStarted responseId=r1", failed("insufficient_quota")],
    givenUp("modelRefused"),
  ],
  ["retryResponse: not twice", [...greetingRequested, failed("server_error"), failed("server_error", "r2")], FAILED],
  [
    "retryResponse: rate limit: not before it is over",
    [...greetingRequested, `${failed("rate_limit_exceeded")} message="Please try again in 1.2s."`, "1239 clock.rang"],
    [],
  ],
  [
    "retryResponse: rate limit: when it is over",
    [...greetingRequested, `${failed("rate_limit_exceeded")} message="Please try again in 1.2s."`, "1240 clock.rang"],
    ['model.respond voice_respond_2 "Greet the caller."'],
  ],
  [
    "retryResponse: rate limit longer than a caller will wait",
    [...greetingRequested, `${failed("rate_limit_exceeded")} message="Please try again in 6.1s."`],
    FAILED,
  ],
  [
    "retryResponse: rate limit while another response is queued: that one waits too",
    [...greetingRequested, "30 caller.keyPressed digit=1", "35 model.responseStarted responseId=r1", LIMITED_R1],
    ["log warning response.failed"],
  ],
  [
    "retryResponse: rate limit, and the caller speaks meanwhile: only that is answered",
    [...greetingRequested, LIMITED_R1, ...speech, ...ANSWERED],
    ["caller.mark v1"],
  ],
  [
    "onResponseRejected: a temporary error",
    [...greetingRequested, rejected("server_error")],
    ["log warning model.errorReported", ...RETRIED],
  ],
  [
    "onResponseRejected: while another is active that never ends, ours is due all the same",
    [
      ...greetingRequested,
      "30 model.audio responseId=r1 payload=M20",
      "35 model.audioDone responseId=r1",
      rejected("server_error"),
      "8040 clock.rang",
    ],
    ["log warning model.abandoned", "model.close 1", "log error call.givenUp", "alert modelSilent", "caller.close"],
  ],
  [
    "requestQueued: after the rate limit, while another is active that never ends: due all the same",
    [
      ...greetingRequested,
      "30 model.responseStarted responseId=r1",
      rejected("rate_limit_exceeded"),
      "1040 clock.rang",
      "9039 clock.rang",
      "9040 clock.rang",
    ],
    ["log warning model.abandoned", "model.close 1", "log error call.givenUp", "alert modelSilent", "caller.close"],
  ],
  ["onResponseRejected: twice", [...greetingRequested, rejected("server_error"), rejected("server_error", 2)], FAILED],
  [
    "onResponseRejected: an error that names none of our requests",
    [...greetingRequested, rejected("server_error", 7)],
    ["log warning model.errorReported"],
  ],
  [
    "onResponseRejected: a race",
    [...greetingRequested, "40 model.errorReported code=response_cancel_not_active"],
    ["log debug model.errorReported"],
  ],
  ["requestResponse: a model that is not ready gets the request later", ["0 caller.started", "5 caller.keyPressed digit=1"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

test("retryResponse: a completed response resets the count of failures", () => {
  const again = [
    ...greetingRequested,
    failed("server_error"),
    "50 model.responseStarted responseId=r2",
    "55 model.audio responseId=r2 payload=M20",
    "60 model.responseDone responseId=r2",
    failed("server_error", "r3"),
  ];
  assertEquals(lastEffects(...again), ["log warning response.failed", "model.respond voice_respond_3"]);
});

test("onReplyTimeout: without a stream, the reply is requested for the next one", () => {
  const gone = [
    ...greeted,
    "300 model.speechStarted itemId=u1",
    "400 caller.disconnected",
    "410 caller.nextRequested callStatus=in-progress",
  ];
  const missed = [...gone, "900 model.speechStopped itemId=u1", "8900 clock.rang"];
  assertEquals(lastEffects(...missed), []);
  assertEquals(lastEffects(...missed, "9000 caller.started epoch=MZ2"), ["model.respond voice_respond_2"]);
});
