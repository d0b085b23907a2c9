// Puts the double of OpenAI's Realtime API on a real WebSocket server, for the tests and the selftest: a session for each connection, all of it recorded.
// What a session says is peers/model's; here is only the door: path, key, model, and the answers that refuse a handshake.
// Follows https://developers.openai.com/api/docs/guides/realtime-websocket

import type { Clock } from "../../call/ports.ts";
import type { AcceptedSocket, Connection, Platform, SocketListener } from "../../platform/seam.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { decodeBase64 } from "../openai/base64.ts";
import { type HandshakeFault, handshakeFaults } from "../openai/faults.ts";
import { openSession, type SessionStep, stepSession } from "../openai/realtime-session.ts";
import type { SessionOptions, SessionState } from "../openai/session-state.ts";

/** The most frames that are kept of a connection, each way; later ones are counted in `frames` but not kept. */
export const MAX_RECORDED = 50_000;

/** The longest frame taken: an append of 15 MiB in base64, and its event. */
const MAX_MESSAGE_BYTES = 21 * 1024 * 1024;

/** How one connection is to be treated. */
export type ModelBehavior = Omit<SessionOptions, "model" | "seed"> & {
  /** "unanswered": the connection is taken and nothing ever comes back. */
  readonly handshake?: HandshakeFault | "unanswered";
  /** What goes out in place of a frame, now or later: for what no rule of the API's explains. */
  readonly tamper?: (frame: string, send: (frame: string) => void) => void;
};

/** A handshake as it came: the first dial has the number 0. */
export interface ModelHandshake {
  readonly number: number;
  readonly model: string;
  /** `OpenAI-Safety-Identifier`, which tells one caller's calls from another's. */
  readonly safetyIdentifier: string | undefined;
  readonly headers: Headers;
}

/** A frame, and when it came or went, in milliseconds since the Unix epoch. */
export interface RecordedFrame {
  readonly atMs: number;
  readonly text: string;
}

/** One connection and what was said on it. */
export interface ModelConnection {
  readonly dialled: ModelHandshake;
  readonly received: readonly RecordedFrame[];
  readonly sent: readonly RecordedFrame[];
  /** All frames, kept or not. */
  readonly frames: { readonly received: number; readonly sent: number };
  /** How it ended; undefined while it is open. */
  readonly ended: { readonly code: number; readonly reason: string } | undefined;
  /** All audio that was appended, joined, byte for byte. */
  heard(): Uint8Array;
  /** Breaks the connection without a close frame. */
  drop(): void;
  /** Closes it in order, whatever the session is at. */
  close(code: number, reason: string): void;
  /** Sends a frame that is not the session's. */
  say(text: string): void;
  /** From now on it neither hears nor says anything, and stays open. */
  freeze(): void;
  /** Resolves to true as soon as this holds, to false when it does not within so many milliseconds. */
  until(holds: (connection: ModelConnection) => boolean, withinMs: number): Promise<boolean>;
}

/** A running server. */
export interface ModelSimulator {
  /** ws://127.0.0.1:port/v1/realtime, to which a client adds ?model= */
  readonly url: string;
  /** Every handshake that came, refused ones too, in order. */
  dials(): readonly ModelHandshake[];
  /** Every connection that was opened, in order. */
  connections(): readonly ModelConnection[];
  /** As ModelConnection's, over all connections. */
  until(holds: (server: ModelSimulator) => boolean, withinMs: number): Promise<boolean>;
  /** Closes every connection and the port. */
  stop(): Promise<void>;
}

/** What a server needs of the world, and how it treats those who dial it. */
export interface ModelSimulatorOptions {
  readonly listen: Platform["listen"];
  readonly clock: Clock;
  /** The one key that is taken; undefined: any. */
  readonly apiKey?: string;
  /** Decides for each handshake, at once. */
  treat(dialled: ModelHandshake): ModelBehavior;
}

/** Starts a server on a free port of 127.0.0.1. */
export function startModelSimulator(options: ModelSimulatorOptions): ModelSimulator {
  const dials: ModelHandshake[] = [];
  const connections: ModelConnection[] = [];
  const watch = createWatch(options.clock);
  const listening = options.listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    fetch(request, connection) {
      const url = new URL(request.url);
      if (url.pathname !== "/v1/realtime") return new Response("", { status: 404 });
      const model = url.searchParams.get("model");
      if (model === null) return refused("400");
      const dialled: ModelHandshake = {
        number: dials.length,
        model,
        safetyIdentifier: request.headers.get("openai-safety-identifier") ?? undefined,
        headers: new Headers(request.headers),
      };
      dials.push(dialled);
      watch.look();
      const offered = protocolsOf(request.headers);
      const key = keyOf(request.headers, offered);
      if (key === undefined || (options.apiKey !== undefined && key !== options.apiKey)) return refused("401");
      const treatment = options.treat(dialled);
      if (treatment.handshake === "unanswered") return new Promise<Response>(() => {});
      if (treatment.handshake !== undefined) return refused(treatment.handshake);
      const { record, listener } = converse(dialled, treatment, options.clock, watch);
      return upgrade(connection, offered, {
        ...listener,
        opened(socket) {
          connections.push(record);
          listener.opened(socket);
        },
      });
    },
    failed: (error) => new Response(String(error), { status: 500 }),
    threw: (error) => {
      throw error; // a mistake of the double's own: the test that it happens to is to fail
    },
  });
  const server: ModelSimulator = {
    url: `ws://127.0.0.1:${listening.port}/v1/realtime`,
    dials: () => dials,
    connections: () => connections,
    until: (holds, withinMs) => watch.until(() => holds(server), withinMs),
    stop: () => listening.stopNow(),
  };
  return server;
}

