// The simulator of OpenAI's Realtime API on a real WebSocket server, for the tests and the selftest. Each connection
// gets a session of its own and is recorded. What a session says is decided in simulators/openai; this file only checks
// path, key and model, and gives the HTTP answers that reject a handshake. Follows
// https://developers.openai.com/api/docs/guides/realtime-websocket

import type { Clock } from "../../call/ports.ts";
import type { AcceptedSocket, Connection, Platform, SocketListener } from "../../platform/seam.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { decodeBase64 } from "../openai/decode-base64.ts";
import { type HandshakeFault, handshakeFaults } from "../openai/faults.ts";
import { openSession, type SessionStep, stepSession } from "../openai/realtime-session.ts";
import type { SessionOptions, SessionState } from "../openai/session-state.ts";

/** Frames recorded per connection and direction. Later ones are only counted, in `frames`. */
export const MAX_RECORDED = 50_000;

/** The longest frame accepted: an `append` of 15 MiB in base64, and the event around it. */
const MAX_MESSAGE_BYTES = 21 * 1024 * 1024;

/** How the simulator behaves on one connection. */
export type ModelBehaviour = Omit<SessionOptions, "model" | "seed"> & {
  /** "unanswered": the connection is accepted, but the handshake is never answered. */
  readonly handshake?: HandshakeFault | "unanswered";
  /** Replaces, delays or drops a frame before it is sent: for behaviour outside the API's rules. */
  readonly tamper?: (frame: string, send: (frame: string) => void) => void;
};

/** A handshake as received. The first one has the number 0. */
export interface ModelHandshake {
  readonly number: number;
  readonly model: string;
  /** The `OpenAI-Safety-Identifier` header: one value per caller. */
  readonly safetyIdentifier: string | undefined;
  readonly headers: Headers;
}

/** `atMs`: when it was received or sent, in milliseconds since the Unix epoch. */
export interface RecordedFrame {
  readonly atMs: number;
  readonly text: string;
}

/** One connection, with a recording of its frames. */
export interface ModelConnection {
  readonly handshake: ModelHandshake;
  readonly received: readonly RecordedFrame[];
  readonly sent: readonly RecordedFrame[];
  /** All frames, recorded or not. */
  readonly frames: { readonly received: number; readonly sent: number };
  /** Undefined while the connection is open. */
  readonly ended: { readonly code: number; readonly reason: string } | undefined;
  /** All audio that the client appended, joined, byte for byte. */
  receivedAudio(): Uint8Array;
  /** Breaks the connection without a close frame. */
  drop(): void;
  /** Closes it normally, whatever the state of the session. */
  close(code: number, reason: string): void;
  /** Sends a frame that the session did not produce. */
  sendText(text: string): void;
  /** Stops reading and sending from now on. The connection stays open. */
  freeze(): void;
  /** Resolves to true as soon as the condition holds, to false if it does not hold within `withinMs`. */
  until(holds: (connection: ModelConnection) => boolean, withinMs: number): Promise<boolean>;
}

export interface ModelSimulator {
  /** ws://127.0.0.1:port/v1/realtime; a client adds ?model= */
  readonly url: string;
  /** Every handshake received, rejected ones included, in order. */
  handshakes(): readonly ModelHandshake[];
  /** Every connection opened, in order. */
  connections(): readonly ModelConnection[];
  /** As in ModelConnection, over all connections. */
  until(holds: (server: ModelSimulator) => boolean, withinMs: number): Promise<boolean>;
  /** Closes every connection and the port. */
  stop(): Promise<void>;
}

export interface ModelSimulatorOptions {
  readonly listen: Platform["listen"];
  readonly clock: Clock;
  /** The only key accepted. Undefined: any key. */
  readonly apiKey?: string;
  /** Called for each handshake that has a valid key. */
  behaviourFor(handshake: ModelHandshake): ModelBehaviour;
}

/** Starts the simulator on a free port of 127.0.0.1. */
export function startModelSimulator(options: ModelSimulatorOptions): ModelSimulator {
  const handshakes: ModelHandshake[] = [];
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
      if (model === null) return rejection("400");
      const handshake: ModelHandshake = {
        number: handshakes.length,
        model,
        safetyIdentifier: request.headers.get("openai-safety-identifier") ?? undefined,
        headers: new Headers(request.headers),
      };
      handshakes.push(handshake);
      watch.check();
      const offered = protocolsOf(request.headers);
      const key = keyOf(request.headers, offered);
      if (key === undefined || (options.apiKey !== undefined && key !== options.apiKey)) return rejection("401");
      const behaviour = options.behaviourFor(handshake);
      if (behaviour.handshake === "unanswered") return new Promise<Response>(() => {});
      if (behaviour.handshake !== undefined) return rejection(behaviour.handshake);
      const session = runSession(handshake, behaviour, options.clock, watch);
      return upgrade(connection, offered, {
        ...session.listener,
        opened(socket) {
          connections.push(session.connection);
          session.listener.opened(socket);
        },
      });
    },
    failed: (error) => new Response(String(error), { status: 500 }),
    threw: (error) => {
      throw error; // a bug in the simulator: the test that hits it must fail
    },
  });
  const server: ModelSimulator = {
    url: `ws://127.0.0.1:${listening.port}/v1/realtime`,
    handshakes: () => handshakes,
    connections: () => connections,
    until: (holds, withinMs) => watch.until(() => holds(server), withinMs),
    stop: () => listening.stopNow(),
  };
  return server;
}

