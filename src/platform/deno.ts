// The seam under Deno: its node:http and the ws package, dialled sockets, signals. Not Deno.serve: that never closes a
// connection without a whole request, and stops accepting for good when the process may open no more files.
// Follows seam.ts. Tests in tests/platform pin what Deno does on the wire.

import { createServer, type IncomingMessage } from "node:http";
import process from "node:process";
import type { Duplex } from "node:stream";
import { type WebSocket as Socket, WebSocketServer } from "ws";
import { requestOf, sendOnSocket, sendResponse } from "./deno-http.ts";
import { dialSocket } from "./dial.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, Signal, SocketListener } from "./seam.ts";

export const runtime = "deno";
export const runtimeVersion: string = `Deno ${Deno.version.deno}`;

/** For a request's headers, and for the whole request: above BODY_TIMEOUT_MS (server/http/body.ts). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const CHECK_TIMEOUTS_MS = 1_000;
/** Unsent bytes for a peer that does not read. For the reason see bun.ts. */
const BACKPRESSURE_BYTES = 1_048_576;
/** The soft limit that Linux starts with: Deno cannot read the process's own. */
const USUAL_FILE_LIMIT = 1_024;
/** Of the files, for connections that are not WebSockets. For one more, the oldest is closed. */
const HTTP_SHARE = 1 / 4;
/** RFC 6455 4.1: 16 bytes in base64. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;
const WEBSOCKET_VERSION = "13";

/** The connection of an upgrade, which is no longer node:http's, and the first bytes after the request. */
interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function accepted(socket: Socket): AcceptedSocket {
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  return {
    sendText(text) {
      if (!isOpen() || socket.bufferedAmount > BACKPRESSURE_BYTES) return false;
      socket.send(text);
      return true;
    },
    batch: (work) => work(), // Deno writes each message at once
    close(code, reason) {
      if (isOpen()) socket.close(code, reason);
    },
    terminate: () => socket.terminate(),
    ping() {
      if (isOpen()) socket.ping();
    },
    bufferedBytes: () => socket.bufferedAmount,
  };
}

/** The WebSockets of one server. */
class Sockets {
  readonly #server: WebSocketServer;
  readonly #guarded: (work: () => void) => void;
  readonly #open = new Map<Socket, Duplex>();
  #protocol: string | undefined;
  #headers: Readonly<Record<string, string>> = {};
  #allGone = (): void => {};

  constructor(maxPayload: number, guarded: (work: () => void) => void) {
    this.#guarded = guarded;
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload,
      handleProtocols: () => this.#protocol ?? false,
    });
    this.#server.on(
      "headers",
      (lines: string[]) => void lines.push(...Object.entries(this.#headers).map(([name, value]) => `${name}: ${value}`)),
    );
  }

  /** Synchronous. False when the request is not a handshake (RFC 6455 4.2.1). */
  upgrade(
    request: IncomingMessage,
    { socket, head }: Upgrade,
    protocol: string | undefined,
    headers: Readonly<Record<string, string>>,
    listener: SocketListener,
  ): boolean {
    const { upgrade, "sec-websocket-key": key = "", "sec-websocket-version": version } = request.headers;
    const isHandshake = upgrade?.toLowerCase() === "websocket" && WEBSOCKET_KEY.test(key) && version === WEBSOCKET_VERSION;
    if (request.method !== "GET" || !isHandshake) return false;
    this.#protocol = protocol;
    this.#headers = headers;
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      this.#open.set(opened, socket);
      this.#listen(opened, listener);
    });
    return true;
  }

  #listen(socket: Socket, listener: SocketListener): void {
    this.#guarded(() => listener.opened(accepted(socket)));
    socket.on("message", (data: Buffer, isBinary) =>
      this.#guarded(() => (isBinary ? listener.binary(data.byteLength) : listener.text(data.toString()))),
    );
    socket.on("pong", () => this.#guarded(() => listener.pong()));
    socket.on("error", () => {}); // the close event follows
    socket.on("close", (code, reason) => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#allGone();
      this.#guarded(() => listener.closed(code, reason.toString()));
    });
  }

  /** Resolves when the last has closed. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      this.#allGone = resolve;
      if (this.#open.size === 0) resolve();
    });
  }

  closeAll(): void {
    for (const [socket, connection] of this.#open) {
      socket.close(1001, "Server closed");
      connection.end(() => socket.terminate());
    }
  }
}

/** Throws when it cannot listen (address in use, not permitted). */
export function listen(options: ListenOptions): Listening {
  /** A throw in a socket's callback would be an uncaught exception. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      options.threw(error);
    }
  };
  const { hostname, port } = probe(options);
  const sockets = new Sockets(options.maxMessageBytes, guarded);
  const answer = async (message: IncomingMessage, upgrade?: Upgrade): Promise<Response | undefined> => {
    let isUpgraded = false;
    const connection: Connection = {
      peerAddress: message.socket.remoteAddress ?? "",
      upgrade(protocol, headers, listener) {
        isUpgraded = upgrade !== undefined && sockets.upgrade(message, upgrade, protocol, headers, listener);
        return isUpgraded ? new Response(null) : undefined;
      },
    };
    const request = requestOf(message, upgrade === undefined);
    if (request === undefined) return new Response(null, { status: 400 });
    try {
      const response = await options.fetch(request, connection);
      return isUpgraded ? undefined : response;
    } catch (error) {
      return options.failed(error);
    }
  };
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
  });
  const http = new Set<Duplex>();
  const maxHttp = Math.floor((options.openFileLimit ?? USUAL_FILE_LIMIT) * HTTP_SHARE);
  server.on("connection", (socket) => {
    for (const oldest of http.size >= maxHttp ? http : []) {
      http.delete(oldest);
      oldest.destroy();
      break;
    }
    http.add(socket);
    socket.on("close", () => http.delete(socket));
  });
  server.on("request", async (message, response) => {
    const answered = await answer(message);
    if (answered !== undefined) await sendResponse(answered, response);
  });
  server.on("upgrade", async (message, socket, head) => {
    socket.on("error", () => {}); // the peer is gone
    const answered = await answer(message, { socket, head });
    if (answered === undefined) http.delete(socket);
    else await sendOnSocket(answered, socket);
  });
  server.listen(port, hostname);
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    await sockets.gone();
    server.closeIdleConnections();
    await closed;
  };
  return {
    port,
    hostname,
    stop,
    stopNow() {
      sockets.closeAll();
      const stopped = stop();
      server.closeAllConnections();
      return stopped;
    },
    closeStalled: () => 0,
  };
}

/**
 * The address to listen on, with a free port for 0. Throws when it is not available: node:http reports that too late.
 * Its server binds the port before this turn of the event loop ends: a client of this process cannot be earlier.
 */
function probe({ hostname, port }: ListenOptions): Deno.NetAddr {
  const listener = Deno.listen({ hostname, port });
  listener.close();
  return listener.addr as Deno.NetAddr;
}

export const dial: Platform["dial"] = dialSocket;

export function onSignal(callback: (signal: Signal) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => callback(signal));
}

export function onUncaught(callback: (error: unknown) => void): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    callback(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    callback(event.reason);
  });
}

/** Always false: Deno has no datagrams on unix sockets, and libc needs --allow-ffi. A unit for Deno is Type=exec. */
export function notifySystemd(_socketPath: string, _state: string): boolean {
  return false;
}
