// Events of the connection to the model, each in the states that matter.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { asked, greeted, lastOrders } from "../call-script.ts";

const REFUSED = ["log error call.givenUp", "alert modelRefused", "model.close 1", "caller.close"];
const unreachable = (epoch: number): readonly string[] => [
  "log error call.givenUp",
  "alert modelUnreachable",
  `model.close ${epoch}`,
  "caller.close",
];
const GREET = 'model.respond voice_respond_1 "Greet the caller."';
const RETRY_AFTER = ["0 caller.started", "5 model.lost httpStatus=429 retryAfterMs=2000"];
const open = asked.slice(0, 2);
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["onModelOpened: once", open, ["model.configure 1"]],
  ["onModelOpened: not again", [...open, "15 model.opened"], []],
  ["onModelReady: formats unsaid are taken for ours", asked, [GREET, "log debug model.ready"]],
  [
    "onModelReady: the beta's name",
    [...open, "20 model.ready inputFormat=g711_ulaw outputFormat=g711_ulaw"],
    [GREET, "log debug model.ready"],
  ],
  ["onModelReady: another format to us", [...open, "20 model.ready inputFormat=audio/pcmu outputFormat=audio/pcm"], REFUSED],
  ["onModelReady: not again", [...asked, "25 model.ready"], []],
  ["onModelReady: nobody is there to greet", [...open, "15 caller.disconnected", "20 model.ready"], ["log debug model.ready"]],
  ["onModelError: it refuses our configuration", [...open, "15 model.errorReported code=unknown_parameter param=session.audio"], REFUSED],
  [
    "onModelError: the same once it is ready",
    [...asked, "25 model.errorReported code=unknown_parameter param=session.audio"],
    ["log warning model.errorReported"],
  ],
  ["onModelError: final", [...asked, "25 model.errorReported code=invalid_api_key"], REFUSED],
  ["onModelError: of an older connection", [...asked, "25 model.errorReported code=invalid_api_key epoch=0"], []],
  ["onEventRejected: the first is told of", [...asked, "25 model.eventRejected bad=broken"], ["log warning model.eventRejected"]],
  ["onEventRejected: the second is counted", [...asked, "25 model.eventRejected bad=broken", "26 model.eventRejected bad=broken"], []],
  ["onModelLost: twice", [...greeted, "300 model.lost", "310 model.lost"], []],
  [
    "onModelLost: for good",
    [...greeted, "300 model.lost code=3000"],
    ["log warning model.lost", "log error call.givenUp", "alert modelRefused", "caller.close"],
  ],
  ["onModelLost: HTTP 503 may pass", ["0 caller.started", "5 model.lost httpStatus=503"], ["log warning model.lost"]],
  ["onModelLost: refused for its rate: not before it may be again", [...RETRY_AFTER, "1500 clock.rang", "2004 clock.rang"], []],
  ["onModelLost: refused for its rate: then", [...RETRY_AFTER, "1500 clock.rang", "2005 clock.rang"], ["model.dial 2"]],
  [
    "onModelLost: refused for its rate, longer than the caller's patience",
    ["0 caller.started", "5 model.lost httpStatus=429 retryAfterMs=6001"],
    ["log warning model.lost", "log error call.givenUp", "alert modelUnreachable", "caller.close"],
  ],
  [
    "onModelLost: an account without money is refused with 429, for good",
    ["0 caller.started", "5 model.lost httpStatus=429 errorCode=insufficient_quota"],
    REFUSED.filter((each) => each !== "model.close 1").toSpliced(0, 0, "log warning model.lost"),
  ],
  ["dialModel: again within 100 ms", [...greeted, "300 model.lost", "400 clock.rang"], ["model.dial 2"]],
  ["dialModel: not before 75 ms", [...greeted, "300 model.lost", "374 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));

test("dialModel: the caller's patience is one for all dials of a loss, and a new one for the next loss", () => {
  const dials = ["0 caller.started", "1000 model.lost", "2000 clock.rang", "3000 model.lost", "5000 clock.rang", "5999 clock.rang"];
  assertEquals(lastOrders(...dials), []);
  assertEquals(lastOrders(...dials, "6000 clock.rang"), unreachable(3));
  assertEquals(
    lastOrders(...greeted, "10000 model.lost", "10100 clock.rang", "11600 clock.rang", "14600 clock.rang", "15999 clock.rang"),
    [],
  );
  assertEquals(
    lastOrders(...greeted, "10000 model.lost", "10100 clock.rang", "11600 clock.rang", "14600 clock.rang", "16000 clock.rang"),
    unreachable(2),
  );
});

test("onModelLost: a model that goes whenever it is ready is backed off from, until one has completed a response", () => {
  const had = (atMs: number): readonly string[] => [
    `${atMs} clock.rang`,
    `${atMs} model.opened`,
    `${atMs} model.ready`,
    `${atMs} model.lost`,
  ];
  const twice = [...greeted, "1000 model.lost", ...had(1100), ...had(1200)];
  assertEquals(lastOrders(...twice, "1300 clock.rang"), []);
  assertEquals(lastOrders(...twice, "1400 clock.rang"), ["model.dial 4"]);
  const [rang = "", opened = "", ready = "", lost = ""] = had(1200);
  const proven = [
    ...greeted,
    "1000 model.lost",
    ...had(1100),
    rang,
    opened,
    ready,
    "1200 model.audio responseId=r9 payload=M20",
    "1200 model.responseDone responseId=r9",
    lost,
  ];
  assertEquals(lastOrders(...proven, "1300 clock.rang"), ["model.dial 4"]);
});
