// The connection to the model: dialled, opened, configured, lost.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { LOGGED_ERRORS_MAX } from "../../../src/call/rules/model-connection.ts";
import { greeted, greetingRequested, lastEffects } from "../call-script.ts";

const GIVEN_UP = ["log error call.givenUp", "alert modelRefused", "model.close 1", "caller.close"];
const unreachable = (epoch: number): readonly string[] => [
  "log error call.givenUp",
  "alert modelUnreachable",
  `model.close ${epoch}`,
  "caller.close",
];
const GREET = 'model.respond voice_respond_1 "Greet the caller."';
const RETRY_AFTER = ["0 caller.started", "5 model.lost httpStatus=429 retryAfterMs=2000"];
const open = greetingRequested.slice(0, 2);
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["onModelOpened: once", open, ["model.configure 1"]],
  ["onModelOpened: not again", [...open, "15 model.opened"], []],
  ["onModelReady: formats that are not stated count as ours", greetingRequested, [GREET, "log debug model.ready"]],
  [
    "onModelReady: the format's name in the beta API",
    [...open, "20 model.ready inputFormat=g711_ulaw outputFormat=g711_ulaw"],
    [GREET, "log debug model.ready"],
  ],
  ["onModelReady: another output format", [...open, "20 model.ready inputFormat=audio/pcmu outputFormat=audio/pcm"], GIVEN_UP],
  ["onModelReady: not again", [...greetingRequested, "25 model.ready"], []],
  ["onModelReady: no stream is open", [...open, "15 caller.disconnected", "20 model.ready"], ["log debug model.ready"]],
  ["onModelError: it rejects our configuration", [...open, "15 model.errorReported code=unknown_parameter param=session.audio"], GIVEN_UP],
  [
    "onModelError: it rejects a setting that a call can do without",
    [...open, "15 model.errorReported code=unknown_parameter param=session.audio.input.noise_reduction"],
    ["model.configure 1 without noise_reduction", "log warning model.settingRefused"],
  ],
  [
    "onModelError: a setting that the model of the transcription has no part in, while the session works",
    [...greetingRequested, "25 model.errorReported code=model_not_found param=session.audio.input.transcription.model"],
    ["log warning model.errorReported"],
  ],
  [
    "onModelError: more kinds of errors than are logged",
    [
      ...greetingRequested,
      ...Array.from({ length: LOGGED_ERRORS_MAX + 1 }, (_, n) => `25 model.errorReported message=${"x".repeat(n + 1)}`),
    ],
    [],
  ],
  [
    "onModelError: the same once it is ready",
    [...greetingRequested, "25 model.errorReported code=unknown_parameter param=session.audio"],
    ["log warning model.errorReported"],
  ],
  ["onModelError: final", [...greetingRequested, "25 model.errorReported code=invalid_api_key"], GIVEN_UP],
  ["onModelError: from an older connection", [...greetingRequested, "25 model.errorReported code=invalid_api_key epoch=0"], []],
  [
    "onEventRejected: the first is logged",
    [...greetingRequested, "25 model.eventRejected bad=broken"],
    ["log warning model.eventRejected"],
  ],
  [
    "onEventRejected: the second is only counted",
    [...greetingRequested, "25 model.eventRejected bad=broken", "26 model.eventRejected bad=broken"],
    [],
  ],
  ["onModelLost: twice", [...greeted, "300 model.lost", "310 model.lost"], []],
  [
    "onModelLost: final",
    [...greeted, "300 model.lost code=3000"],
    ["log warning model.lost", "log error call.givenUp", "alert modelRefused", "caller.close"],
  ],
  ["onModelLost: HTTP 503 is temporary", ["0 caller.started", "5 model.lost httpStatus=503"], ["log warning model.lost"]],
  ["onModelLost: rate limit: not before Retry-After", [...RETRY_AFTER, "1500 clock.rang", "2004 clock.rang"], []],
  ["onModelLost: rate limit: at Retry-After", [...RETRY_AFTER, "1500 clock.rang", "2005 clock.rang"], ["model.dial 2"]],
  [
    "onModelLost: Retry-After longer than a caller will wait",
    ["0 caller.started", "5 model.lost httpStatus=429 retryAfterMs=6001"],
    ["log warning model.lost", "log error call.givenUp", "alert modelUnreachable", "caller.close"],
  ],
  [
    "onModelLost: an account without credit gets 429, which is final",
    ["0 caller.started", "5 model.lost httpStatus=429 errorCode=insufficient_quota"],
    GIVEN_UP.filter((each) => each !== "model.close 1").toSpliced(0, 0, "log warning model.lost"),
  ],
  ["dialModel: again within 100 ms", [...greeted, "300 model.lost", "400 clock.rang"], ["model.dial 2"]],
  ["dialModel: not before 75 ms", [...greeted, "300 model.lost", "374 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

test("dialModel: modelReady is one deadline for all dials after a loss, and a new one after the next loss", () => {
  const dials = ["0 caller.started", "1000 model.lost", "2000 clock.rang", "3000 model.lost", "5000 clock.rang", "5999 clock.rang"];
  assertEquals(lastEffects(...dials), []);
  assertEquals(lastEffects(...dials, "6000 clock.rang"), unreachable(3));
  assertEquals(
    lastEffects(...greeted, "10000 model.lost", "10100 clock.rang", "11600 clock.rang", "14600 clock.rang", "15999 clock.rang"),
    [],
  );
  assertEquals(
    lastEffects(...greeted, "10000 model.lost", "10100 clock.rang", "11600 clock.rang", "14600 clock.rang", "16000 clock.rang"),
    unreachable(2),
  );
});

test("onModelLost: the backoff grows for a model that is lost whenever it is ready, until one completes a response", () => {
  const readyThenLost = (atMs: number): readonly string[] => [
    `${atMs} clock.rang`,
    `${atMs} model.opened`,
    `${atMs} model.ready`,
    `${atMs} model.lost`,
  ];
  const twice = [...greeted, "1000 model.lost", ...readyThenLost(1100), ...readyThenLost(1200)];
  assertEquals(lastEffects(...twice, "1300 clock.rang"), []);
  assertEquals(lastEffects(...twice, "1400 clock.rang"), ["model.dial 4"]);
  const [rang = "", opened = "", ready = "", lost = ""] = readyThenLost(1200);
  const proven = [
    ...greeted,
    "1000 model.lost",
    ...readyThenLost(1100),
    rang,
    opened,
    ready,
    "1200 model.audio responseId=r9 payload=M20",
    "1200 model.responseDone responseId=r9",
    lost,
  ];
  assertEquals(lastEffects(...proven, "1300 clock.rang"), ["model.dial 4"]);
});
