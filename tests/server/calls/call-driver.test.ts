// The driver with ports of ours and a clock with a crank: what reaches the sockets, in which order, and what is left of a call when something throws.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CallSettings } from "../../../src/call/call-settings.ts";
import type { CallerInput } from "../../../src/server/calls/call-driver.ts";
import { created, delta, event, lost, makeDesk, media, portOf, readyCall, settings, start, type Trap } from "./driver-desk.ts";

test("CallDriver: from start to greeting, each order reaches its port in order", () => {
  const desk = makeDesk();
  desk.driver.attach(portOf(desk, "one"), start());
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  desk.links[0]?.text(created("r1"));
  desk.links[0]?.text(delta("r1"));
  assertEquals(desk.told, [
    "log info call.started",
    "dialler 1 for CA1",
    "model 1 session.update",
    "model 1 response.create",
    "log debug model.ready",
    "caller one media",
  ]);
});

test("CallDriver: the model learns a stable hash of the caller's number, never the number", () => {
  const [one, other] = [makeDesk(), makeDesk()];
  for (const desk of [one, other]) desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(one.identifiers, other.identifiers);
  assert(/^[0-9a-f]{32}$/.test(one.identifiers[0] ?? ""));
});

test("CallDriver: what a port brings about while it is told something waits for its turn", () => {
  let input: CallerInput | undefined;
  const desk = readyCall(undefined, (_port, what) => {
    if (what === "media") input?.message({ type: "stop", sequenceNumber: 9, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
  });
  input = desk.input;
  desk.link.text(created("r1"));
  // 160 ms: a slice, its mark, and the rest. All of it is sent before the stop that came with the first is taken.
  desk.link.text(delta("r1", "////".repeat(427)));
  assertEquals(desk.told, [
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

test("CallDriver: a socket that closes at once when told to is taken for the end that was planned", () => {
  let input: CallerInput | undefined;
  const desk = readyCall(undefined, (_port, what) => {
    if (what === "close") input?.closed(1000, "");
  });
  input = desk.input;
  desk.driver.drain();
  assertEquals(desk.told.slice(-3), ["store drained", "log info call.ended", "ended CA1 operator drained"]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "draining" });
  assert(!desk.driver.hasStream);
});

test("CallDriver: asked is answered in the same breath, before and after the end", () => {
  const desk = readyCall();
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "connect" });
  desk.driver.drain();
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "draining" });
  assertEquals(desk.driver.end, { by: "operator", cause: "drained" });
  assertEquals(desk.driver.decideNext("completed", undefined), { type: "nothing" });
});

for (const port of ["model", "caller", "store", "log", "ended"] as const) {
  test(`CallDriver: ${port} throws once: the call ends with an apology or what was planned, once, and is let go`, () => {
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
    assertEquals(desk.told.filter((what) => what === "log error call.threw").length, 1);
    assertEquals(desk.driver.end, desk.ends[0]);
    desk.clock.advance(600_000);
    assertEquals([desk.ends.length, desk.clock.pending], [1, 0]);
  });
}

test("CallDriver: ports that throw each time take nobody else with them, and the call still ends once", () => {
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
  assertEquals(other.told, ["model 1 input_audio_buffer.append"]);
});

test("CallDriver: a dial that throws is our fault, and the caller hears so", () => {
  const desk = makeDesk((port) => {
    if (port === "dialler") throw new Error("planted");
  });
  desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

/** Settings that make the rules themselves throw when they are read. */
function brokenSettings(...broken: readonly (keyof CallSettings)[]): CallSettings {
  return Object.defineProperties({ ...settings }, Object.fromEntries(broken.map((name) => [name, { get: () => unreadable() }])));
}

function unreadable(): never {
  throw new Error("BUG: planted");
}

test("CallDriver: a rule that throws ends the call with an apology, and says where in the log", () => {
  const desk = makeDesk(undefined, brokenSettings("modelReadyMs"));
  desk.driver.attach(portOf(desk, "one"), start());
  assertEquals(desk.told, ["log error call.threw", "log error call.givenUp", 'alert bug "see the error above" CA1', "caller one close"]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
});

test("CallDriver: rules that throw on the way out too: the sockets are closed, the call ends, the caller hears the apology", () => {
  const desk = makeDesk(undefined, brokenSettings("modelReadyMs", "afterMs"));
  desk.driver.attach(portOf(desk, "one"), start());
  assertStringIncludes(desk.told.join(), "caller one close");
  assertEquals(desk.ends, [{ by: "server", cause: "bug" }]);
  assertEquals(desk.driver.decideNext("in-progress", undefined), { type: "say", sentence: "apology" });
  assertEquals(desk.ends.length, 1);
});

test("CallDriver: the timer is armed again only for an earlier deadline, and rings for one that was moved later", () => {
  const desk = makeDesk();
  desk.driver.requestStream(false);
  assertEquals(desk.armedMs, [60_000]);
  desk.clock.advance(1_000);
  desk.driver.attach(portOf(desk, "one"), start());
  // The moment after which a sound is due comes sooner than the start would have.
  assertEquals(desk.armedMs, [60_000, 2_500]);
  desk.links[0]?.opened();
  desk.links[0]?.text(event("session.updated", { session: {} }));
  // The reply's deadline (9 s) is later: the timer that is set will do.
  assertEquals(desk.armedMs, [60_000, 2_500]);
  desk.clock.advance(6_000);
  assertEquals(desk.armedMs, [60_000, 2_500, 9_000]);
  assertEquals(desk.ends, []);
  desk.clock.advance(2_000);
  assertStringIncludes(desk.told.join(), "model.abandoned");
  assertEquals(desk.clock.pending, 1);
  // The next one never opens: 6 s of patience, and 10 s for Twilio to ask.
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

test("CallDriver: a stream that takes another's place closes it, and the old one is heard no more", () => {
  for (const streamSid of ["MZ2", "MZ1"]) {
    const desk = readyCall();
    const second = desk.driver.attach(portOf(desk, "two"), start(streamSid));
    assertEquals(desk.told[0], "caller one close");
    desk.told.length = 0;
    desk.input.message(media(5));
    desk.input.message({ type: "stop", sequenceNumber: 6, streamSid: "MZ1", accountSid: "AC1", callSid: "CA1" });
    desk.input.binary(3);
    desk.input.closed(1000, "");
    assertEquals(desk.told, []);
    assert(desk.driver.hasStream);
    second.message(media(2, streamSid));
    assertEquals(desk.told, ["model 1 input_audio_buffer.append"]);
    second.closed(1006, "");
    assert(!desk.driver.hasStream);
  }
});

test("CallDriver: a stream that comes when the call is leaving or over is closed", () => {
  const leaving = makeDesk();
  leaving.driver.requestStream(false);
  leaving.driver.drain();
  leaving.driver.attach(portOf(leaving, "late"), start());
  assertEquals(leaving.told.at(-1), "caller late close");
  const over = readyCall();
  over.driver.reportStatus("completed");
  over.driver.attach(portOf(over, "late"), start("MZ2"));
  assertEquals(over.told.at(-1), "caller late close");
});

test("CallDriver: what an older connection to the model tells is dropped", () => {
  const desk = readyCall();
  desk.link.closed(lost);
  desk.clock.advance(100);
  assertEquals(desk.links.length, 2);
  desk.told.length = 0;
  desk.link.opened();
  desk.link.text(event("session.updated", { session: {} }));
  desk.link.text(delta("r1"));
  desk.link.closed(lost);
  assertEquals(desk.told, []);
  desk.links[1]?.opened();
  assertEquals(desk.told, ["model 2 session.update"]);
});

test("CallDriver: binary frames and what can't be read are told of once, and harm nothing", () => {
  const desk = readyCall();
  desk.input.binary(3);
  desk.input.message({ bad: "media.payload: expected base64" });
  desk.link.text("no JSON");
  desk.link.text("{}");
  assertEquals(desk.told, ["log warning caller.frameRejected", "log warning model.eventRejected"]);
  assertEquals(desk.driver.end, undefined);
});

test("CallDriver: a call ends once, however many tell of it, and leaves no timer", () => {
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
