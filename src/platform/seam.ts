// The runtime's seam: what bun.ts and deno.ts both export, as types. Not what the world offers, only what voice needs of a runtime.

/** A WebSocket that somebody opened to us. Calls after the close do nothing. */
export interface AcceptedSocket {
  /** Sends a text frame; false when it was dropped (closed, or over the backpressure limit). */
  sendText(text: string): boolean;
  /** Starts the close; the listener's `closed` follows. */
  close(code: number, reason: string): void;
  /** Drops the connection without a close handshake where the runtime can, else closes. */
  terminate(): void;
  /** Sends a ping; false where the runtime does not let us: it then pings by itself, and drops a peer that does not answer (Deno). */
  ping(): boolean;
  /** Bytes accepted but not yet written to the network. */
  bufferedBytes(): number;
}

/** What happens on an accepted socket. The platform catches and reports what these throw: no socket takes the process down. */
export interface SocketListener {
  opened(socket: AcceptedSocket): void;
  text(text: string): void;
  binary(bytes: number): void;
  pong(): void;
  /** Once, last. `code` 1006 when the connection broke without a close frame. */
  closed(code: number, reason: string): void;
}

/** What a request handler gets beside the Request. */
export interface Connection {
  /** The peer's address without port, e.g. "127.0.0.1" or "::ffff:127.0.0.1"; "" when unknown. */
  readonly peerAddress: string;
  /**
   * Upgrades this request to a WebSocket, synchronously. `protocol` is the one subprotocol to send back, undefined for none; it must be one that was offered.
   * Returns the response to hand back, or undefined when the request is no WebSocket handshake that the runtime takes.
   */
  upgrade(protocol: string | undefined, headers: Readonly<Record<string, string>>, listener: SocketListener): Response | undefined;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  readonly hostname: string;
  /** Stops accepting (Deno cannot, and answers 503); open sockets go on. Resolves when the last one is closed. */
  stop(): Promise<void>;
  /** Stops accepting and closes every socket with 1001. */
  stopNow(): Promise<void>;
}

/** How to listen. `fetch` may answer synchronously, and must for an upgrade. */
export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** Longest WebSocket message taken, bytes; a longer one closes the socket with 1009. */
  readonly maxMessageBytes: number;
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
  /** What to answer when `fetch` threw all the same. */
  failed(error: unknown): Response;
  /** Told of what a socket's listener threw. */
  threw(error: unknown): void;
}

/** What a server said beside the status when it refused the handshake. */
export interface Refusal {
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, as text; 8 KiB at most. It may quote what we sent. */
  readonly body: string;
}

/** How a dialled WebSocket ended. `httpStatus` when the server answered the handshake with another status than 101. */
export interface DialEnd {
  readonly code: number;
  readonly reason: string;
  readonly httpStatus: number | undefined;
  /** The runtime's own words when there was no close frame: refused, DNS, TLS, ... */
  readonly failure: string | undefined;
  /** Beside `httpStatus`. */
  readonly refusal?: Refusal;
}

/** What happens on a WebSocket that we dialled. */
export interface DialListener {
  opened(): void;
  /** The handshake is refused, and why is being read; `closed` follows when that has been read, or after `terminate`. */
  refused?(): void;
  text(text: string): void;
  /** Once, last; also when it never opened. */
  closed(end: DialEnd): void;
}

/** A WebSocket that we dialled. */
export interface DialledSocket {
  /** Sends a text frame; does nothing before the opening and after the close. */
  sendText(text: string): void;
  /** Starts the close with 1000 or 3000-4999, or calls the dial off; the listener's `closed` follows. */
  close(code: number, reason: string): void;
  /** Drops the connection without a close handshake where the runtime can, else closes. */
  terminate(): void;
  bufferedBytes(): number;
}

/** What `#platform` exports: platform/bun.ts under Bun and compiled, platform/deno.ts under Deno (mapped in tsconfig.json and deno.json). */
export interface Platform {
  readonly runtime: "bun" | "deno";
  /** e.g. "Bun 1.4.5" */
  readonly runtimeVersion: string;
  listen(options: ListenOptions): Listening;
  /** Dials a ws:// or wss:// URL with these headers; no compression offered. Failures come by `listener.closed`, never by a throw. */
  dial(url: string, headers: Readonly<Record<string, string>>, listener: DialListener): DialledSocket;
  /** Calls back on each SIGTERM or SIGINT. */
  onSignal(callback: (signal: "SIGTERM" | "SIGINT") => void): void;
  /** Told of every uncaught exception and unhandled rejection; the process lives on. */
  onStray(callback: (error: unknown) => void): void;
  /** sd_notify(3): sends this state line to $NOTIFY_SOCKET's address; false where it cannot. */
  notifySystemd(socketPath: string, state: string): boolean;
}
