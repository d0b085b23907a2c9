// Keys with a meaning of their own, at their edges. Whole conversations: tests/call/scripts/key-*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

const PLAIN = 'model.respond voice_respond_2 "Say again what you said last, and nothing else." without tools';
const said = (text: string): string => `210 model.responseTranscribed responseId=r1 itemId=a1 text="${text}"`;

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "before there is a transcript, the model repeats by itself",
    ["settings keys=*:repeat", ...greeted, "300 caller.keyPressed digit=*"],
    ["log info key.acted", PLAIN],
  ],
  [
    "what is too long to be quoted, too",
    ["settings keys=*:repeat", ...greeted, said("word ".repeat(500)), "300 caller.keyPressed digit=*"],
    ["log info key.acted", PLAIN],
  ],
  [
    "a number that is the name of something else is not bound",
    ["settings keys=*:repeat", ...greeted, "300 caller.keyPressed digit=constructor"],
    ['model.addMessage 1 user "The caller pressed constructor."', "model.respond voice_respond_2"],
  ],
  [
    "a key that arrives twice acts once",
    ["settings keys=9:hangUp", ...greeted, "300 caller.keyPressed digit=5 sequence=9", "310 caller.keyPressed digit=9 sequence=9"],
    [],
  ],
];
for (const [what, lines, orders] of cases) test(`keys: ${what}`, () => assertEquals(lastEffects(...lines), orders));
