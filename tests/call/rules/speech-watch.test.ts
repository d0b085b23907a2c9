// A model that does not notice that the caller speaks, or has stopped: it gets a liveness probe, and is abandoned if it
// does not answer.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects, replying } from "../call-script.ts";

const PROBED = ["model.cancel"];
const ABANDONED = ["log warning model.abandoned", "model.close 1"];
const WITH_FILLER = [...ABANDONED, "caller.playFiller"];
/** A frame, loud or quiet: "!" is a loud code of G.711, "~" a quiet one. */
const loud = (atMs: number, ms = 240): string => `${atMs} caller.audio payload=!${ms}`;
const quiet = (atMs: number, ms: number): string => `${atMs} caller.audio payload=~${ms}`;
const PROBE_ANSWERED = "2310 model.errorReported code=response_cancel_not_active";
const unnoticed = [...greeted, loud(300)];
const speaking = [...greeted, loud(300, 200), "350 model.speechStarted", loud(400, 100), quiet(500, 2_000)];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["watchFrame: a word, 1 ms before the deadline", [...unnoticed, "2299 clock.rang"], []],
  ["watchFrame: a word that is not noticed", [...unnoticed, "2300 clock.rang"], PROBED],
  ["watchFrame: a click is not a word", [...greeted, loud(300, 220), "9000 clock.rang"], []],
  ["watchFrame: clicks far between are no word", [...greeted, loud(300, 200), quiet(500, 200), loud(700, 200), "9000 clock.rang"], []],
  ["watchFrame: a quiet line is not a word", [...greeted, quiet(300, 5_000), "9000 clock.rang"], []],
  ["watchFrame: it is noticed", [...unnoticed, "400 model.speechStarted", "500 model.speechStopped", "2300 clock.rang"], []],
  ["watchFrame: while the model plays it may be its echo", [...replying, loud(1_200), loud(1_500), "5000 clock.rang"], []],
  [
    "watchFrame: while a reply is due, that has its own deadline",
    [...greeted, "210 caller.keyPressed digit=1", loud(300), "5000 clock.rang"],
    [],
  ],
  ["onModelAlive: the model is alive, so it was noise", [...unnoticed, "2300 clock.rang", PROBE_ANSWERED, "9000 clock.rang"], []],
  [
    "onModelAlive: and loudness is noise from then on",
    [...unnoticed, "2300 clock.rang", PROBE_ANSWERED, loud(3_000), "9000 clock.rang"],
    [],
  ],
  [
    "onModelAlive: until the model detects speech",
    [
      ...unnoticed,
      "2300 clock.rang",
      PROBE_ANSWERED,
      "3000 model.speechStarted",
      "3100 model.speechStopped",
      "3200 model.audio responseId=r2 itemId=a2 payload=M120",
      "3300 model.responseDone responseId=r2",
      "3400 caller.markReturned name=v2",
      loud(4_000),
      "6000 clock.rang",
    ],
    PROBED,
  ],
  [
    "onModelAlive: a lost connection is not an answer: the next session gets the audio",
    [...unnoticed, "2300 clock.rang", "2400 model.lost", "2600 clock.rang", "2610 model.opened", "2620 model.ready"],
    ["model.appendAudio ! 240 ms", "log debug model.ready"],
  ],
  [
    "restartedWatch: the next session's speech is probed for again",
    [
      ...unnoticed,
      "2300 clock.rang",
      "2400 model.lost",
      "2600 clock.rang",
      "2610 model.opened",
      "2620 model.ready",
      loud(3_000),
      "5000 clock.rang",
    ],
    PROBED,
  ],
  ["probeModel: 1 ms before the answer is due", [...unnoticed, "2300 clock.rang", "3799 clock.rang"], []],
  [
    "onSpeechDetectionTimeout: the probe is not answered",
    [...unnoticed, "2300 clock.rang", "3800 clock.rang"],
    ["caller.playFiller", ...ABANDONED],
  ],
  [
    "onSpeechDetectionTimeout: a key meanwhile: the model is not abandoned while the answer to it is due",
    [...unnoticed, "400 caller.keyPressed digit=1", "2300 clock.rang"],
    [],
  ],
  ["watchForStop: 1 ms before the deadline", [...speaking, "2899 clock.rang"], ["model.appendAudio silence 1000 ms"]],
  ["watchForStop: the end is not noticed", [...speaking, "1300 clock.rang", "2900 clock.rang"], PROBED],
  ["watchForStop: a loud frame moves the deadline", [...speaking, "1300 clock.rang", loud(2_800, 20), "2900 clock.rang"], []],
  [
    "onSpeechDetectionTimeout: nor is the probe answered: a filler at once, for the caller has waited",
    [...speaking, "2900 clock.rang", "4400 clock.rang"],
    WITH_FILLER,
  ],
  ["watchForStop: the end is noticed", [...speaking, "1300 clock.rang", "2000 model.speechStopped", "2900 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

test("onSpeechDetectionTimeout: the caller's wait counts from their last loud frame", () => {
  const record = lastEffects(...speaking, "2900 clock.rang", "4400 clock.rang", "5000 caller.stopped").find((each) =>
    each.startsWith("record.save"),
  );
  assertEquals(record?.split(", ")[2], "waited 4600 ms");
});

test("onModelLost: speech at which session after session is lost is sent to three, then the caller gets an apology", () => {
  const again = (atMs: number): readonly string[] => [
    `${atMs + 50} model.speechStarted`,
    `${atMs + 60} model.lost`,
    `${atMs + 2_100} clock.rang`,
    `${atMs + 2_110} model.opened`,
    `${atMs + 2_120} model.ready`,
  ];
  const lines = [...greeted, "280 caller.audio", ...again(300), ...again(3_000)];
  assertEquals(lastEffects(...lines), ["model.appendAudio C 20 ms", "log debug model.ready"]);
  const last = lastEffects(...lines, "6000 model.speechStarted", "6010 model.lost");
  assertEquals(last, ["log warning model.lost", "log error call.givenUp", "alert modelFailed", "caller.close"]);
  // A dial that fails received nothing: only modelReady limits it, not the count of losses.
  assertEquals(lastEffects(...lines.slice(0, -2), "5110 model.lost failure=refused"), ["log warning model.lost"]);
});
