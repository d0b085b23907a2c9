// The limits of a call, at their edges, and in whatever order things happen. Whole conversations:
// tests/call/scripts/idle*.call and too-long*.call.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { step } from "../../../src/call/call.ts";
import type { Patience } from "../../../src/call/call-settings.ts";
import { earliestDeadline } from "../../../src/call/machines/deadlines.ts";
import { LAST_WORDS_MS } from "../../../src/call/rules/limits.ts";
import type { Call } from "../../../src/call/state.ts";
import { checkProperty } from "../../support/properties.ts";
import { anyCall, impatience, playDrafts, ringOut } from "../any-event.ts";
import { greeted, lastEffects, type Played, playedSteps } from "../call-script.ts";

const ASKED =
  'model.respond voice_respond_2 "Say this to the caller, word for word, translated if they speak another language, and nothing else: "Still there?"" without tools';
const idle = ["settings idleMs=5000", ...greeted];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["a silent caller is asked", [...idle, "5200 clock.rang"], [ASKED]],
  ["not a millisecond before", [...idle, "5199 clock.rang"], []],
  ["not while a reply is due", [...idle, "5000 caller.keyPressed digit=1", "5300 clock.rang"], []],
  ["not while the caller speaks", [...idle, "5000 model.speechStarted", "5300 clock.rang"], []],
  ["not without a stream", [...idle, "5000 caller.disconnected", "5300 clock.rang"], []],
  ["not while the model is lost", [...idle, "5190 model.lost", "5200 clock.rang"], []],
  [
    "silence begins again with another session",
    [...idle, "5000 model.lost", "5100 clock.rang", "5110 model.opened", "5120 model.ready", "10119 clock.rang"],
    [],
  ],
  [
    "a caller who is to speak first is waited for as long",
    ["settings greeting=none idleMs=5000", "0 caller.started", "10 model.opened", "20 model.ready", "5020 clock.rang"],
    [ASKED.replace("respond_2", "respond_1")],
  ],
  [
    "without a warning, the first end is the goodbye",
    ["settings maxMs=8000", ...greeted, "8000 clock.rang"],
    [
      "log info call.limitReached",
      'model.respond voice_respond_2 "The time for this call is over. Say so to the caller and say goodbye, in one or two short sentences in their language, and nothing else." without tools',
    ],
  ],
  [
    "a timer that comes late goes straight to the goodbye",
    ["settings warnMs=5000 maxMs=8000", ...greeted, "9000 clock.rang", "9001 clock.rang"],
    [],
  ],
];
for (const [what, lines, orders] of cases) test(`limits: ${what}`, () => assertEquals(lastEffects(...lines), orders));

const isOver = ({ phase }: Call): boolean => phase === "leaving" || phase === "ended";
const { duration } = impatience;
const boundMs = (duration?.maxMs ?? 0) + LAST_WORDS_MS;

/** The same events, with every deadline on time. */
function playOnTime(played: readonly Played[]): readonly Played[] {
  const [first] = played;
  if (first === undefined) return [];
  const all: Played[] = [];
  let call = first.before;
  let nowMs = 0;
  for (const { event } of played) {
    const passed = ringOut(call, nowMs, event.atMs - nowMs);
    all.push(...passed);
    const before = passed.at(-1)?.after ?? call;
    const { call: after, effects } = step(before, event);
    all.push({ before, event, after, effects, keptBytes: 0 });
    call = after;
    nowMs = event.atMs;
  }
  return all;
}

test("limits: whatever comes, a call is over by the end of its time and the last words", () => {
  const property = fc.property(anyCall, (drafts) => {
    const played = playOnTime(playDrafts({ ...drafts, settings: { ...drafts.settings, patience: impatience } }));
    for (const { event, after } of played) {
      const { startedAtMs } = after;
      if (startedAtMs !== undefined && event.atMs >= startedAtMs + boundMs && event.type === "clock.rang") assert(isOver(after));
    }
    const last = played.at(-1);
    if (last === undefined || last.after.startedAtMs === undefined || isOver(last.after)) return;
    const passed = ringOut(last.after, last.event.atMs, last.after.startedAtMs + boundMs - last.event.atMs);
    const { after } = passed.at(-1) ?? last;
    assert(isOver(after), `${after.phase}, next deadline ${earliestDeadline(after.deadlines)}`);
  });
  checkProperty(property, { numRuns: 500 });
}, 60_000);

test("limits: a call has the deadline of its time from its start to its end", () => {
  const property = fc.property(anyCall, (drafts) => {
    for (const { after, event } of playDrafts({ ...drafts, settings: { ...drafts.settings, patience: impatience } })) {
      const isRunning = after.phase === "greeting" || after.phase === "talking";
      if (isRunning && event.type !== "caller.audio" && event.type !== "model.audio")
        assert(after.deadlines.limit !== undefined, event.type);
    }
  });
  checkProperty(property, { numRuns: 500 });
}, 60_000);

test("limits: another agent's time counts from the start of the call, too; without one there is no limit", () => {
  const played = playedSteps(["settings maxMs=8000", ...greeted].join("\n"));
  const { after } = played.at(-1) as Played;
  const withPatience = (patience: Patience): Call => {
    const call = { ...after, settings: { ...after.settings, patience } };
    return step(call, { type: "caller.frameRejected", atMs: 500, epoch: "MZ1", bad: "" }).call;
  };
  assertEquals(withPatience({ idle: undefined, duration: { warnMs: 3_000, maxMs: 5_000 } }).deadlines.limit, 3_000);
  assertEquals(withPatience({ idle: { ms: 5_000, say: "Hello?", times: 1 }, duration: undefined }).deadlines.limit, undefined);
});
