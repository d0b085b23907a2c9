// The seam between voice and its runtime: the types of what bun.ts and deno.ts both export, and one bound of both. It
// has only what voice needs.

/** A WebSocket that a client opened to us. Calls after the close do nothing. */
export interface AcceptedSocket {
  /** Sends a text frame; false when it was dropped (closed, or over the backpressure limit). */
  sendText(text: string): boolean;
  /** Runs `work`, which sends. What it sends goes out in order, in one write if the runtime can. */
  batch(work: () => void): void;
  /** Starts the closing handshake. The listener's `closed` follows. */
  close(code: number, reason: string): void;
  /** Drops the connection without a closing handshake. */
  terminate(): void;
  /** Sends a ping. The listener's `pong` follows if the peer answers. */
  ping(): void;
  /** Bytes accepted but not yet written to the network. */
  bufferedBytes(): number;
}

/**
 * Receives the events of an accepted socket. The platform catches and reports what these throw, so that no socket ends
 * the process.
 */
export interface SocketListener {
  opened(socket: AcceptedSocket): void;
  text(text: string): void;
  binary(bytes: number): void;
  pong(): void;
  /** Once, last. `code` 1006 when the connection broke without a close frame. */
  closed(code: number, reason: string): void;
}

/** Passed to a request handler with the Request. */
export interface Connection {
  /** The peer's address without port, e.g. "127.0.0.1" or "::ffff:127.0.0.1"; "" when unknown. */
  readonly peerAddress: string;
  /**
   * Upgrades this request to a WebSocket, synchronously. `protocol` is the subprotocol to select, one that was offered;
   * undefined for none. Returns the response to return from `fetch`, or undefined when the request is not a WebSocket
   * handshake that the runtime accepts.
   */
  upgrade(protocol: string | undefined, headers: Readonly<Record<string, string>>, listener: SocketListener): Response | undefined;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  readonly hostname: string;
  /** Stops accepting connections. Open sockets continue. Resolves when the last one has closed. */
  stop(): Promise<void>;
  /** Stops accepting connections, and closes every socket with 1001. */
  stopNow(): Promise<void>;
  /**
   * When open files run short, closes connections that have not sent a whole request. Returns how many. To be
   * called several times a second. Does nothing under Deno, where their number is limited when they arrive.
   */
  closeStalled(nowMs: number): number;
}

/**
 * `fetch` may answer synchronously, and must do so for an upgrade. Each answer closes its connection: idle ones
 * would use up the files that the process may have open.
 */
export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** A longer WebSocket message closes the socket with 1009. */
  readonly maxMessageBytes: number;
  /** How many files the process may have open; undefined when that is unknown. */
  readonly openFileLimit?: number | undefined;
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
  /** The response when `fetch` threw. */
  failed(error: unknown): Response;
  /** Receives what a socket's listener threw. */
  threw(error: unknown): void;
}

/** The response to a refused handshake, without its status. */
export interface RefusalResponse {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body as text, at most 8 KiB. It may quote what we sent. */
  readonly body: string;
}

/** How a dialled WebSocket ended. `httpStatus`: the server answered the handshake with a status other than 101. */
export interface DialEnd {
  readonly code: number;
  readonly reason: string;
  readonly httpStatus: number | undefined;
  /** The runtime's error message when there was no close frame: connection refused, DNS, TLS, ... */
  readonly failure: string | undefined;
  /** Present with `httpStatus`. */
  readonly refusal?: RefusalResponse;
}

export interface DialListener {
  opened(): void;
  /** The handshake was refused. `closed` follows when the response has been read, or after `terminate`. */
  refused?(): void;
  text(text: string): void;
  /** Once, last, also when the socket never opened. */
  closed(end: DialEnd): void;
}

/**
 * A dialled socket's longest message. A Realtime server sends a second of speech at a time, some 11,000 bytes. The
 * default of ws is 100 MiB.
 */
export const MAX_MESSAGE_BYTES = 4_194_304;

export interface DialledSocket {
  /** Sends a text frame. Does nothing unless the socket is open. */
  sendText(text: string): void;
  /** Starts the closing handshake (code 1000 or 3000-4999), or cancels the dial. The listener's `closed` follows. */
  close(code: number, reason: string): void;
  /** Drops the connection without a closing handshake if the runtime can, otherwise closes it. */
  terminate(): void;
  bufferedBytes(): number;
}

export type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

/**
 * The exports of `#platform`: platform/bun.ts under Bun and compiled, platform/deno.ts under Deno. Mapped in
 * package.json and deno.json; not in tsconfig.json, whose paths Bun applies to packages too, and OpenTelemetry's have
 * a `#platform` of their own.
 */
export interface Platform {
  readonly runtime: "bun" | "deno";
  /** e.g. "Bun 1.4.5" */
  readonly runtimeVersion: string;
  listen(options: ListenOptions): Listening;
  /**
   * Dials a ws:// or wss:// URL with these headers, without compression. Failures are reported by `listener.closed`; it
   * never throws.
   */
  dial(url: string, headers: Readonly<Record<string, string>>, listener: DialListener): DialledSocket;
  /** The callback replaces the runtime's own handling of these signals. */
  onSignal(callback: (signal: Signal) => void): void;
  /** Receives every uncaught exception and unhandled rejection, which then do not end the process. */
  onUncaught(callback: (error: unknown) => void): void;
  /** sd_notify(3): sends a state line to the socket named by $NOTIFY_SOCKET. False when it cannot. */
  notifySystemd(socketPath: string, state: string): boolean;
}
