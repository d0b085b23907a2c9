// The driver with two connections to the model, with the filler, with alerts, and with audio that is not PCMU.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { callerCodec } from "../../../src/server/calls/caller-codec.ts";
import { created, delta, event, FILLER, lost, makeDesk, media, portOf, readyCall, settings, start } from "./driver-desk.ts";

const updated = event("session.updated", { session: {} });
const done = (id: string): string => event("response.done", { response: { id, status: "completed" } });
const ROLLS = { ...settings, rollOverMs: 60_000 };

/** A call whose greeting was played, and whose session is old enough that its successor has been dialled. */
function oldCall() {
  const desk = makeDesk(undefined, ROLLS);
  desk.driver.requestStream(false);
  const input = desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.opened();
  desk.links[0]?.text(updated);
  desk.links[0]?.text(created("r1"));
  desk.links[0]?.text(delta("r1"));
  desk.links[0]?.text(done("r1"));
  input.message({ type: "mark", sequenceNumber: 2, streamSid: "MZ1", name: "v1" });
  desk.clock.advance(60_000);
  desk.calls.length = 0;
  return { ...desk, input };
}

test("CallDriver: the model is dialled at the webhook, and greets as soon as the stream starts", () => {
  const desk = makeDesk();
  desk.driver.requestStream(true);
  desk.links[0]?.opened();
  desk.links[0]?.text(updated);
  desk.driver.attach(portOf(desk, "one"), start());
  const ready = ["dialler 1 for CA1", "model 1 session.update", "log debug model.ready"];
  assertEquals(desk.calls, [...ready, "log info call.started", "model 1 response.create"]);
});

test("CallDriver: without a stream the prewarmed model is closed, and only the start timer is left", () => {
  const desk = makeDesk();
  desk.driver.requestStream(true);
  desk.clock.advance(15_000);
  assertEquals(desk.calls, ["dialler 1 for CA1", "model 1 close"]);
  assertEquals(desk.clock.pending, 1);
});

test("CallDriver: of two connections each receives its own messages; the old one is closed when its successor takes over", () => {
  const desk = oldCall();
  desk.links[1]?.opened();
  desk.input.message(media(3));
  desk.links[1]?.text(updated);
  desk.input.message(media(4));
  desk.links[0]?.closed(lost);
  assertEquals(desk.calls, [
    "model 2 session.update",
    "model 1 input_audio_buffer.append",
    "model 1 close",
    "log info model.rolledOver",
    "model 2 input_audio_buffer.append",
  ]);
});

test("CallDriver: both connections are closed when the call ends", () => {
  const desk = oldCall();
  desk.driver.reportStatus("completed");
  assertEquals(desk.calls.slice(0, 3), ["model 1 close", "model 2 close", "caller one close"]);
});

test("CallDriver: when dialling the successor throws, it is a bug, and both connections are closed", () => {
  const desk = makeDesk((port, what) => {
    if (port === "dialler" && what.startsWith("2")) throw new Error("planted");
  }, ROLLS);
  desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.opened();
  desk.links[0]?.text(updated);
  desk.links[0]?.text(created("r1"));
  desk.links[0]?.text(delta("r1"));
  desk.links[0]?.text(done("r1"));
  desk.clock.advance(60_000);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(
    desk.calls.filter((what) => /^model . close$/.test(what)),
    ["model 1 close"],
  );
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

test("CallDriver: while the model recovers the caller hears the filler, and no mark is sent for it", () => {
  const desk = readyCall();
  desk.link.closed(lost);
  desk.clock.advance(1_500);
  assertEquals(
    desk.frames.map((frame) => [frame.event, frame.media?.payload]),
    [["media", FILLER]],
  );
});

test("CallDriver: an A-law caller hears A-law, the filler too, and the model receives PCMU", () => {
  const desk = makeDesk();
  const input = desk.driver.attach(portOf(desk, "one"), start("MZ1", "audio/x-alaw"));
  desk.clock.advance(1_500);
  desk.links[0]?.opened();
  desk.links[0]?.text(updated);
  desk.links[0]?.text(created("r1"));
  desk.links[0]?.text(delta("r1", FILLER));
  input.message({ ...media(2), payload: "1dXV" } as ReturnType<typeof media>);
  const codec = callerCodec({ encoding: "audio/x-alaw", sampleRateHz: 8_000, channels: 1 });
  const alaw = codec?.fromPcmu(FILLER);
  assert(alaw !== undefined && alaw !== FILLER);
  // 20 ms are too short for a mark.
  assertEquals(
    desk.frames.map((frame) => [frame.event, frame.media?.payload]),
    [
      ["media", alaw],
      ["media", alaw],
    ],
  );
  assertEquals(desk.sent.at(-1), { type: "input_audio_buffer.append", audio: codec?.toPcmu("1dXV") });
});

test("CallDriver: for an unsupported format the caller hears a sentence, and the log has the format as Twilio sent it", () => {
  const desk = makeDesk();
  desk.driver.attach(portOf(desk, "one"), start("MZ1", "audio/x-l16"));
  assertEquals(desk.calls, [
    "log error call.givenUp",
    'alert unsupportedFormat "expected audio/x-mulaw, 8000 Hz, 1 channel, got audio/x-l16, 8000 Hz, 1 channels" CA1',
    "caller one close",
  ]);
});

test("CallDriver: an alert is sent once, with cause and call; one that throws changes nothing for the caller", () => {
  for (const throws of [false, true]) {
    const desk = makeDesk((port) => {
      if (throws && port === "alert") throw new Error("planted");
    });
    desk.driver.attach(portOf(desk, "one"), start());
    desk.links[0]?.closed({ ...lost, httpStatus: 429, errorCode: "insufficient_quota" });
    assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
    assertEquals(
      desk.calls.filter((what) => what.startsWith("alert")),
      ['alert modelRefused "closed with 1006 "", HTTP 429" CA1'],
    );
    assertEquals(desk.ends, [{ by: "model", cause: "modelRefused" }]);
  }
});

test("CallDriver: a transfer, and what comes after it", () => {
  const desk = makeDesk(undefined, { ...settings, canTransfer: true });
  desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.closed({ ...lost, httpStatus: 401 });
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "transfer", sentence: "transferring" });
  assertEquals(desk.driver.decideNext("in-progress", "busy"), { type: "say", sentence: "apology" });
  assertEquals(desk.driver.decideNext("in-progress", "completed"), { type: "nothing" });
  assertEquals([desk.ends.length, desk.records.length], [1, 1]);
});
