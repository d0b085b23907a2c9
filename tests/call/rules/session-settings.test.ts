// Settings that the model's server refuses: the session is configured without them, and nothing is asked twice.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { lastEffects } from "../call-script.ts";

const open = ["0 caller.started", "10 model.opened"];
const refused = (atMs: number, fields: string): string => `${atMs} model.errorReported code=invalid_value ${fields}`;
const voice = refused(20, "param=session.audio.output.voice eventId=voice_configure");

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["configureWithout: what the error names", [...open, voice], ["model.configure 1 without voice", "log warning model.settingRefused"]],
  [
    "configureWithout: the error for the replaced update again",
    [...open, voice, refused(30, "param=session.audio.output.voice eventId=voice_configure")],
    [],
  ],
  [
    "configureWithout: another error for the replaced update",
    [...open, voice, refused(30, "param=session.audio.input.noise_reduction eventId=voice_configure")],
    ["model.configure 1 without voice, noise_reduction", "log warning model.settingRefused"],
  ],
  [
    "configureWithout: what a call needs",
    [...open, voice, refused(30, "param=session.audio.input.format")],
    ["log error call.givenUp", "alert modelRefused", "model.close 1", "caller.close"],
  ],
  [
    "configureWithout: each update has the whole time to be accepted",
    [...open, "2500 model.errorReported code=invalid_value param=session.audio.output.voice", "4999 clock.rang"],
    ["caller.playFiller"],
  ],
  [
    "configureWithout: and no longer",
    [...open, "2500 model.errorReported code=invalid_value param=session.audio.output.voice", "4999 clock.rang", "5000 clock.rang"],
    ["log warning model.abandoned", "model.close 1"],
  ],
  [
    "configure: the next connection leaves out what was refused",
    [...open, voice, "30 model.lost", "200 clock.rang", "210 model.opened"],
    ["model.configure 2 without voice"],
  ],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));
