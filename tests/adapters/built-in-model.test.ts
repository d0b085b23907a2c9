// The built-in agent as a call sees it: frames in order, never delivered inside our own call, and nothing after the
// end.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { promptAudio } from "../../src/simulators/openai/brains/prompts/prompts.ts";
import { audioOf, type Event, loud, pcmu, silence } from "../simulators/openai/client.ts";
import { manualClock } from "../support/manual-clock.ts";

/** Dials, and keeps what arrives, in order. `settle` waits for everything sent so far. */
function dial() {
  const clock = manualClock();
  const came: Event[] = [];
  const port = builtInModel(clock).dial("CA1", "hash", {
    opened: () => came.push({ type: "opened" }),
    text: (text) => came.push(JSON.parse(text)),
    closed: (end) => came.push({ type: "closed", ...end }),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const send = (event: Event) => port.send(JSON.stringify(event));
  const say = (audio: Uint8Array) => {
    for (let at = 0; at < audio.length; at += 160) {
      send({ type: "input_audio_buffer.append", audio: audio.subarray(at, at + 160).toBase64() });
      clock.advance(20);
    }
  };
  return { clock, came, port, settle, send, say };
}

test("dial: nothing arrives before it returns; then opened, then session.created", async () => {
  const { came, settle } = dial();
  assertEquals(came, []);
  await settle();
  assertEquals(
    came.map((event) => event.type),
    ["opened", "session.created"],
  );
});

test("dial: it greets, repeats the caller's turn byte for byte, and ends once", async () => {
  const { clock, came, port, settle, send, say } = dial();
  send(pcmu());
  send({ type: "response.create" });
  clock.advance(5000);
  await settle();
  assertEquals(audioOf(came), promptAudio("greeting"));
  const before = came.length;
  const turn = loud(900);
  say(turn);
  say(silence(500));
  clock.advance(5000);
  await settle();
  const repeated = audioOf(came.slice(before));
  assertEquals(repeated.subarray(0, turn.length), turn);
  port.close();
  port.close();
  send({ type: "response.create" });
  await settle();
  assertEquals(
    came.filter((event) => event.type === "closed"),
    [{ type: "closed", code: 1000, reason: "", httpStatus: undefined, failure: undefined }],
  );
  assertEquals(came.at(-1)?.type, "closed");
  assertEquals(clock.pending, 0);
});

test("dial: a listener that answers at once is not called inside its own answer", async () => {
  const clock = manualClock();
  let depth = 0;
  let deepest = 0;
  let came = 0;
  const port = builtInModel(clock).dial("CA1", "hash", {
    opened() {},
    text() {
      depth += 1;
      deepest = Math.max(deepest, depth);
      if (came++ < 5) port.send(JSON.stringify({ type: "conversation.item.retrieve", item_id: "none" }));
      depth -= 1;
    },
    closed() {},
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  assertEquals([deepest, came], [1, 6]);
  port.close();
});

test("dial: two calls have sessions of their own", async () => {
  const clock = manualClock();
  const model = builtInModel(clock);
  const ids: string[] = [];
  for (const callSid of ["CA1", "CA2"]) {
    const text = (frame: string) => void ids.push(JSON.parse(frame).session.id);
    model.dial(callSid, "hash", { opened() {}, text, closed() {} });
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
  assertEquals(new Set(ids).size, 2);
  assert(model.name.includes("built-in"));
});
