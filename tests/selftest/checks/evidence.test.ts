// The questions that several checks ask about the evidence.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  applicationError,
  describeExchange,
  describeStream,
  endedByServer,
  eventOf,
  firstDifference,
  firstExchange,
  heardByModel,
  messagesHeard,
  played,
  streamOf,
  verbsOf,
} from "../../../src/selftest/checks/evidence.ts";
import { frame, goodTwiml, heardPieces, madeCall, madeExchange, madeStream } from "./made.ts";

test("firstExchange: the voice webhook's, whatever came before it", () => {
  const callback = madeExchange("", 204, { id: 0, purpose: "status" });
  assertEquals(firstExchange({ call: madeCall({ exchanges: [callback, madeExchange(goodTwiml)] }) })?.id, 1);
});

test("streamOf, verbsOf: find the stream in what an exchange brought, and nothing in what brought none", () => {
  assertEquals(streamOf(verbsOf(madeExchange(goodTwiml)))?.attributes["url"], "wss://voice.example/twilio/realtime");
  assertEquals(streamOf(verbsOf(madeExchange("no", 500))), undefined);
  assertEquals(verbsOf(undefined), []);
});

for (const [text, exchange] of [
  ["no request was made", undefined],
  ["HTTP 200, text/xml, <Connect><Redirect>", madeExchange(goodTwiml)],
  ["HTTP 403, text/xml", madeExchange("no", 403)],
] as const) {
  test(`describeExchange: ${text}`, () => assertEquals(describeExchange(exchange), text));
}

test("describeExchange: an exchange without an answer says why", () => {
  const { answer: _, plan: __, ...bare } = madeExchange(goodTwiml);
  assertEquals(describeExchange(bare), "no answer");
  assertEquals(describeExchange({ ...bare, failure: { kind: "refused", detail: "port 1" } }), "refused: port 1");
});

test("describeStream: each way in which a stream may be", () => {
  assertEquals(describeStream(undefined), "no stream was opened");
  assertEquals(describeStream(madeStream({}, [], 404)), "the handshake failed: HTTP 404");
  assertEquals(describeStream(madeStream()), "the stream was ended by the caller, code 1000");
});

for (const [by, ended] of [
  ["server", true],
  ["network", true],
  ["caller", false],
] as const) {
  test(`endedByServer: ${by}: ${ended}`, () => {
    assertEquals(endedByServer(madeStream({ end: { atMs: 1, by, code: 1000, reason: "" } })), ended);
  });
}

test("endedByServer: a stream that never opened, or is open, was not", () => {
  const { end: _, ...open } = madeStream();
  assertEquals([undefined, madeStream({}, [], 404), open].map(endedByServer), [false, false, false]);
});

test("messagesHeard, applicationError: what Twilio's own voice said", () => {
  const line = [
    { kind: "say", atMs: 1, text: "Sorry.", language: "en-US" },
    { kind: "applicationError", atMs: 2, text: "We are sorry", twilioCode: 11200 },
  ] as const;
  assertEquals(messagesHeard({ call: madeCall({ line }) }), ["Sorry."]);
  assertEquals(applicationError({ call: madeCall({ line }) }), "the application error, 11200");
  assertEquals(applicationError({ call: madeCall() }), undefined);
});

test("eventOf: a frame that is not an event has an empty type", () => {
  assertEquals(eventOf({ atMs: 0, text: '{"type":"a","b":1}' }), { type: "a", b: 1 });
  for (const text of ["", "[]", "null", "no"]) assertEquals(eventOf({ atMs: 0, text }).type, "");
});

test("heardByModel: all appended audio, joined in order", () => {
  const append = (...bytes: number[]) => frame(1, { type: "input_audio_buffer.append", audio: Uint8Array.from(bytes).toBase64() });
  const received = [append(1, 2), frame(1, { type: "response.create" }), append(3)];
  assertEquals(heardByModel({ received, delivered: [] }), Uint8Array.of(1, 2, 3));
});

test("played: everything heard, end to end; nothing where nothing was", () => {
  assertEquals(played(madeStream({ heard: heardPieces(0, Uint8Array.of(1), Uint8Array.of(2)) })), Uint8Array.of(1, 2));
  assertEquals(played(undefined).length, 0);
});

test("firstDifference: a missing end differs", () => {
  assertEquals(firstDifference(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), undefined);
  assertEquals(firstDifference(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), 1);
  assertEquals(firstDifference(Uint8Array.of(1), Uint8Array.of(1, 3)), 1);
});
