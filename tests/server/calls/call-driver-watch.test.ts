// What a driver shows of a call to its watch, and what it only counts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { CallWatch, FrameCounts } from "../../../src/call/ports.ts";
import { created, delta, event, makeDesk, media, portOf, settings, start } from "./driver-desk.ts";

/** A call with a stream and a ready model, and what its watch saw. */
function watchedCall(awaits: { audio: boolean } = { audio: false }) {
  const seen: string[] = [];
  const ends: FrameCounts[] = [];
  const watch: CallWatch = {
    get awaitsAudio() {
      return awaits.audio;
    },
    event: ({ type }) => {
      seen.push(type);
      if (type === "model.audio") awaits.audio = false;
    },
    effect: ({ type }) => void seen.push(`-> ${type}`),
    ended: (_end, frames) => void ends.push(frames),
  };
  const desk = makeDesk(undefined, undefined, watch);
  desk.driver.requestStream(false);
  const input = desk.driver.attach(portOf(desk, "one"), start());
  const link = desk.links[0];
  link?.opened();
  link?.text(event("session.updated", { session: {} }));
  link?.text(created("r1"));
  seen.length = 0;
  return { desk, input, link, seen, ends };
}

test("CallDriver: frames are counted by leg and direction, and not shown", () => {
  const { desk, input, link, seen } = watchedCall();
  for (const n of [2, 3, 4]) input.message(media(n));
  for (const _ of [1, 2]) link?.text(delta("r1"));
  assertEquals(seen, []);
  assertEquals(desk.driver.frames, { callerReceived: 3, callerSent: 2, modelReceived: 2, modelSent: 3, callerBad: 0, modelBad: 0 });
});

test("CallDriver: audio of the model is shown while the watch awaits it", () => {
  const { link, seen } = watchedCall({ audio: true });
  for (const _ of [1, 2]) link?.text(delta("r1"));
  assertEquals(seen, ["model.audio"]);
});

test("CallDriver: what is not audio is shown with what it causes, in order, and messages that cannot be read are counted", () => {
  const { desk, input, link, seen } = watchedCall();
  link?.text(delta("r1"));
  link?.text(event("input_audio_buffer.speech_started", { item_id: "i", audio_start_ms: 0 }));
  assertEquals(seen.slice(0, 2), ["model.speechStarted", "-> caller.flush"]);
  input.binary(3);
  link?.text("{");
  assertEquals([desk.driver.frames.callerBad, desk.driver.frames.modelBad], [1, 1]);
});

test("CallDriver: the end is shown once, with the messages of the whole call, after its record", () => {
  const { desk, input, seen, ends } = watchedCall();
  input.message(media(2));
  input.message({ type: "stop", sequenceNumber: 3, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
  desk.driver.reportStatus("completed");
  assertEquals(ends, [{ callerReceived: 1, callerSent: 0, modelReceived: 0, modelSent: 1, callerBad: 0, modelBad: 0 }]);
  assertEquals(seen.includes("-> record.save"), true);
});

test("CallDriver: the watch does not see the keys of masked digits", () => {
  const seen: string[] = [];
  const watch: CallWatch = {
    awaitsAudio: false,
    event: (event) => {
      if (event.type === "caller.keyPressed") seen.push(event.digit);
    },
    effect: () => {},
    ended: () => {},
  };
  const pin = { name: "pin", max: 2, min: 1, terminator: "#", timeoutMs: 5_000, isMasked: true };
  const desk = makeDesk(undefined, { ...settings, digits: [pin] }, watch);
  const input = desk.driver.attach(portOf(desk, "one"), start());
  const press = (digit: string, sequenceNumber: number): void =>
    input.message({ type: "dtmf", streamSid: "MZ1", sequenceNumber, track: "inbound_track", digit });
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  press("1", 2);
  desk.links[0]?.text(created("r1"));
  const call = { type: "function_call", call_id: "c1", name: "collect_digits", arguments: "{}" };
  desk.links[0]?.text(event("response.done", { response: { id: "r1", status: "completed", output: [call] } }));
  press("4", 3);
  press("7", 4);
  press("9", 5);
  desk.clock.advance(10_000);
  press("2", 6);
  assertEquals(seen, ["1", "masked", "masked", "masked", "2"]);
});
