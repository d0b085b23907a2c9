// The driver with fake ports and a manual clock: what reaches the ports, in which order, and what happens when
// something throws.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CallSettings } from "../../../src/call/call-settings.ts";
import type { CallerInput } from "../../../src/server/calls/caller-link.ts";
import { created, delta, event, lost, makeDesk, media, portOf, readyCall, settings, start, type Trap } from "./driver-desk.ts";

test("CallDriver: from start to greeting, each effect reaches its port in order", () => {
  const desk = makeDesk();
  desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  desk.links[0]?.text(created("r1"));
  desk.links[0]?.text(delta("r1"));
  assertEquals(desk.calls, [
    "log info call.started",
    "dialler 1 for CA1",
    "model 1 session.update",
    "model 1 response.create",
    "log debug model.ready",
    "caller one media",
  ]);
});

test("CallDriver: the slices of one delta and their marks go out in one batch, in order; a single frame needs none", () => {
  const desk = readyCall();
  desk.link.text(created("r1"));
  const audio = Buffer.from(Array.from({ length: 2_400 }, (_, index) => index % 251));
  desk.link.text(delta("r1", audio.toString("base64")));
  assertEquals(
    desk.frames.map(({ event }) => event),
    ["media", "mark", "media", "mark", "media"],
  );
  assertEquals(desk.batches, [0, 5]);
  const heard = desk.frames.flatMap(({ media: sent }) => (sent === undefined ? [] : [Buffer.from(sent.payload, "base64")]));
  assertEquals(Buffer.concat(heard), audio);
  desk.link.text(delta("r1"));
  assertEquals([desk.frames.length, desk.batches], [6, [0, 5]]);
});

test("CallDriver: a throw within a batch ends this call only, after the effects that follow", () => {
  const desk = readyCall(undefined, (_port, what) => {
    if (what === "mark") throw new Error("on purpose");
  });
  desk.link.text(created("r1"));
  desk.link.text(delta("r1", Buffer.alloc(1_600).toString("base64")));
  assertEquals(
    desk.frames.map(({ event }) => event),
    ["media", "mark", "media"],
  );
  assert(desk.calls.includes("log error call.threw"));
});

test("CallDriver: audio held for the model is sent when it is ready, in order, and logged", () => {
  const desk = makeDesk();
  const input = desk.driver.attach(portOf(desk, "one"), start());
  for (let index = 0; index < 3; index++) {
    const payload = Buffer.alloc(160, index).toString("base64");
    input.message({
      type: "media",
      sequenceNumber: index + 2,
      streamSid: "MZ1",
      track: "inbound",
      chunk: index + 1,
      timestampMs: index * 20,
      payload,
    });
  }
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  const audio = desk.sent
    .filter(({ type }) => type === "input_audio_buffer.append")
    .map((sent) => Buffer.from(sent.audio ?? "", "base64")[0]);
  assertEquals(audio, [0, 1, 2]);
  assert(desk.calls.includes("log debug model.heldAudioSent"));
});

test("CallDriver: the model receives a stable hash of the caller's number, never the number", () => {
  const [one, other] = [makeDesk(), makeDesk()];
  for (const desk of [one, other]) desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(one.identifiers, other.identifiers);
  assert(/^[0-9a-f]{32}$/.test(one.identifiers[0] ?? ""));
});

test("CallDriver: an event that a port causes during an effect waits its turn", () => {
  let input: CallerInput | undefined;
  const desk = readyCall(undefined, (_port, what) => {
    if (what === "media") input?.message({ type: "stop", sequenceNumber: 9, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
  });
  input = desk.input;
  desk.link.text(created("r1"));
  // 160 ms: a slice, its mark, and the rest. All of it is sent before the stop, which arrived with the slice, is
  // handled.
  desk.link.text(delta("r1", "////".repeat(427)));
  assertEquals(desk.calls, [
    "caller one media",
    "caller one mark",
    "caller one media",
    "model 1 close",
    "caller one close",
    "store hangup",
    "log info call.ended",
    "ended CA1 caller hangup",
  ]);
});

test("CallDriver: a socket that closes within close() does not change the planned end", () => {
  let input: CallerInput | undefined;
  const desk = readyCall(undefined, (_port, what) => {
    if (what === "close") input?.closed(1000, "");
  });
  input = desk.input;
  desk.driver.drain();
  assertEquals(desk.calls.slice(-3), ["store drained", "log info call.ended", "ended CA1 operator drained"]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "draining" });
  assert(!desk.driver.hasStream);
});

test("CallDriver: decideNext answers synchronously, before and after the end", () => {
  const desk = readyCall();
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "connect" });
  desk.driver.drain();
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "draining" });
  assertEquals(desk.driver.end, { by: "operator", cause: "drained" });
  assertEquals(desk.driver.decideNext("completed", undefined), { type: "nothing" });
});

