// The session as a whole: how it opens, when it asks to be woken, how it ends, and what holds for any input.

import { test } from "bun:test";
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import fc from "fast-check";
import { scriptedBrain } from "../../../src/simulators/openai/brains/brain.ts";
import { openSession, stepSession } from "../../../src/simulators/openai/realtime-session.ts";
import { checkProperty } from "../../support/properties.ts";
import { type Event, loud, oneSecond, only, open, openPcmu, silence, startMs } from "./client.ts";

test("openSession: session.created is sent at once, with every default", () => {
  const { events } = open();
  assertEquals(only(events), {
    event_id: "event_0000000700000001",
    type: "session.created",
    session: {
      id: "sess_0000000700000000",
      object: "realtime.session",
      type: "realtime",
      model: "gpt-realtime-2.1",
      output_modalities: ["audio"],
      instructions: "",
      tools: [],
      tool_choice: "auto",
      max_output_tokens: "inf",
      tracing: null,
      truncation: "auto",
      prompt: null,
      include: null,
      expires_at: startMs / 1000 + 3600,
      audio: {
        input: {
          format: { type: "audio/pcm", rate: 24_000 },
          transcription: null,
          noise_reduction: null,
          turn_detection: {
            type: "server_vad",
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            idle_timeout_ms: null,
            create_response: true,
            interrupt_response: true,
          },
        },
        output: { format: { type: "audio/pcm", rate: 24_000 }, voice: "alloy", speed: 1 },
      },
    },
  });
});

test("stepSession: after 60 minutes the session expires with an error and close 1001, then ignores input", () => {
  const client = openPcmu();
  client.advance(3_599_999);
  assertEquals(client.closes, []);
  const received = client.advance(1);
  assertObjectMatch(only(received).error, { code: "session_expired", message: "Your session hit the maximum duration of 60 minutes." });
  assertEquals(client.closes, [{ code: 1001, reason: "session_expired" }]);
  assertEquals(client.send({ type: "response.create" }), []);
});

test("stepSession: a new wake follows when the next due time changes, and after an early one", () => {
  const options = { brain: scriptedBrain([oneSecond]), model: "m", seed: 1, thinkMs: 100 };
  let { state, outputs } = openSession(options, 0);
  assertEquals(outputs.at(-1), { type: "wake", atMs: 3_600_000 });
  const step = (input: Parameters<typeof stepSession>[1]) => {
    ({ state, outputs } = stepSession(state, input));
    return outputs;
  };
  assertEquals(step({ type: "text", text: '{"type":"response.create"}', atMs: 10 }).at(-1), { type: "wake", atMs: 110 });
  assertEquals(step({ type: "woke", atMs: 109 }), [{ type: "wake", atMs: 110 }]);
  assertEquals(step({ type: "text", text: '{"type":"input_audio_buffer.clear"}', atMs: 109 }).length, 1);
});

test("stepSession: the same inputs give the same outputs", () => {
  const run = () => {
    const client = openPcmu();
    client.say(loud(300));
    client.say(silence(500));
    client.advance(3000);
    return client.events;
  };
  assertEquals(run(), run());
});

const itemId = fc.constantFrom("a", "b", "item_0000000700000002", "item_0000000700000003", "", "root");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const item = fc.oneof(
  fc.record({
    id: maybe(itemId),
    type: fc.constant("message"),
    role: fc.constantFrom("user", "assistant", "system"),
    content: fc.array(
      fc.record(
        { type: fc.constantFrom("input_text", "output_text", "input_audio"), text: fc.string(), audio: fc.constant("////") },
        { requiredKeys: ["type"] },
      ),
      { maxLength: 2 },
    ),
  }),
  fc.record({ type: fc.constant("function_call_output"), call_id: fc.string(), output: fc.string() }),
  fc.jsonValue(),
);
const turnDetection = fc.constantFrom(
  null,
  { type: "server_vad", silence_duration_ms: 40 },
  { type: "server_vad", create_response: false },
  { type: "semantic_vad", interrupt_response: false },
);
const format = fc.constantFrom({ type: "audio/pcmu" }, { type: "audio/pcma" }, { type: "audio/pcm", rate: 24_000 });
const clientEvent = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("input_audio_buffer.append"),
      audio: fc.constantFrom(loud(100).toBase64(), silence(200).toBase64(), silence(600).toBase64(), "////", "?"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("response.create"),
      response: maybe(
        fc.record(
          { conversation: fc.constantFrom("auto", "none"), output_modalities: fc.constantFrom(["audio"], ["text"]) },
          { requiredKeys: [] },
        ),
      ),
    }),
  },
  fc.record({
    type: fc.constantFrom("response.cancel", "input_audio_buffer.commit", "input_audio_buffer.clear", "nothing"),
    event_id: maybe(fc.string()),
  }),
  fc.tuple(format, format, turnDetection).map(([input, output, turn_detection]) => ({
    type: "session.update",
    session: { type: "realtime", audio: { input: { format: input, turn_detection }, output: { format: output } } },
  })),
  fc.record({ type: fc.constant("conversation.item.create"), item, previous_item_id: maybe(itemId) }),
  fc.record({ type: fc.constantFrom("conversation.item.retrieve", "conversation.item.delete"), item_id: itemId }),
  fc.record({
    type: fc.constant("conversation.item.truncate"),
    item_id: itemId,
    content_index: fc.constant(0),
    audio_end_ms: fc.nat(2000),
  }),
  fc.record({ type: fc.string(), session: fc.jsonValue() }, { requiredKeys: [] }),
  fc.jsonValue(),
);
const deed = fc.oneof(
  { weight: 3, arbitrary: clientEvent.map((event) => ({ send: event })) },
  { weight: 1, arbitrary: fc.nat(700).map((ms) => ({ advance: ms })) },
);
const reply = fc.constantFrom(
  oneSecond,
  { items: [], end: { type: "completed" } as const },
  { items: [...oneSecond.items, ...oneSecond.items], end: { type: "completed" } as const },
);

test("stepSession: for any input, nothing throws, event ids are unique, and each response ends once", () => {
  checkProperty(
    fc.property(
      fc.array(deed, { maxLength: 40 }),
      fc.array(reply, { minLength: 1, maxLength: 3 }),
      fc.nat(200),
      (deeds, replies, thinkMs) => {
        const client = open({ brain: scriptedBrain(replies), thinkMs });
        for (const one of deeds) {
          if ("send" in one) client.send(JSON.stringify(one.send) ?? "");
          else client.advance(one.advance);
        }
        client.advance(60_000);
        const ids = (type: string) =>
          client.events
            .filter((event) => event.type === type)
            .map((event) => event.response.id)
            .sort();
        assertEquals(ids("response.done"), ids("response.created"));
        assertEquals(new Set(ids("response.done")).size, ids("response.done").length);
        assertEquals(new Set(client.events.map((event) => event.event_id)).size, client.events.length);
        assertEquals(client.closes, []);
        checkItems(client.events);
      },
    ),
    { numRuns: 300 },
  );
});

/** Every item starts and finishes exactly once, and its audio comes in between. */
function checkItems(events: readonly Event[]): void {
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === "response.output_item.added") open.add(event.item.id);
    if (event.type === "response.output_audio.delta") assert(open.has(event.item_id), "audio of an item that is not open");
    if (event.type === "response.output_item.done") assert(open.delete(event.item.id), "an item ended that was not open");
  }
  assertEquals(open.size, 0);
}

test("stepSession: text that is not an event gets an error event and does not throw", () => {
  checkProperty(
    fc.property(fc.string(), (text) => {
      assertEquals(open().send(text)[0]?.type, "error");
    }),
  );
});