function refused(fault: HandshakeFault): Response {
  const { status, headers, body } = handshakeFaults[fault];
  return new Response(body, { status, headers });
}

function upgrade(connection: Connection, offered: readonly string[], listener: SocketListener): Response {
  // RFC 6455, 4.2.2: one of those offered or none. OpenAI's browser clients offer "realtime" and their key.
  const protocol = offered.includes("realtime") ? "realtime" : undefined;
  return connection.upgrade(protocol, {}, listener) ?? new Response("expected a WebSocket handshake", { status: 426 });
}

function protocolsOf(headers: Headers): readonly string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}

/** The key, from the header or, as browsers have to, from a sub-protocol. */
function keyOf(headers: Headers, offered: readonly string[]): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
  const insecure = "openai-insecure-api-key.";
  return bearer ?? offered.find((protocol) => protocol.startsWith(insecure))?.slice(insecure.length);
}

/** What was said on a connection. */
type Kept = Pick<ModelConnection, "received" | "sent" | "frames"> & { keep(way: "received" | "sent", text: string): void };

function keepFrames(clock: Clock): Kept {
  const kept = { received: [] as RecordedFrame[], sent: [] as RecordedFrame[] };
  const frames = { received: 0, sent: 0 };
  return {
    ...kept,
    frames,
    keep(way, text) {
      frames[way] += 1;
      if (kept[way].length < MAX_RECORDED) kept[way].push({ atMs: clock.nowMs(), text });
    },
  };
}

/** A session on a socket: the state machine's outputs performed, its wakes armed, its frames kept. */
function converse(dialled: ModelHandshake, treatment: ModelBehavior, clock: Clock, watch: Watch) {
  const { keep, ...kept } = keepFrames(clock);
  let ended: ModelConnection["ended"];
  let socket: AcceptedSocket | undefined;
  let state: SessionState | undefined;
  let callOffWake = () => {};
  let frozen = false;
  const say = (text: string) => {
    if (frozen || ended !== undefined) return;
    keep("sent", text);
    socket?.sendText(text);
  };
  const perform = (step: SessionStep) => {
    state = step.state;
    for (const output of step.outputs) {
      if (output.type === "send") {
        if (treatment.tamper === undefined) say(output.text);
        else treatment.tamper(output.text, say);
      } else if (output.type === "wake") {
        callOffWake();
        callOffWake = clock.after(output.atMs - clock.nowMs(), () => take({ type: "woke", atMs: clock.nowMs() }));
      } else if (output.code === 1006) socket?.terminate();
      else socket?.close(output.code, output.reason);
    }
    watch.look();
  };
  const take = (input: Parameters<typeof stepSession>[1]) => {
    if (state !== undefined && ended === undefined && !frozen) perform(stepSession(state, input));
  };
  const record: ModelConnection = {
    dialled,
    ...kept,
    get ended() {
      return ended;
    },
    heard: () => appendedAudio(kept.received),
    drop: () => socket?.terminate(),
    close: (code, reason) => socket?.close(code, reason),
    say,
    freeze() {
      frozen = true;
      callOffWake();
    },
    until: (holds, withinMs) => watch.until(() => holds(record), withinMs),
  };
  const listener: SocketListener = {
    opened(opened) {
      socket = opened;
      perform(openSession(sessionOf(dialled, treatment), clock.nowMs()));
    },
    text(text) {
      keep("received", text);
      take({ type: "text", text, atMs: clock.nowMs() });
      watch.look();
    },
    binary: () => socket?.close(1003, ""), // RFC 6455, 7.4.1: a kind of data that it does not take
    pong: () => {},
    closed(code, reason) {
      callOffWake();
      ended = { code, reason };
      watch.look();
    },
  };
  return { record, listener };
}

function sessionOf(dialled: ModelHandshake, treatment: ModelBehavior): SessionOptions {
  // Whoever sends this header gets nothing but this since the beta's end (developers.openai.com/api/docs/deprecations).
  const beta = dialled.headers.has("openai-beta") ? (["beta-shape"] as const) : [];
  return { ...treatment, faults: [...(treatment.faults ?? []), ...beta], model: dialled.model, seed: dialled.number };
}

/** Conditions that somebody waits for; they are looked at whenever something has happened. */
interface Watch {
  look(): void;
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
}

function createWatch(clock: Clock): Watch {
  const waiting = new Set<() => void>();
  return {
    look() {
      for (const check of waiting) check();
    },
    until(holds, withinMs) {
      return new Promise((resolve) => {
        const settle = (held: boolean) => {
          waiting.delete(check);
          callOff();
          resolve(held);
        };
        const callOff = clock.after(withinMs, () => settle(holds()));
        const check = () => {
          if (holds()) settle(true);
        };
        waiting.add(check);
        check();
      });
    },
  };
}

function appendedAudio(frames: readonly RecordedFrame[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { text } of frames) {
    if (!text.includes("input_audio_buffer.append")) continue;
    const event = JSON.parse(text) as { readonly audio?: unknown };
    pieces.push((typeof event.audio === "string" ? decodeBase64(event.audio) : undefined) ?? new Uint8Array(0));
  }
  return joinBytes(pieces);
}