for (const port of ["model", "caller", "store", "log", "ended"] as const) {
  test(`CallDriver: ${port} throws once: the call ends once, with an apology or as planned, and is released`, () => {
    let armed = false;
    const trap: Trap = (at) => {
      if (armed && at === port) {
        armed = false;
        throw new Error("planted");
      }
    };
    const desk = readyCall(trap, trap);
    armed = true;
    desk.link.text(created("r1"));
    desk.link.text(delta("r1"));
    desk.input.message(media(2));
    desk.driver.reportStatus(port === "store" || port === "log" || port === "ended" ? "completed" : "in-progress");
    const planned = port === "model" || port === "caller";
    if (planned) assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
    assertEquals(desk.ends, [planned ? { by: "server", cause: "bug" } : { by: "caller", cause: "hangup" }]);
    assertEquals(desk.records.length, 1);
    assertEquals(desk.calls.filter((what) => what === "log error call.threw").length, 1);
    assertEquals(desk.driver.end, desk.ends[0]);
    desk.clock.advance(600_000);
    assertEquals([desk.ends.length, desk.clock.pending], [1, 0]);
  });
}

test("CallDriver: ports that always throw affect no other call, and the call still ends once", () => {
  const trap: Trap = () => {
    throw new Error("planted");
  };
  const desk = makeDesk(trap);
  const other = readyCall();
  const input = desk.driver.attach(portOf(desk, "one", trap), start());
  input.message(media(2));
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals([desk.ends, desk.records.length], [[{ by: "server", cause: "bug" }], 1]);
  other.input.message(media(2));
  assertEquals(other.calls, ["model 1 input_audio_buffer.append"]);
});

