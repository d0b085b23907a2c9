// The caller on a stream, in virtual time: what it sends when, and how it reacts to messages.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { playedBytes } from "../../../src/simulators/twilio/heard-audio.ts";
import { callerDueMs, callerHeard, stepStreamCaller } from "../../../src/simulators/twilio/stream-caller.ts";
import type {
  StreamCaller,
  StreamCallerInput,
  StreamCallerNote,
  StreamCallerOptions,
} from "../../../src/simulators/twilio/stream-caller-state.ts";
import { createStreamCaller } from "../../../src/simulators/twilio/stream-caller-state.ts";

const options: StreamCallerOptions = { accountSid: "AC1", callSid: "CA1", streamSid: "MZ1", customParameters: { token: "t" } };

/** A message as sent, with the fields that the tests read. */
interface Wire {
  readonly event: string;
  readonly sequenceNumber: string;
  readonly media: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
  readonly mark: { readonly name: string };
}

interface Line {
  readonly caller: StreamCaller;
  readonly sent: readonly Wire[];
  readonly notes: readonly StreamCallerNote[];
  readonly closes: number;
}

/** Opens the stream at 1000 ms, then takes the inputs, then a last `woke` at `untilMs`. */
function run(inputs: readonly StreamCallerInput[], untilMs: number, more: Partial<StreamCallerOptions> = {}): Line {
  let caller = createStreamCaller({ ...options, ...more });
  const sent: Wire[] = [];
  const notes: StreamCallerNote[] = [];
  let closes = 0;
  for (const input of [{ type: "opened", atMs: 1000 } as const, ...inputs, { type: "woke", atMs: untilMs } as const]) {
    const step = stepStreamCaller(caller, input);
    caller = step.caller;
    for (const output of step.outputs) {
      if (output.type === "text") sent.push(JSON.parse(output.text));
      else if (output.type === "note") notes.push(output.note);
      else closes += 1;
    }
  }
  return { caller, sent, notes, closes };
}

const toTwilio = (atMs: number, message: object): StreamCallerInput => ({
  type: "text",
  atMs,
  text: JSON.stringify({ streamSid: "MZ1", ...message }),
});
const media = (atMs: number, ms: number): StreamCallerInput =>
  toTwilio(atMs, { event: "media", media: { payload: new Uint8Array(ms * 8).fill(5).toBase64() } });
const mark = (atMs: number, name: string): StreamCallerInput => toTwilio(atMs, { event: "mark", mark: { name } });
const clear = (atMs: number): StreamCallerInput => toTwilio(atMs, { event: "clear" });
const events = (line: Line): string[] => line.sent.map(({ event }) => event);

test("stepStreamCaller: connected and start at once, then 160 bytes of silence every 20 ms, counters as strings", () => {
  const { sent } = run([], 1045);
  assertEquals<readonly object[]>(sent, [
    { event: "connected", protocol: "Call", version: "1.0.0" },
    {
      event: "start",
      sequenceNumber: "1",
      start: {
        accountSid: "AC1",
        streamSid: "MZ1",
        callSid: "CA1",
        tracks: ["inbound"],
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
        customParameters: { token: "t" },
      },
      streamSid: "MZ1",
    },
    ...[
      ["2", "1", "71"],
      ["3", "2", "91"],
    ].map(([sequenceNumber, chunk, timestamp]) => ({
      event: "media",
      sequenceNumber,
      media: { track: "inbound", chunk, timestamp, payload: new Uint8Array(160).fill(0xff).toBase64() },
      streamSid: "MZ1",
    })),
  ]);
});

test("stepStreamCaller: speech is sent unchanged, padded with silence, and its span is noted", () => {
  const speech = Uint8Array.from({ length: 410 }, (_, i) => i % 251);
  const line = run(
    [
      { type: "said", atMs: 1025, speech: speech.subarray(0, 200) },
      { type: "said", atMs: 1026, speech: speech.subarray(200) },
    ],
    1130,
  );
  const bytes = line.sent.slice(2).flatMap(({ media }) => [...Uint8Array.fromBase64(media["payload"])]);
  assertEquals(bytes.slice(160, 160 + 480), [...speech, ...Array(70).fill(0xff)]);
  assertEquals(line.notes, [{ type: "spoke", atMs: 1020, untilMs: 1080 }]);
});

test("stepStreamCaller: mute skips frames; the timestamp jumps, chunk and sequence do not", () => {
  const { sent, caller } = run([{ type: "muted", atMs: 1020, ms: 60 }], 1120);
  assertEquals(
    sent.slice(2).map(({ sequenceNumber, media }) => [sequenceNumber, media["chunk"], media["timestamp"]]),
    [
      ["2", "1", "71"],
      ["3", "2", "151"],
      ["4", "3", "171"],
    ],
  );
  assertEquals([caller.counts.framesSent, caller.counts.framesSkipped], [3, 3]);
});

