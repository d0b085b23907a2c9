// One stream of a call: which events and messages pass, and what no longer does once it has ended.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { CallEvent } from "../../../src/call/events.ts";
import { CallerLink } from "../../../src/server/calls/caller-link.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { media, start } from "./driver-desk.ts";

function makeLink(encoding?: string): { link: CallerLink; taken: CallEvent[]; sent: string[] } {
  const taken: CallEvent[] = [];
  const sent: string[] = [];
  const port = {
    send: (text: string) => sent.push(text) > 0,
    batch: (work: () => void) => work(),
    close: () => void sent.push("close"),
  };
  const link = new CallerLink(port, start("MZ1", encoding), manualClock(7), { take: (event) => void taken.push(event) });
  return { link, taken, sent };
}

const typesOf = (taken: readonly CallEvent[]): readonly string[] => taken.map(({ type }) => type);

test("CallerLink: a message, a binary one and the close become events of its stream", () => {
  const { link, taken } = makeLink();
  link.message(media(2), 5);
  link.binary(3);
  link.closed(1006, "gone");
  assertEquals(typesOf(taken), ["caller.audio", "caller.frameRejected", "caller.disconnected"]);
  assertEquals(
    taken.map(({ atMs }) => atMs),
    [5, 7, 7],
  );
  assertEquals(taken.at(-1), { type: "caller.disconnected", atMs: 7, epoch: "MZ1", code: 1006, reason: "gone" });
});

test("CallerLink: once closed or replaced, nothing of it becomes an event, and a replaced socket is closed", () => {
  for (const end of ["closed", "replaced"] as const) {
    const { link, taken, sent } = makeLink();
    if (end === "closed") link.closed(1000, "");
    else link.replace();
    const before = taken.length;
    link.message(media(2));
    link.binary(3);
    link.closed(1000, "");
    assertEquals([link.isDetached, taken.length - before, sent], [true, 0, end === "closed" ? [] : ["close"]]);
  }
});

test("CallerLink: what the call orders goes out in the stream's format, and its socket is closed once", () => {
  const { link, sent } = makeLink("audio/x-alaw");
  link.send({ type: "caller.play", payload: "/w==" });
  link.send({ type: "caller.mark", name: "v1" });
  link.close();
  link.close();
  // Mu-law 0xFF and A-law 0xD5 are both silence: ITU-T G.711, tables 1a and 2a.
  assertEquals(sent, [
    '{"event":"media","streamSid":"MZ1","media":{"payload":"1Q=="}}',
    '{"event":"mark","streamSid":"MZ1","mark":{"name":"v1"}}',
    "close",
  ]);
});