test("CallDriver: a dial that throws is a bug, and the caller hears the apology", () => {
  const desk = makeDesk((port) => {
    if (port === "dialler") throw new Error("planted");
  });
  desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

/** Settings that make the rules throw when they read them. */
function brokenSettings(...broken: readonly (keyof CallSettings)[]): CallSettings {
  return Object.defineProperties({ ...settings }, Object.fromEntries(broken.map((name) => [name, { get: () => unreadable() }])));
}

function unreadable(): never {
  throw new Error("BUG: planted");
}

test("CallDriver: a rule that throws ends the call with an apology, and is logged", () => {
  const desk = makeDesk(undefined, brokenSettings("modelReadyMs"));
  desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(desk.calls, ["log error call.threw", "log error call.givenUp", 'alert bug "see the error above" CA1', "caller one close"]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

test("CallDriver: when the rules throw again while ending, the sockets are closed, the call ends and the caller hears the apology", () => {
  const desk = makeDesk(undefined, brokenSettings("modelReadyMs", "afterMs"));
  desk.driver.attach(portOf(desk, "one"), start());
  assertStringIncludes(desk.calls.join(), "caller one close");
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends.length, 1);
});

test("CallDriver: the timer is re-armed only for an earlier deadline, and re-arms itself for one that moved later", () => {
  const desk = makeDesk();
  desk.driver.requestStream(false);
  assertEquals(desk.armedMs, [60_000]);
  desk.clock.advance(1_000);
  desk.driver.attach(portOf(desk, "one"), start());
  // The filler is due before the start timeout.
  assertEquals(desk.armedMs, [60_000, 2_500]);
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  // The reply's deadline (9 s) is later, so the timer stays.
  assertEquals(desk.armedMs, [60_000, 2_500]);
  desk.clock.advance(6_000);
  assertEquals(desk.armedMs, [60_000, 2_500, 9_000]);
  assertEquals(desk.ends, []);
  desk.clock.advance(2_000);
  assertStringIncludes(desk.calls.join(), "model.abandoned");
  assertEquals(desk.clock.pending, 1);
  // The next connection never opens: 6 s for the model, and 10 s for Twilio's request.
  desk.clock.advance(16_000);
  assertEquals([desk.ends, desk.clock.pending], [[{ by: "model", cause: "modelUnreachable" }], 0]);
});

test("CallDriver: 50 frames a second arm no timer", () => {
  const desk = readyCall();
  desk.link.text(event("input_audio_buffer.speech_started", { audio_start_ms: 0, item_id: "u1" }));
  const before = desk.armedMs.length;
  for (let n = 2; n < 52; n++) {
    desk.clock.advance(10);
    desk.input.message(media(n));
  }
  assertEquals(desk.armedMs.length, before);
});

test("CallDriver: a second stream replaces and closes the first, which is ignored from then on", () => {
  for (const streamSid of ["MZ2", "MZ1"]) {
    const desk = readyCall();
    const second = desk.driver.attach(portOf(desk, "two"), start(streamSid));
    assertEquals(desk.calls[0], "caller one close");
    desk.calls.length = 0;
    desk.input.message(media(5));
    desk.input.message({ type: "stop", sequenceNumber: 6, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
    desk.input.binary(3);
    desk.input.closed(1000, "");
    assertEquals(desk.calls, []);
    assert(desk.driver.hasStream);
    second.message(media(2, streamSid));
    assertEquals(desk.calls, ["model 1 input_audio_buffer.append"]);
    second.closed(1006, "");
    assert(!desk.driver.hasStream);
  }
});

test("CallDriver: a stream that starts while the call is ending, or afterwards, is closed", () => {
  const leaving = makeDesk();
  leaving.driver.requestStream(false);
  leaving.driver.drain();
  leaving.driver.attach(portOf(leaving, "late"), start());
  assertEquals(leaving.calls.at(-1), "caller late close");
  const over = readyCall();
  over.driver.reportStatus("completed");
  over.driver.attach(portOf(over, "late"), start("MZ2"));
  assertEquals(over.calls.at(-1), "caller late close");
});

test("CallDriver: events of an older connection to the model are dropped", () => {
  const desk = readyCall();
  desk.link.closed(lost);
  desk.clock.advance(100);
  assertEquals(desk.links.length, 2);
  desk.calls.length = 0;
  desk.link.opened();
  desk.link.text(event("session.updated", { session: {} }));
  desk.link.text(delta("r1"));
  desk.link.closed(lost);
  assertEquals(desk.calls, []);
  desk.links[1]?.opened();
  assertEquals(desk.calls, ["model 2 session.update"]);
});

test("CallDriver: binary frames and unreadable messages are logged once, and the call goes on", () => {
  const desk = readyCall();
  desk.input.binary(3);
  desk.input.message({ bad: "media.payload: expected base64" });
  desk.link.text("not JSON");
  desk.link.text("{}");
  assertEquals(desk.calls, ["log warning caller.frameRejected", "log warning model.eventRejected"]);
  assertEquals(desk.driver.end, undefined);
});

test("CallDriver: a call ends once, however many events end it, and leaves no timer", () => {
  const desk = readyCall();
  desk.input.message({ type: "stop", sequenceNumber: 9, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
  desk.input.closed(1000, "");
  desk.driver.reportStatus("completed");
  desk.driver.decideNext("completed", undefined);
  desk.driver.drain();
  desk.link.closed(lost);
  desk.clock.advance(600_000);
  assertEquals([desk.ends.length, desk.records.length, desk.clock.pending], [1, 1, 0]);
});

test("CallDriver: what a response costs is added to the agent's day, and a day that is spent ends the call", () => {
  const prices = { textIn: 1, textCached: 1, textOut: 1, audioIn: 1, audioCached: 1, audioOut: 1e6 };
  const priced = { ...settings, prices: [{ response: prices, transcription: undefined }] };
  const talk = (spendsAll: boolean): readonly string[] => {
    const desk = makeDesk(undefined, priced, undefined, spendsAll);
    desk.driver.attach(portOf(desk, "one"), start());
    desk.links[0]?.opened();
    desk.links[0]?.text(event("session.updated", { session: {} }));
    desk.links[0]?.text(created("r1"));
    desk.links[0]?.text(delta("r1"));
    desk.links[0]?.text(
      event("response.done", { response: { id: "r1", status: "completed", usage: { input_tokens: 0, output_tokens: 2 } } }),
    );
    return desk.calls.slice(desk.calls.indexOf("budget 2"));
  };
  assertEquals(talk(false), ["budget 2", "caller one mark"]);
  assertEquals(talk(true), ["budget 2", "caller one mark", "log info call.limitReached"]);
});
