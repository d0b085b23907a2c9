// Barge-in: what is flushed, cancelled and truncated, and in which order.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, greetingRequested, lastEffects, replying } from "../call-script.ts";

const SPEECH = "1200 model.speechStarted itemId=u2";
const KEY = "1200 caller.keyPressed digit=1";
const message = 'model.addMessage 1 user "The caller pressed 1."';

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["speech over nothing", [...greeted, SPEECH], []],
  [
    "speech over a reply: the flush first; the server cancels by itself",
    [...replying, SPEECH],
    ["caller.flush", "model.truncate a2 at 120 ms"],
  ],
  [
    "a key over a reply: the server needs an explicit cancel",
    [...replying, KEY],
    ["caller.flush", "model.cancel", "model.truncate a2 at 120 ms", message],
  ],
  [
    "speech over a reply that was all sent and not all heard",
    [...replying, "1180 model.responseDone responseId=r2", SPEECH],
    ["caller.flush", "model.truncate a2 at 120 ms"],
  ],
  [
    "a key over it: no response is active that could be cancelled",
    [...replying, "1180 model.responseDone responseId=r2", KEY],
    ["caller.flush", "model.truncate a2 at 120 ms", message, "model.respond voice_respond_2"],
  ],
  [
    "a key over a reply: the reply may stop, and its silence is not a failure",
    [...replying, KEY, "1210 model.responseDone responseId=r2 status=cancelled", "6010 clock.rang", "6200 clock.rang"],
    [],
  ],
  ["speech over a response without audio", [...greetingRequested, "30 model.responseStarted responseId=r1", SPEECH], []],
  ["a key over a response without audio", [...greetingRequested, "30 model.responseStarted responseId=r1", KEY], ["model.cancel", message]],
  [
    "speech again over what was truncated",
    [...replying, SPEECH, "1300 model.speechStopped itemId=u2", "1310 model.speechStarted itemId=u3"],
    [],
  ],
  [
    "the stream is gone: nothing to flush",
    [...replying, "1200 caller.disconnected"],
    ["model.cancel", "model.truncate a2 at 120 ms", "log warning stream.lost"],
  ],
  [
    "the model that said it is lost: nothing to truncate",
    [...replying, "1180 model.lost", "1190 model.speechStarted", KEY],
    ["caller.flush"],
  ],
];
for (const [what, lines, orders] of cases) test(`barge-in: ${what}`, () => assertEquals(lastEffects(...lines), orders));

test("interruptBySpeech: late audio of the interrupted response is not played, the next response's is", () => {
  assertEquals(lastEffects(...replying, SPEECH, "1210 model.audio responseId=r2 itemId=a9"), []);
  assertEquals(lastEffects(...replying, SPEECH, "1210 model.audio responseId=r3 itemId=a3 payload=M20"), ["caller.play M 20 ms"]);
});
