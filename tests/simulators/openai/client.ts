// A test client of the Realtime session's state machine, in virtual time: sends events, moves the time, records the
// events received, and answers `wake` as a driver does.

import { assertEquals } from "@std/assert";
import { type Brain, scriptedBrain, spokenReply } from "../../../src/simulators/openai/brains/brain.ts";
import { openSession, type SessionInput, type SessionOutput, stepSession } from "../../../src/simulators/openai/realtime-session.ts";
import type { SessionOptions, SessionState } from "../../../src/simulators/openai/session-state.ts";

/** A parsed event, untyped so that tests can read any field. */
export type Event = ReturnType<typeof JSON.parse>;

/** When every test begins. */
export const startMs = Date.UTC(2026, 10, 23);

/** Audio in which every byte differs from the one before. Another `from` gives different audio. */
export function mulaw(ms: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, index) => (from + index * 7) & 0xff);
}

/** Audio as loud as speech. */
export const loud = (ms: number): Uint8Array => Uint8Array.from({ length: ms * 8 }, (_, index) => (index % 8 < 4 ? 0x90 : 0x10));

export const silence = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(0xff);

/** A reply of one second, with a transcript. */
export const oneSecond = spokenReply(mulaw(1000), "One two three four five six.");

export interface Client {
  readonly events: Event[];
  readonly closes: { readonly code: number; readonly reason: string }[];
  state: SessionState;
  nowMs: number;
  /** Sends an event, or raw text. Returns the immediate answer. */
  send(event: Event | string): Event[];
  /** Sends mu-law in 20 ms frames, without time passing. Returns the answers. */
  say(audio: Uint8Array): Event[];
  /** Lets time pass, with a `woke` for each `wake`. Returns the events received. */
  advance(ms: number): Event[];
}

export function open(options: Partial<SessionOptions> = {}): Client {
  let wakeAtMs = Number.POSITIVE_INFINITY;
  const first = openSession({ brain: scriptedBrain([oneSecond]), model: "gpt-realtime-2.1", seed: 7, ...options }, startMs);
  const client: Client = {
    events: [],
    closes: [],
    state: first.state,
    nowMs: startMs,
    send: (event) => step({ type: "text", text: typeof event === "string" ? event : JSON.stringify(event), atMs: client.nowMs }),
    say(audio) {
      const received: Event[] = [];
      for (let at = 0; at < audio.length; at += 160) {
        received.push(...client.send({ type: "input_audio_buffer.append", audio: audio.subarray(at, at + 160).toBase64() }));
      }
      return received;
    },
    advance(ms) {
      const from = client.events.length;
      const untilMs = client.nowMs + ms;
      while (wakeAtMs <= untilMs) {
        client.nowMs = Math.max(client.nowMs, wakeAtMs);
        wakeAtMs = Number.POSITIVE_INFINITY;
        step({ type: "woke", atMs: client.nowMs });
      }
      client.nowMs = untilMs;
      return client.events.slice(from);
    },
  };
  const take = (outputs: readonly SessionOutput[]): Event[] => {
    const from = client.events.length;
    for (const output of outputs) {
      if (output.type === "send") client.events.push(JSON.parse(output.text));
      if (output.type === "close") client.closes.push({ code: output.code, reason: output.reason });
      if (output.type === "wake") wakeAtMs = output.atMs;
    }
    return client.events.slice(from);
  };
  const step = (input: SessionInput): Event[] => {
    const { state, outputs } = stepSession(client.state, input);
    client.state = state;
    return take(outputs);
  };
  take(first.outputs);
  return client;
}

/** A `session.update` to mu-law both ways, with additional fields of `audio.input` and of the session. */
export function pcmu(input: Event = {}, more: Event = {}): Event {
  return {
    type: "session.update",
    session: {
      type: "realtime",
      audio: { input: { format: { type: "audio/pcmu" }, ...input }, output: { format: { type: "audio/pcmu" } } },
      ...more,
    },
  };
}

/** Opens a session and configures it for mu-law. */
export function openPcmu(options: Partial<SessionOptions> = {}, input: Event = {}): Client {
  const client = open(options);
  client.send(pcmu(input));
  return client;
}

export const types = (events: readonly Event[]): string[] => events.map((event) => event.type);

/** The bytes of all audio deltas. */
export function audioOf(events: readonly Event[]): Uint8Array {
  const pieces = events.filter((event) => event.type === "response.output_audio.delta").map((event) => Uint8Array.fromBase64(event.delta));
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** A brain that records its requests. */
export function recordingBrain(brain: Brain): Brain & { readonly requests: Parameters<Brain["reply"]>[0][] } {
  const requests: Parameters<Brain["reply"]>[0][] = [];
  return {
    requests,
    reply(request) {
      requests.push(request);
      return brain.reply(request);
    },
    transcribe: brain.transcribe,
  };
}

/** The only event of a list. Fails if there is not exactly one. */
export function only(events: readonly Event[]): Event {
  assertEquals(events.length, 1, `expected one event, got: ${types(events).join(", ")}`);
  return events[0];
}