function rejection(fault: HandshakeFault): Response {
  const { status, headers, body } = handshakeFaults[fault];
  return new Response(body, { status, headers });
}

function upgrade(connection: Connection, offered: readonly string[], listener: SocketListener): Response {
  // RFC 6455, 4.2.2: one of the offered subprotocols, or none. OpenAI's browser clients offer "realtime" and their key.
  const protocol = offered.includes("realtime") ? "realtime" : undefined;
  return connection.upgrade(protocol, {}, listener) ?? new Response("expected a WebSocket handshake", { status: 426 });
}

function protocolsOf(headers: Headers): readonly string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}

/** The API key: from the Authorization header, or from a subprotocol, because browsers cannot set headers. */
function keyOf(headers: Headers, offered: readonly string[]): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
  const insecure = "openai-insecure-api-key.";
  return bearer ?? offered.find((protocol) => protocol.startsWith(insecure))?.slice(insecure.length);
}

type FrameRecorder = Pick<ModelConnection, "received" | "sent" | "frames"> & {
  record(direction: "received" | "sent", text: string): void;
};

function createFrameRecorder(clock: Clock): FrameRecorder {
  const recorded = { received: [] as RecordedFrame[], sent: [] as RecordedFrame[] };
  const frames = { received: 0, sent: 0 };
  return {
    ...recorded,
    frames,
    record(direction, text) {
      frames[direction] += 1;
      if (recorded[direction].length < MAX_RECORDED) recorded[direction].push({ atMs: clock.nowMs(), text });
    },
  };
}

/** Runs one session on a socket: performs the outputs of the state machine, arms its timer, records the frames. */
function runSession(handshake: ModelHandshake, behaviour: ModelBehaviour, clock: Clock, watch: Watch) {
  const { record, ...recorded } = createFrameRecorder(clock);
  let ended: ModelConnection["ended"];
  let socket: AcceptedSocket | undefined;
  let state: SessionState | undefined;
  let stopTimer = () => {};
  let frozen = false;
  const sendText = (text: string) => {
    if (frozen || ended !== undefined) return;
    record("sent", text);
    socket?.sendText(text);
  };
  const perform = (step: SessionStep) => {
    state = step.state;
    for (const output of step.outputs) {
      if (output.type === "send") {
        if (behaviour.tamper === undefined) sendText(output.text);
        else behaviour.tamper(output.text, sendText);
      } else if (output.type === "wake") {
        stopTimer();
        stopTimer = clock.after(output.atMs - clock.nowMs(), () => take({ type: "woke", atMs: clock.nowMs() }));
      } else if (output.code === 1006) socket?.terminate();
      else socket?.close(output.code, output.reason);
    }
    watch.check();
  };
  const take = (input: Parameters<typeof stepSession>[1]) => {
    if (state !== undefined && ended === undefined && !frozen) perform(stepSession(state, input));
  };
  const connection: ModelConnection = {
    handshake,
    ...recorded,
    get ended() {
      return ended;
    },
    receivedAudio: () => appendedAudio(recorded.received),
    drop: () => socket?.terminate(),
    close: (code, reason) => socket?.close(code, reason),
    sendText,
    freeze() {
      frozen = true;
      stopTimer();
    },
    until: (holds, withinMs) => watch.until(() => holds(connection), withinMs),
  };
  const listener: SocketListener = {
    opened(opened) {
      socket = opened;
      perform(openSession(sessionOf(handshake, behaviour), clock.nowMs()));
    },
    text(text) {
      record("received", text);
      take({ type: "text", text, atMs: clock.nowMs() });
      watch.check();
    },
    binary: () => socket?.close(1003, ""), // RFC 6455, 7.4.1: the API accepts text frames only
    pong: () => {},
    closed(code, reason) {
      stopTimer();
      ended = { code, reason };
      watch.check();
    },
  };
  return { connection, listener };
}

function sessionOf(handshake: ModelHandshake, behaviour: ModelBehaviour): SessionOptions {
  // Since the beta was shut down, this header always gets the error (developers.openai.com/api/docs/deprecations).
  const beta = handshake.headers.has("openai-beta") ? (["beta-disabled"] as const) : [];
  return { ...behaviour, faults: [...(behaviour.faults ?? []), ...beta], model: handshake.model, seed: handshake.number };
}

/** Conditions that callers of `until` wait for. `check` tests them all, after every change. */
interface Watch {
  check(): void;
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
}

function createWatch(clock: Clock): Watch {
  const waiting = new Set<() => void>();
  return {
    check() {
      for (const settleIfHeld of waiting) settleIfHeld();
    },
    until(holds, withinMs) {
      return new Promise((resolve) => {
        const settle = (held: boolean) => {
          waiting.delete(settleIfHeld);
          stopTimer();
          resolve(held);
        };
        const stopTimer = clock.after(withinMs, () => settle(holds()));
        const settleIfHeld = () => {
          if (holds()) settle(true);
        };
        waiting.add(settleIfHeld);
        settleIfHeld();
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
