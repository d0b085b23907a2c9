// The facts of a stream in virtual time: messages, what was heard, the end.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { actionOf, audibleMs, excerpt, firstStream, seconds, streamFacts } from "../../../src/doctor/evidence/stream-facts.ts";
import { beep, evidenceOf, media, playStream } from "../checks/virtual-stream.ts";

const call = playStream({
  server: [
    [600, media(beep(500, 1_000))],
    [700, "no JSON"],
    [800, Uint8Array.of(1, 2)],
  ],
  caller: [[2_000, "spoke", beep(700, 500)]],
  hangUpMs: 5_000,
});

test("streamFacts: both sides' messages, what is wrong with each, and what was heard when", () => {
  const facts = streamFacts(call);
  const openedAtMs = facts?.openedAtMs ?? 0;
  assertEquals(
    facts?.fromServer.map(({ message, bad }) => message?.type ?? bad),
    ["media", "media-not-json", "media-binary"],
  );
  assertEquals(
    facts?.fromTwilio.slice(0, 3).map(({ event }) => event),
    ["connected", "start", "media"],
  );
  assertEquals(facts?.fromTwilio.at(-1)?.event, "stop");
  assertEquals(facts?.spans, [{ fromMs: openedAtMs + 600, untilMs: openedAtMs + 1_600 }]);
  assertEquals(facts?.hungUpAtMs, openedAtMs + 5_000);
  assertEquals(facts?.closed?.code, 1000);
});

test("audibleMs: counts only what is inside the span", () => {
  const facts = streamFacts(call);
  if (facts === undefined) throw new Error("no stream");
  const span = (from: number, until: number) => ({ fromMs: facts.openedAtMs + from, untilMs: facts.openedAtMs + until });
  assertEquals(
    [span(0, 1_000), span(1_000, 9_000), span(2_000, 3_000)].map((one) => audibleMs(facts, one)),
    [400, 600, 0],
  );
});

test("actionOf: finds an action and its end", () => {
  const facts = streamFacts(call);
  const step = facts === undefined ? undefined : actionOf(facts, "spoke");
  assertEquals(step?.untilMs, (step?.atMs ?? 0) + 500);
});

test("firstStream: undefined without a call", () => assertEquals(firstStream(evidenceOf()), undefined));

test("seconds: two decimals below ten seconds, one above", () => {
  assertEquals([seconds(420), seconds(12_340), seconds(-90)], ["0.42 s", "12.3 s", "-0.09 s"]);
});

test("excerpt: cuts payloads and long text", () => {
  assertEquals(excerpt(`{"payload":"${"A".repeat(100)}"}`), `{"payload":"${"A".repeat(24)}...(100 characters)"}`);
  assertEquals(excerpt("no. ".repeat(100)).length, 243);
});
