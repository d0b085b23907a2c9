// What session.update changes and what it keeps. Its errors are in client-events.test.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { type Event, only, open, openPcmu, pcmu } from "../client.ts";

test("session.update: given fields are replaced, others stay, and the answer is the whole session", () => {
  const client = open();
  client.send(pcmu({}, { instructions: "Be brief." }));
  const update = { type: "realtime", audio: { input: { turn_detection: { type: "server_vad", silence_duration_ms: 200 } } } };
  const updated = only(client.send({ type: "session.update", event_id: "mine", session: update }));
  assertEquals(updated.type, "session.updated");
  assert(updated.event_id !== "mine", "the client's event_id is not echoed");
  assertObjectMatch(updated.session, {
    instructions: "Be brief.",
    model: "gpt-realtime-2.1",
    audio: {
      input: { format: { type: "audio/pcmu" }, turn_detection: { threshold: 0.5, silence_duration_ms: 200, interrupt_response: true } },
      output: { format: { type: "audio/pcmu" }, voice: "alloy" },
    },
  });
});

test("session.update: turn_detection stays null until another is given", () => {
  const client = openPcmu({}, { turn_detection: null });
  assertEquals(client.events.at(-1)?.session.audio.input.turn_detection, null);
  const updated = only(client.send(pcmu({ turn_detection: { type: "semantic_vad", eagerness: "high" } })));
  assertObjectMatch(updated.session.audio.input.turn_detection, { type: "semantic_vad", eagerness: "high", create_response: true });
});

test("session.update: once the assistant has spoken, only the same voice is accepted", () => {
  const client = openPcmu();
  client.send({ type: "response.create" });
  client.advance(2000);
  const voice = (name: string): Event => ({ type: "session.update", session: { type: "realtime", audio: { output: { voice: name } } } });
  assertEquals(only(client.send(voice("marin"))).error.code, "cannot_update_voice");
  assertEquals(only(client.send(voice("alloy"))).type, "session.updated");
});
