// The model's side of --model-port: a Realtime server for the target to dial instead of OpenAI's, in the meter's own
// process, so that one clock measures the way to the model and back. What a session does is the simulator's
// (simulators/openai); this file looks at the audio on its way. Any key is accepted.

import type { Clock } from "../../call/ports.ts";
import type { AcceptedSocket, Listening, Platform, SocketListener } from "../../platform/seam.ts";
import { decodeBase64 } from "../../simulators/openai/decode-base64.ts";
import { openSession, type SessionStep, stepSession } from "../../simulators/openai/realtime-session.ts";
import type { SessionState } from "../../simulators/openai/session-state.ts";
import { LabelReader } from "../measure/fingerprint.ts";
import type { Measurements } from "../measure/measurements.ts";
import type { FrameRegistry } from "../wire/frame-registry.ts";
import { loadBrain, REPLY_STRIDE } from "./load-brain.ts";

/** A second of PCM at 24 kHz in base64 takes 64 kB. */
const MAX_MESSAGE_BYTES = 1_048_576;
/** More connections at once are refused: a target opens one or two for each call. */
const MAX_CONNECTIONS = 8_000;
const APPEND = '"input_audio_buffer.append"';
const DELTA = '"response.output_audio.delta"';

export interface ModelServer {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Replaces where the numbers of the next calls go. */
  measureInto(measurements: Measurements): void;
  stop(): Promise<void>;
}

export interface ModelServerOptions {
  readonly platform: Pick<Platform, "listen">;
  readonly clock: Clock;
  readonly registry: FrameRegistry;
  readonly hostname: string;
  readonly port: number;
  readonly measurements: Measurements;
}

/** Throws when it cannot listen. */
export function startModelServer(options: ModelServerOptions): ModelServer {
  let { measurements } = options;
  let connections = 0;
  let open = 0;
  const listening: Listening = options.platform.listen({
    hostname: options.hostname,
    port: options.port,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    fetch(request, connection) {
      if (open >= MAX_CONNECTIONS) return new Response("", { status: 503 });
      const model = new URL(request.url).searchParams.get("model") ?? "load";
      const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
      const session = new ModelSession(options, model, connections, () => measurements);
      const listener: SocketListener = {
        opened(socket) {
          connections += 1;
          open += 1;
          session.open(socket);
        },
        text: (text) => session.take(text),
        binary: () => session.close(),
        pong: () => {},
        closed() {
          open -= 1;
          session.end();
        },
      };
      const upgraded = connection.upgrade(offered.includes("realtime") ? "realtime" : undefined, {}, listener);
      return upgraded ?? new Response("expected a WebSocket handshake", { status: 426 });
    },
    failed: () => new Response("", { status: 500 }),
    threw: (error) => {
      throw error;
    },
  });
  return {
    port: listening.port,
    get connections() {
      return connections;
    },
    measureInto(next) {
      measurements = next;
    },
    stop: () => listening.stopNow(),
  };
}

/** One connection. A class because a socket has identity. */
class ModelSession {
  readonly #options: ModelServerOptions;
  readonly #model: string;
  readonly #seed: number;
  readonly #measurements: () => Measurements;
  readonly #heard = new LabelReader();
  readonly #said = new LabelReader();
  #socket: AcceptedSocket | undefined;
  #state: SessionState | undefined;
  /** The call whose audio arrives here: the first one. */
  #call: number | undefined;
  #stopTimer = (): void => {};

  constructor(options: ModelServerOptions, model: string, seed: number, measurements: () => Measurements) {
    this.#options = options;
    this.#model = model;
    this.#seed = seed;
    this.#measurements = measurements;
  }

  open(socket: AcceptedSocket): void {
    this.#socket = socket;
    this.#perform(openSession({ brain: loadBrain, model: this.#model, seed: this.#seed }, this.#options.clock.nowMs()));
  }

  take(text: string): void {
    const nowMs = this.#options.clock.nowMs();
    if (text.includes(APPEND)) this.#hear(text, nowMs);
    if (this.#state !== undefined) this.#perform(stepSession(this.#state, { type: "text", text, atMs: nowMs }));
  }

  close(): void {
    this.#socket?.close(1003, ""); // RFC 6455 section 7.4.1: text only
  }

  end(): void {
    this.#stopTimer();
    this.#state = undefined;
  }

  #perform(step: SessionStep): void {
    this.#state = step.state;
    const { clock } = this.#options;
    for (const output of step.outputs) {
      if (output.type === "send") {
        if (output.text.includes(DELTA)) this.#noteSaid(output.text, clock.nowMs());
        this.#socket?.sendText(output.text);
      } else if (output.type === "close") {
        this.#socket?.close(output.code, output.reason);
      } else {
        this.#stopTimer();
        this.#stopTimer = clock.after(output.atMs - clock.nowMs(), () => {
          if (this.#state !== undefined) this.#perform(stepSession(this.#state, { type: "woke", atMs: clock.nowMs() }));
        });
      }
    }
  }

  /** The caller's audio. Labels survive only if the session takes mu-law. */
  #hear(text: string, nowMs: number): void {
    const measurements = this.#measurements();
    for (const { side, call, frame } of this.#heard.push(audioOf(text, "audio"))) {
      if (side !== "caller") continue;
      this.#call ??= call;
      measurements.count("crosstalk", call === this.#call ? 0 : 1, 1);
      const arrival = this.#options.registry.of(call)?.toModel.arrived(frame, nowMs);
      if (arrival !== undefined && "latencyMs" in arrival) measurements.durations.to_model.record(arrival.latencyMs);
    }
  }

  #noteSaid(text: string, nowMs: number): void {
    for (const { side, call, frame, loud } of this.#said.push(audioOf(text, "delta"))) {
      if (side === "model") this.#options.registry.of(call)?.fromModel.sent(frame, Math.floor(frame / REPLY_STRIDE), loud, nowMs);
    }
  }
}

/** The audio of an event. Empty when there is none. */
function audioOf(text: string, field: "audio" | "delta"): Uint8Array {
  const base64 = new RegExp(`"${field}"\\s*:\\s*"([^"]*)"`).exec(text)?.[1] ?? "";
  return decodeBase64(base64.replaceAll("\\/", "/")) ?? new Uint8Array(0);
}
