// Barge-in: what is taken back, from whom, in which order.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { asked, greeted, lastOrders, replying } from "../call-script.ts";

const SPEECH = "1200 model.speechStarted itemId=u2";
const KEY = "1200 caller.keyPressed digit=1";
const told = 'model.addMessage 1 user "The caller pressed 1."';

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["speech over nothing", [...greeted, SPEECH], []],
  [
    "speech over a reply that plays: the flush first; the server cancels by itself",
    [...replying, SPEECH],
    ["caller.flush", "model.truncate a2 at 120 ms"],
  ],
  [
    "a key over a reply that plays: the server is told to cancel",
    [...replying, KEY],
    ["caller.flush", "model.cancel", "model.truncate a2 at 120 ms", told],
  ],
  [
    "speech over a reply that is all sent and not all heard",
    [...replying, "1180 model.responseDone responseId=r2", SPEECH],
    ["caller.flush", "model.truncate a2 at 120 ms"],
  ],
  [
    "a key over it: nothing runs that could be cancelled",
    [...replying, "1180 model.responseDone responseId=r2", KEY],
    ["caller.flush", "model.truncate a2 at 120 ms", told, "model.respond voice_respond_2"],
  ],
  [
    "a key over a reply: that one need not go on, and its falling silent is no fault",
    [...replying, KEY, "1210 model.responseDone responseId=r2 status=cancelled", "6010 clock.rang", "6200 clock.rang"],
    [],
  ],
  ["speech over a response without audio", [...asked, "30 model.responseStarted responseId=r1", SPEECH], []],
  ["a key over a response without audio", [...asked, "30 model.responseStarted responseId=r1", KEY], ["model.cancel", told]],
  [
    "speech again over what was taken back",
    [...replying, SPEECH, "1300 model.speechStopped itemId=u2", "1310 model.speechStarted itemId=u3"],
    [],
  ],
  [
    "the stream is gone: nothing to flush",
    [...replying, "1200 caller.disconnected"],
    ["model.cancel", "model.truncate a2 at 120 ms", "log warning stream.lost"],
  ],
  [
    "the model that said it is gone: it has no memory to fix",
    [...replying, "1180 model.lost", "1190 model.speechStarted", KEY],
    ["caller.flush"],
  ],
];
for (const [what, lines, orders] of cases) test(`takeBack: ${what}`, () => assertEquals(lastOrders(...lines), orders));

test("takeBack: late audio of what was talked over is not played, the next response's is", () => {
  assertEquals(lastOrders(...replying, SPEECH, "1210 model.audio responseId=r2 itemId=a9"), []);
  assertEquals(lastOrders(...replying, SPEECH, "1210 model.audio responseId=r3 itemId=a3 payload=M20"), ["caller.play M 20 ms"]);
});
