// Fakes for the server's tests: a connection, a socket, a call, a log that keeps its lines. No network.

import { randomUUID } from "node:crypto";
import { assertEquals } from "@std/assert";
import type { Alert } from "../../src/adapters/webhooks/alert.ts";
import type { LogFields, LogLevel, Next, ScreenAnswer } from "../../src/call/effects.ts";
import type { EndReason } from "../../src/call/end-reason.ts";
import type { CallIdentity } from "../../src/call/events.ts";
import type { CallerPort, FrameCounts, Log, ObservedCall } from "../../src/call/ports.ts";
import type { AgentBook, ModelChoice } from "../../src/config/agents/agent.ts";
import { bookOfSettings } from "../../src/config/agents/default-agent.ts";
import type { Config } from "../../src/config/config.ts";
import type { AcceptedSocket, Connection, SocketListener } from "../../src/platform/seam.ts";
import type { FromTwilio } from "../../src/protocol/media-streams/media-streams.ts";
import { type SignedParams, signRequest } from "../../src/protocol/signature.ts";
import { Authenticator, type AuthSettings } from "../../src/server/auth/authenticator.ts";
import { CallRegistry, type RegisteredCall } from "../../src/server/calls/call-registry.ts";
import { LiveCalls } from "../../src/server/console/live-calls.ts";
import { makeApp } from "../../src/server/http/app.ts";
import { type HealthParts, makeHealth } from "../../src/server/http/health.ts";
import type { Scrape } from "../../src/server/http/metrics.ts";
import { type ConsoleParts, type LateConsole, lateConsole } from "../../src/server/late-console.ts";
import { type PendingLimits, PendingSockets, pendingLimits } from "../../src/server/stream/pending-sockets.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

export const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";
export const ACCOUNT_SID = `AC${"a".repeat(32)}`;
/** Every stream has the same: the server identifies a stream by its socket. */
export const STREAM_SID = `MZ${"b".repeat(32)}`;

export function callSidOf(n: number): string {
  return `CA${String(n).padStart(32, "0")}`;
}

/** A call as an observer gets it. */
export const observed = (identity: CallIdentity, atMs = 0): ObservedCall => ({
  identity,
  atMs,
  agent: "reception",
  model: { provider: "openai", model: "gpt-a", serverAddress: "api.example", serverPort: 8_443 },
});

export const noFrames: FrameCounts = { callerReceived: 0, callerSent: 0, modelReceived: 0, modelSent: 0, callerBad: 0, modelBad: 0 };

/** A call that does what the test wants, and records how it was called. */
export class FakeCall implements RegisteredCall {
  readonly identity: CallIdentity;
  readonly received: string[] = [];
  readonly ports: CallerPort[] = [];
  next: Next = { type: "say", sentence: "goodbye" };
  screen: ScreenAnswer = { type: "hangUp" };
  end: EndReason | undefined;
  /** Closes the socket during attach, as an ended call does. */
  closesAtOnce = false;
  frames: FrameCounts = noFrames;
  readonly #ended: () => void;

  constructor(identity: CallIdentity, ended: () => void) {
    this.identity = identity;
    this.#ended = ended;
  }

  get hasStream(): boolean {
    return this.ports.length > 0;
  }

  finish(by: EndReason["by"] = "caller"): void {
    this.end = { by, cause: by === "caller" ? "hangup" : "drained" };
    this.#ended();
  }

  decideScreen(leg: string, to: string, digits: string | undefined): ScreenAnswer {
    this.received.push(`decideScreen ${leg} ${to}${digits === undefined ? "" : ` digits ${digits}`}`);
    return this.screen;
  }

  requestStream(prewarm: boolean): void {
    this.received.push(prewarm ? "requestStream, prewarm" : "requestStream");
  }

  attach(port: CallerPort, start: Extract<FromTwilio, { type: "start" }>) {
    this.received.push(`attach ${start.streamSid}`);
    this.ports.push(port);
    if (this.closesAtOnce) port.close();
    return {
      message: (message: FromTwilio | { bad: string }) => void this.received.push("bad" in message ? "bad" : message.type),
      binary: (bytes: number) => void this.received.push(`binary ${bytes}`),
      closed: (code: number) => void this.received.push(`closed ${code}`),
    };
  }

  decideNext(callStatus: string, dialCallStatus: string | undefined): Next {
    this.received.push(`decideNext ${callStatus}${dialCallStatus === undefined ? "" : ` dial ${dialCallStatus}`}`);
    return this.next;
  }

  reportStatus(callStatus: string): void {
    this.received.push(`reportStatus ${callStatus}`);
  }

  hangUp(): void {
    this.received.push("hangUp");
  }

  drain(): void {
    this.received.push("drain");
  }
}

