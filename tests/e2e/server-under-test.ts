// The real server on a free loopback port, for end-to-end tests. They can wait for its log lines, and bring their own
// model and store.

import { connect, type Socket } from "node:net";
import * as platform from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import type { LogFields, LogLevel } from "../../src/call/effects.ts";
import type { Log, ModelDialler, RecordStore } from "../../src/call/ports.ts";
import type { Config } from "../../src/config/config.ts";
import { type SignedParams, signRequest } from "../../src/protocol/signature.ts";
import { type RunningVoice, type StartVoiceOptions, startVoice } from "../../src/server/start.ts";
import { agentsWith, sentences } from "../server/fakes.ts";

/** The Auth Token of {@link testConfig}. */
export const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";

export interface Line {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A server that runs until `stop`. */
export interface ServerUnderTest {
  readonly voice: RunningVoice;
  readonly origin: string;
  readonly lines: readonly Line[];
  /** Resolves with the first line of this event, past or future. */
  line(event: string): Promise<Line>;
  /** Sends a signed webhook. */
  post(path: string, params: SignedParams): Promise<Response>;
  stop(): Promise<void>;
}

/** Never answers and never fails. */
export const silentDialler: ModelDialler = { name: "a silent model", dial: () => ({ send: () => {}, close: () => {} }) };
const noStore: RecordStore = { save: () => {} };

export const testConfig: Config = {
  host: "127.0.0.1",
  port: 0,
  publicUrl: undefined,
  twilioAuthToken: AUTH_TOKEN,
  accountSid: undefined,
  phoneNumber: undefined,
  allowUnsigned: false,
  directStream: false,
  agentsFile: undefined,
  stateFolder: undefined,
  consoleAccess: "local",
  agents: agentsWith({ type: "builtIn" }),
  sentences,
  language: "en-US",
  drainMs: 1_000,
  transferTo: undefined,
  alertUrl: undefined,
  busy: "say",
  maxCalls: 10,
  maxMemoryMb: undefined,
  recordsFile: undefined,
  metricsListen: undefined,
  metricsToken: undefined,
  traces: undefined,
  colors: false,
  logFormat: "json",
  logLevel: "debug",
  secrets: [AUTH_TOKEN],
  systemd: { notifySocket: undefined, watchdogUsec: undefined },
  envFileIgnored: false,
};

export function startServer(more: Partial<StartVoiceOptions> & { readonly settings?: Partial<Config> } = {}): ServerUnderTest {
  const lines: Line[] = [];
  const waiters = new Set<(line: Line) => void>();
  const log: Log = (level, event, fields) => {
    const line = { level, event, fields };
    lines.push(line);
    for (const waiter of waiters) waiter(line);
  };
  const { settings, ...options } = more;
  const parts = { platform, clock: realClock(), log, store: noStore, diallerFor: () => silentDialler, ...options };
  const voice = startVoice({ ...parts, config: { ...testConfig, ...settings } });
  const origin = `http://127.0.0.1:${voice.port}`;
  return {
    voice,
    origin,
    lines,
    line(event) {
      const known = lines.find((line) => line.event === event);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const waiter = (line: Line): void => {
          if (line.event !== event) return;
          waiters.delete(waiter);
          resolve(line);
        };
        waiters.add(waiter);
      });
    },
    post(path, params) {
      const headers = { "x-twilio-signature": signRequest(AUTH_TOKEN, `${origin}${path}`, params) };
      return fetch(`${origin}${path}`, { method: "POST", headers, body: new URLSearchParams(params as Record<string, string>) });
    },
    stop: () => voice.stop(),
  };
}

/** A TCP connection to the server, for requests that no client library sends. */
export interface RawConnection {
  readonly socket: Socket;
  /** Resolves with everything received once it contains `text`. Rejects when the connection ends before. */
  until(text: string): Promise<string>;
  /** Resolves with everything received, when the server has closed. */
  readonly closed: Promise<string>;
}

/** Connects and sends `text`. */
export function rawConnection(port: number, text: string): RawConnection {
  let received = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  socket.setEncoding("latin1");
  socket.on("error", () => {});
  const closed = new Promise<string>((resolve) => void socket.on("close", () => resolve(received)));
  socket.on("data", (data) => {
    received += data;
  });
  return {
    socket,
    closed,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (received.includes(wanted) && resolve(received));
        socket.on("data", look);
        socket.on("close", () => reject(new Error(`closed before ${JSON.stringify(wanted)}: ${received.slice(0, 300)}`)));
        look();
      }),
  };
}

/** The upgrade as Twilio sends it, with the key of RFC 6455 section 1.3. */
export function upgradeRequest(port: number, ...more: readonly string[]): string {
  const headers = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"];
  return ["GET /twilio/realtime HTTP/1.1", `Host: 127.0.0.1:${port}`, ...headers, ...more, "", ""].join("\r\n");
}
