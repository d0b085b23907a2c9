// Real speech as the caller's voice goes through webhook, stream, call and model, and comes back to the caller byte for
// byte.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { promptAudio } from "../../src/simulators/openai/brains/prompts/prompts.ts";
import type { TelephoneCallHandle } from "../../src/simulators/sockets/place-telephone-call.ts";
import { playedBytes } from "../../src/simulators/twilio/heard-audio.ts";
import type { TelephoneCall } from "../../src/simulators/twilio/telephone/telephone-state.ts";
import { openLine } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";

/** G.711 at 8 kHz: see tests/data/README.md. The first 2.5 s have no pause that would end a turn. */
const speech = new Uint8Array(readFileSync(new URL("../data/jfk.ulaw", import.meta.url))).subarray(0, 20_000);

function heardBytes(call: TelephoneCall): Uint8Array {
  const [stream] = call.streams;
  return stream?.heard === undefined ? new Uint8Array() : playedBytes(stream.heard);
}

/** Waits until the caller has heard this many stretches of audio. */
function untilHeard(running: TelephoneCallHandle, stretches: number): Promise<TelephoneCall> {
  return running.until(`audio, ${stretches} times`, ({ line }) => line.filter(({ kind }) => kind === "audio").length >= stretches, 60_000);
}

test("a call: real speech comes back unchanged through the whole path", async () => {
  const clock = patientClock(6);
  const line = openLine(clock, builtInModel(clock));
  try {
    const running = line.call();
    await untilHeard(running, 1);
    running.command({ type: "say", speech });
    await untilHeard(running, 2);
    running.command({ type: "hangUp", requestsAction: true });
    const call = await running.done;

    const greeting = promptAudio("greeting");
    const heard = heardBytes(call);
    assertEquals(heard.subarray(0, greeting.length), greeting);
    // A turn starts 300 ms before the first loud sound: the quiet first half second of the recording is not in it.
    const words = speech.subarray(6_000);
    const echo = Buffer.from(heard.subarray(greeting.length));
    assert(echo.indexOf(words) >= 0, `the ${words.length} bytes spoken are not in the ${echo.length} bytes that came back`);
    assertEquals(call.problems, []);
    assertEquals(
      line.records.map(({ end, turns }) => [end.by, turns.map(({ trigger, interrupted }) => [trigger, interrupted])]),
      [
        [
          "caller",
          [
            ["greeting", false],
            ["speech", false],
          ],
        ],
      ],
    );
  } finally {
    await line.voice.stop();
  }
}, 120_000);

test("a call: a key press is read back by the built-in agent", async () => {
  const clock = patientClock(6);
  const line = openLine(clock, builtInModel(clock));
  try {
    const running = line.call();
    await untilHeard(running, 1);
    running.command({ type: "press", digit: "7" });
    await untilHeard(running, 2);
    running.command({ type: "hangUp", requestsAction: false });
    const heard = Buffer.from(heardBytes(await running.done));
    const [pressed, seven] = [heard.indexOf(promptAudio("youPressed")), heard.indexOf(promptAudio("7"))];
    assert(pressed > 0 && seven > pressed, `"you pressed" at ${pressed}, "seven" at ${seven}`);
  } finally {
    await line.voice.stop();
  }
}, 120_000);
