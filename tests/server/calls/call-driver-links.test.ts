// The driver with more than one connection to the model, with the sound between, with somebody to tell, and with audio that is not PCMU.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { callerCodec } from "../../../src/server/calls/caller-codec.ts";
import { created, delta, event, FILLER, lost, makeDesk, media, portOf, readyCall, settings, start } from "./driver-desk.ts";

const updated = event("session.updated", { session: {} });
const done = (id: string): string => event("response.done", { response: { id, status: "completed" } });
const ROLLS = { ...settings, rollOverMs: 60_000 };

/** A call whose greeting was heard to the end, and whose session is a minute old: the next one is dialled. */
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
  desk.told.length = 0;
  return { ...desk, input };
}

test("CallDriver: the model is dialled at the webhook, and asked to greet as soon as the stream is there", () => {
  const desk = makeDesk();
  desk.driver.requestStream(true);
  desk.links[0]?.opened();
  desk.links[0]?.text(updated);
  desk.driver.attach(portOf(desk, "one"), start());
  const ready = ["dialler 1 for CA1", "model 1 session.update", "log debug model.ready"];
  assertEquals(desk.told, [...ready, "log info call.started", "model 1 response.create"]);
});

test("CallDriver: without a stream the model that was dialled at the webhook is let go, and no timer but the start's is left", () => {
  const desk = makeDesk();
  desk.driver.requestStream(true);
  desk.clock.advance(15_000);
  assertEquals(desk.told, ["dialler 1 for CA1", "model 1 close"]);
  assertEquals(desk.clock.pending, 1);
});

test("CallDriver: two connections at once, each told what is for it; when the next takes over the old one is closed", () => {
  const desk = oldCall();
  desk.links[1]?.opened();
  desk.input.message(media(3));
  desk.links[1]?.text(updated);
  desk.input.message(media(4));
  desk.links[0]?.closed(lost);
  assertEquals(desk.told, [
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
  assertEquals(desk.told.slice(0, 3), ["model 1 close", "model 2 close", "caller one close"]);
});

test("CallDriver: a dial of the next connection that throws is our fault, and both are gone", () => {
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
    desk.told.filter((what) => /^model . close$/.test(what)),
    ["model 1 close"],
  );
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

test("CallDriver: while the model is mended the caller hears the filler, and no mark is sent for it", () => {
  const desk = readyCall();
  desk.link.closed(lost);
  desk.clock.advance(1_500);
  assertEquals(
    desk.frames.map((frame) => [frame.event, frame.media?.payload]),
    [["media", FILLER]],
  );
});

test("CallDriver: a caller in A-law hears A-law, the filler too, and is heard in PCMU", () => {
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
  // 20 ms have no mark.
  assertEquals(
    desk.frames.map((frame) => [frame.event, frame.media?.payload]),
    [
      ["media", alaw],
      ["media", alaw],
    ],
  );
  assertEquals(desk.sent.at(-1), { type: "input_audio_buffer.append", audio: codec?.toPcmu("1dXV") });
});

test("CallDriver: a format that there is no codec for is refused with words, as it was told", () => {
  const desk = makeDesk();
  desk.driver.attach(portOf(desk, "one"), start("MZ1", "audio/x-l16"));
  assertEquals(desk.told, [
    "log error call.givenUp",
    'alert unsupportedFormat "expected audio/x-mulaw, 8000 Hz, 1 channel, got audio/x-l16, 8000 Hz, 1 channels" CA1',
    "caller one close",
  ]);
});

test("CallDriver: somebody is told, once, with the cause and the call; an alert that throws changes nothing for the caller", () => {
  for (const throws of [false, true]) {
    const desk = makeDesk((port) => {
      if (throws && port === "alert") throw new Error("planted");
    });
    desk.driver.attach(portOf(desk, "one"), start());
    desk.links[0]?.closed({ ...lost, httpStatus: 429, errorCode: "insufficient_quota" });
    assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
    assertEquals(
      desk.told.filter((what) => what.startsWith("alert")),
      ['alert modelRefused "closed with 1006 "", HTTP 429" CA1'],
    );
    assertEquals(desk.ends, [{ by: "model", cause: "modelRefused" }]);
  }
});

test("CallDriver: a person, and what comes after", () => {
  const desk = makeDesk(undefined, { ...settings, canTransfer: true });
  desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.closed({ ...lost, httpStatus: 401 });
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "transfer", sentence: "transferring" });
  assertEquals(desk.driver.decideNext("in-progress", "busy"), { type: "say", sentence: "apology" });
  assertEquals(desk.driver.decideNext("in-progress", "completed"), { type: "nothing" });
  assertEquals([desk.ends.length, desk.records.length], [1, 1]);
});