/** A socket without a connection. */
export interface FakeSocket extends AcceptedSocket {
  readonly sent: string[];
  closedWith: readonly [number, string] | undefined;
  terminated: boolean;
}

/** Reports our own close to `listener` at once, as Bun does. */
export function fakeSocket(listener: () => SocketListener | undefined): FakeSocket {
  const socket: FakeSocket = {
    sent: [],
    closedWith: undefined,
    terminated: false,
    sendText: (text) => socket.sent.push(text) > 0,
    batch: (work) => work(),
    close(code, reason) {
      if (socket.closedWith !== undefined) return;
      socket.closedWith = [code, reason];
      listener()?.closed(code, reason);
    },
    terminate() {
      socket.terminated = true;
    },
    ping: () => true,
    bufferedBytes: () => 0,
  };
  return socket;
}

/** A stream as the server sees it: the response, and both ends of the socket. */
export interface FakeStream {
  readonly response: Response;
  readonly protocol: string | undefined;
  /** Headers of the 101, except those of the handshake. */
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: FakeSocket;
  readonly listener: SocketListener;
}

export interface Line {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A whole server without a network. */
export interface Desk {
  readonly clock: ManualClock;
  readonly lines: Line[];
  readonly calls: CallRegistry;
  readonly auth: Authenticator;
  readonly pending: PendingSockets;
  readonly made: Map<string, FakeCall>;
  /** "cause CallSid" of each alert. */
  readonly alerts: string[];
  fetch(path: string, init?: RequestInit, peerAddress?: string): Promise<Response>;
  /** A signed POST of a form, as Twilio sends it to `origin`. */
  post(
    path: string,
    params: SignedParams,
    options?: { origin?: string; token?: string; headers?: Record<string, string>; peer?: string },
  ): Promise<Response>;
  stream(headers?: Record<string, string>, peerAddress?: string, query?: string): FakeStream;
  events(): string[];
}

const defaults: AuthSettings = { publicUrl: undefined, twilioAuthToken: AUTH_TOKEN, allowUnsigned: false, directStream: false };

export const sentences = {
  apology: "Apology.",
  goodbye: "Goodbye.",
  draining: "Draining.",
  misconfigured: "Misconfigured.",
  transferring: "Transferring.",
  busy: "Busy.",
};

/** Resident memory from which new calls are refused. */
export const MAX_MEMORY_BYTES = 1_000_000;

type AnswerSettings = Pick<Config, "transferTo" | "busy">;

/** One agent, with this model. */
export function agentsWith(model: ModelChoice, transcriptionModel: string | null = null): AgentBook {
  return bookOfSettings({ model, instructions: "Be brief.", greeting: "Greet.", voice: "marin", transcriptionModel });
}

interface ConsoleSetup {
  readonly consoleAccess?: Config["consoleAccess"];
  readonly stateFolder?: string;
  readonly live?: LiveCalls;
}

function consoleOf(
  { consoleAccess = "local", stateFolder, live = new LiveCalls() }: ConsoleSetup,
  parts: Omit<ConsoleParts, "access" | "consoleKey" | "config"> & { readonly config: Omit<ConsoleParts["config"], "stateFolder"> },
): LateConsole {
  return lateConsole(live, {
    ...parts,
    access: consoleAccess,
    consoleKey: () => new Uint8Array(32),
    config: { ...parts.config, stateFolder },
  });
}

/** `broken`: creating a driver throws, as a bug would. */
export function makeDesk(
  settings: Partial<AuthSettings> = {},
  more: {
    maxCalls?: number;
    residentBytes?: () => number;
    isOverBudget?: boolean;
    limits?: PendingLimits;
    broken?: boolean;
    agents?: AgentBook;
    spoken?: Partial<AnswerSettings>;
    metricsToken?: string;
    storedCalls?: HealthParts["storedCalls"];
  } & ConsoleSetup = {},
): Desk {
  const clock = manualClock();
  const lines: Line[] = [];
  const log: Log = (level, event, fields) => void lines.push({ level, event, fields });
  const made = new Map<string, FakeCall>();
  const alerts: string[] = [];
  const limits = {
    maxCalls: more.maxCalls ?? 10,
    maxMemoryBytes: MAX_MEMORY_BYTES,
    prewarmMs: 15_000,
    isOverBudget: () => more.isOverBudget === true,
  };
  const calls = new CallRegistry({ ...limits, residentBytes: more.residentBytes ?? (() => 0) }, clock, (identity, ended) => {
    if (more.broken) throw new Error("BUG: planted");
    const call = new FakeCall(identity, ended);
    made.set(identity.callSid, call);
    return call;
  });
  const authSettings = { ...defaults, ...settings };
  const auth = new Authenticator(authSettings, clock);
  const pending = new PendingSockets(clock, more.limits ?? pendingLimits);
  const spoken: AnswerSettings = { transferTo: undefined, busy: "say", ...more.spoken };
  const config = { publicUrl: authSettings.publicUrl, sentences, language: "en-US", ...spoken };
  const alert: Alert = (cause, _detail, callSid) => void alerts.push(`${cause} ${callSid}`);
  const instance = randomUUID();
  const agents = { book: more.agents ?? agentsWith({ type: "builtIn" }) };
  const health = makeHealth({ calls, agents, models: { skipped: [] }, storedCalls: more.storedCalls, runtimeVersion: "Test 1", instance });
  const scrape: Scrape = (accept) => Promise.resolve({ contentType: "text/plain", text: `scraped as ${accept}` });
  const { metricsToken } = more;
  const lateRoutes = consoleOf(more, { config: { ...config, ...authSettings }, auth, calls, agents, clock, log });
  const app = makeApp({
    console: lateRoutes.routes,
    config,
    auth,
    calls,
    agents,
    pending,
    clock,
    log,
    alert,
    instance,
    health,
    scrape,
    metricsToken,
  });
  const noUpgrade = (): undefined => undefined;
  const fetch = async (path: string, init: RequestInit = {}, peerAddress = "192.0.2.1"): Promise<Response> =>
    app.fetch(new Request(`http://localhost${path}`, init), { peerAddress, upgrade: noUpgrade });
  return {
    clock,
    lines,
    calls,
    auth,
    pending,
    made,
    alerts,
    fetch,
    post(path, params, { origin = "https://voice.example", token = AUTH_TOKEN, headers = {}, peer } = {}) {
      const signature = signRequest(token, `${origin}${path}`, params);
      const host = new URL(origin).host;
      const all = { host, "x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded", ...headers };
      return fetch(path, { method: "POST", headers: all, body: new URLSearchParams(params as Record<string, string>).toString() }, peer);
    },
    stream: (headers = {}, peerAddress = "192.0.2.1", query = "") => openFake(app, headers, peerAddress, query),
    events: () => lines.map(({ event }) => event),
  };
}

function openFake(app: ReturnType<typeof makeApp>, headers: Record<string, string>, peerAddress: string, query: string): FakeStream {
  let listener: SocketListener | undefined;
  let protocol: string | undefined;
  let answered: Readonly<Record<string, string>> = {};
  const connection: Connection = {
    peerAddress,
    upgrade(chosen, more, given) {
      protocol = chosen;
      answered = more;
      listener = given;
      return new Response(null);
    },
  };
  const response = app.fetch(
    new Request(`http://localhost/twilio/realtime${query}`, { headers: { host: "voice.example", ...headers } }),
    connection,
  );
  if (response instanceof Promise) throw new Error("the upgrade was not answered synchronously");
  if (listener === undefined) throw new Error("no upgrade");
  const socket = fakeSocket(() => listener);
  listener.opened(socket);
  return { response, protocol, headers: answered, socket, listener };
}

export function voiceForm(n: number, more: Record<string, string> = {}): Record<string, string> {
  const always = { CallSid: callSidOf(n), AccountSid: ACCOUNT_SID, From: "+15005550001", To: "+15005550006", CallStatus: "ringing" };
  return { ...always, ...more };
}

export function startText(
  n: number,
  token: string | undefined,
  more: { accountSid?: string; callSid?: string; pad?: string } = {},
): string {
  const { accountSid = ACCOUNT_SID, callSid = callSidOf(n), pad } = more;
  const customParameters = { ...(token === undefined ? {} : { token }), ...(pad === undefined ? {} : { pad }) };
  const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
  const start = { accountSid, streamSid: STREAM_SID, callSid, tracks: ["inbound"], mediaFormat, customParameters };
  return JSON.stringify({ event: "start", sequenceNumber: "1", start, streamSid: STREAM_SID });
}

export async function tokenIn(response: Response): Promise<string | undefined> {
  return /<Parameter name="token" value="([^"]*)"/.exec(await response.text())?.[1];
}

/** Sends the n-th call's webhook, and returns the token in the answer. */
export async function offer(desk: Desk, n: number): Promise<string> {
  const token = await tokenIn(await desk.post("/twilio/voice", voiceForm(n)));
  if (token === undefined) throw new Error("no token");
  return token;
}

/** Fails unless the stream was closed and logged with this reason, and is no longer pending. */
export function assertRejected(desk: Desk, { socket }: FakeStream, reason: string): void {
  assertEquals(socket.closedWith, [1008, reason]);
  assertEquals(desk.lines.at(-1)?.event, "stream.rejected");
  assertEquals(desk.lines.at(-1)?.fields.reason, reason);
  assertEquals(desk.pending.size, 0);
}
