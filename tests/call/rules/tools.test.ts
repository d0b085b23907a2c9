// Tools and hanging up, at their edges. Whole conversations: tests/call/scripts/tool*.call and hang-up-*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

const asked = [...greeted, "300 model.speechStarted", "900 model.speechStopped", "950 model.responseStarted responseId=r2"];
const many = (count: number): string => Array.from({ length: count }, (_, index) => `c${index}:look_up`).join(",");

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "a response that is incomplete runs nothing",
    [...asked, "1000 model.responseDone responseId=r2 status=incomplete calls=c1:look_up"],
    ["log warning response.failed", "model.respond voice_respond_2"],
  ],
  [
    "a ninth call at once is answered, and not run",
    [...asked, `1000 model.responseDone responseId=r2 calls=${many(9)}`],
    [
      'model.addToolResult 1 c8 "Not run: too many calls at once."',
      ...Array.from({ length: 8 }, (_, index) => `tool.run c${index} look_up`),
    ],
  ],
  [
    "hang_up is an ordinary tool where it is not allowed",
    ["settings canHangUp=0", ...asked, "1000 model.responseDone responseId=r2 calls=c1:hang_up"],
    ["tool.run c1 hang_up"],
  ],
  [
    "other calls of the answer are run before hanging up, however often it is called",
    [...asked, "1000 model.responseDone responseId=r2 calls=c1:hang_up,c2:look_up,c3:hang_up"],
    [
      ...["c1", "c3"].map((id) => `model.addToolResult 1 ${id} "Not done: the other functions run first. Then say goodbye, and hang up."`),
      "tool.run c2 look_up",
    ],
  ],
  [
    "other calls are run, too, when hanging up is refused while the caller speaks",
    [...asked, "960 model.speechStarted", "1000 model.responseDone responseId=r2 calls=c1:hang_up,c2:look_up"],
    ['model.addToolResult 1 c1 "Not done: the other functions run first. Then say goodbye, and hang up."', "tool.run c2 look_up"],
  ],
  [
    "a key over the goodbye: the call goes on",
    [
      ...asked,
      "960 model.audio responseId=r2 payload=M100",
      "970 model.audioDone responseId=r2",
      "1000 model.responseDone responseId=r2 calls=c1:hang_up",
      "1010 caller.keyPressed digit=1",
    ],
    [
      "caller.flush",
      "model.truncate item1 at 0 ms",
      'model.addToolResult 1 c1 "Not done: the caller is speaking, or waits for an answer. Answer, and hang up later."',
      'model.addMessage 1 user "The caller pressed 1."',
      "model.respond voice_respond_2",
    ],
  ],
  [
    "hanging up while a key waits for its answer is not done",
    [...asked, "960 caller.keyPressed digit=1", "1000 model.responseDone responseId=r2 calls=c1:hang_up"],
    [
      "model.respond voice_respond_2",
      'model.addToolResult 1 c1 "Not done: the caller is speaking, or waits for an answer. Answer, and hang up later."',
    ],
  ],
];
for (const [what, lines, orders] of cases) test(`tools: ${what}`, () => assertEquals(lastEffects(...lines), orders));