test("stepStreamCaller: a lossy line skips every n-th frame", () => {
  assertEquals(
    run([], 1120, { loseEvery: 3 })
      .sent.slice(2)
      .map(({ media }) => media["timestamp"]),
    ["71", "91", "131", "151"],
  );
});

test("stepStreamCaller: after a stall over 5 s the oldest frames are skipped", () => {
  const { caller, sent } = run([], 61_000);
  assertEquals(caller.frame, 3000);
  assertEquals(sent.length - 2, 251);
});

const markCases: readonly (readonly [promise: string, inputs: readonly StreamCallerInput[], marks: readonly string[]])[] = [
  ["at once with nothing buffered", [mark(1000, "a")], ["a@1000"]],
  ["when the audio before it has been played, even if stepped late", [media(1000, 35), mark(1001, "a")], ["a@1020"]],
  ["all at once on clear", [media(1000, 500), mark(1000, "a"), media(1000, 500), mark(1000, "b"), clear(1010)], ["a@1000", "b@1000"]],
  ["never after hanging up", [media(1000, 100), mark(1000, "a"), { type: "hungUp", atMs: 1010 }], []],
];
for (const [promise, inputs, expected] of markCases) {
  test(`stepStreamCaller: a mark returns ${promise}`, () => {
    const { sent } = run(inputs, 1200);
    // The frames show the time: the mark follows the last frame sent before it.
    const marks = sent.flatMap((message, i) => {
      const frames = sent.slice(0, i).filter(({ event }) => event === "media").length;
      return message["event"] === "mark" ? [`${message["mark"]["name"]}@${1000 + frames * 20}`] : [];
    });
    assertEquals(marks, expected);
  });
}

test("stepStreamCaller: audio heard is kept and noted, cut off by a clear", () => {
  const { caller, notes } = run([media(1000, 30), media(1100, 500), clear(1250)], 1300);
  assertEquals(notes, [
    { type: "heard", atMs: 1000, untilMs: 1030, cleared: false },
    { type: "heard", atMs: 1100, untilMs: 1250, cleared: true },
  ]);
  assertEquals(playedBytes(callerHeard(caller, 1300)).length, 180 * 8);
});

const badCases: readonly (readonly [what: string, input: StreamCallerInput, code: 31931 | 31950 | 31951])[] = [
  ["binary", { type: "binary", atMs: 1001, bytes: 3 }, 31950],
  ["not JSON", { type: "text", atMs: 1001, text: "{" }, 31951],
  ["an unknown event", toTwilio(1001, { event: "say" }), 31951],
  ["an extra field", toTwilio(1001, { event: "clear", x: 1 }), 31951],
  ["another stream's SID", toTwilio(1001, { streamSid: "MZ2", event: "clear" }), 31951],
  ["over ten minutes of audio", media(1001, 600_001), 31931],
];
for (const [what, input, code] of badCases) {
  test(`stepStreamCaller: ${what} is warning ${code}, once, and the stream goes on`, () => {
    const line = run([input, input, mark(1002, "m")], 1010);
    const codes = line.notes.flatMap((note) => (note.type === "warning" ? [note.code] : []));
    assertEquals(codes, [code]);
    assertEquals(line.caller.phase, "streaming");
  });
}

test("stepStreamCaller: a key press is a dtmf message at once, with the documented track", () => {
  const { sent } = run([{ type: "pressed", atMs: 1005, digit: "5" }], 1010);
  assertEquals<object | undefined>(sent[2], {
    event: "dtmf",
    streamSid: "MZ1",
    sequenceNumber: "2",
    dtmf: { track: "inbound_track", digit: "5" },
  });
});

test("stepStreamCaller: hanging up sends stop, then closes, then nothing", () => {
  const line = run([media(1000, 500), { type: "hungUp", atMs: 1025 }, media(1030, 20), { type: "pressed", atMs: 1031, digit: "1" }], 1500);
  assertEquals(events(line), ["connected", "start", "media", "stop"]);
  assertEquals<object | undefined>(line.sent.at(-1), {
    event: "stop",
    sequenceNumber: "3",
    stop: { accountSid: "AC1", callSid: "CA1" },
    streamSid: "MZ1",
  });
  assertEquals([line.closes, line.caller.phase, line.caller.counts.lateReceived], [1, "stopped", 1]);
  assertEquals(line.notes, [{ type: "heard", atMs: 1000, untilMs: 1025, cleared: false }]);
});

test("stepStreamCaller: a closed socket ends everything", () => {
  const line = run([{ type: "closed", atMs: 1025 }, media(1030, 20)], 1500);
  assertEquals([events(line).length, line.caller.phase, callerDueMs(line.caller)], [3, "closed", undefined]);
});

test("callerDueMs: the next frame, or an earlier mark", () => {
  assertEquals(callerDueMs(createStreamCaller(options)), undefined);
  assertEquals(callerDueMs(run([], 1010).caller), 1020);
  assertEquals(callerDueMs(run([media(1000, 15), mark(1000, "a")], 1010).caller), 1015);
});
