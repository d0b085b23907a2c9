// The runtime's seam under Bun, compiled or not: Bun.serve, dialled sockets, signals, sd_notify.
// Follows seam.ts. Tests in tests/platform pin what Bun does on the wire.

import process from "node:process";
import type { ServerWebSocket } from "bun";
import { dialBun } from "./bun-dial.ts";
import { openDescriptors, peerOfRequest, sendDatagram } from "./bun-libc.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, Signal, SocketListener } from "./seam.ts";
import { StalledConnections } from "./stalled-connections.ts";

export const runtime = "bun";
export const runtimeVersion: string = `Bun ${Bun.version}`;

/**
 * Idle timeout of an HTTP connection, so that slow clients do not hold connections; above BODY_TIMEOUT_MS
 * (server/http/body.ts). Bun itself waits 12 s for a request's headers.
 */
const HTTP_IDLE_S = 15;
/** Bun's maximum: adapters/caller-socket.ts detects dead peers, and sees each direction separately. */
const WEBSOCKET_IDLE_S = 960;
/**
 * Unsent bytes for a peer that does not read, in addition to the kernel's buffers (about 4 MB on loopback). One MiB is
 * 90 s of speech as media messages. A telephone leg reads in real time, so frames for a peer that is further behind are
 * dropped.
 */
const BACKPRESSURE_BYTES = 1_048_576;

interface SocketData {
  readonly listener: SocketListener;
  /** From now on it may be closed as a stalled connection. */
  readonly release: () => void;
}

type BunSocket = ServerWebSocket<SocketData>;

/** A class: an object of closures would be three objects to touch for each message, instead of one. */
class BunAcceptedSocket implements AcceptedSocket {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket) {
    this.#socket = socket;
  }

  sendText(text: string): boolean {
    return this.#socket.send(text) !== 0; // 0: dropped; -1: queued; else bytes written
  }

  batch(work: () => void): void {
    this.#socket.cork(work);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  ping(): void {
    this.#socket.ping();
  }

  bufferedBytes(): number {
    return this.#socket.getBufferedAmount();
  }
}

/** An idle connection would hold a file that a call needs. After an upgrade Bun ignores the response. */
function closing(response: Response): Response {
  response.headers.set("Connection", "close");
  return response;
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
  const server: Bun.Server<SocketData> = Bun.serve<SocketData>({
    hostname: options.hostname,
    port: options.port,
    development: false, // otherwise, without NODE_ENV=production, a throw is answered with a page of source code
    reusePort: false, // with `development: false` the default is true, and a second voice on the port would silently get half of the calls
    idleTimeout: HTTP_IDLE_S,
    error: (error) => closing(options.failed(error)),
    fetch(request) {
      const peer = server.requestIP(request);
      const response = options.fetch(request, connection(request, peer));
      if (!(response instanceof Promise)) return closing(response);
      const release = peer === null ? undefined : stalled?.keepRequest(peerOfRequest(peer));
      return response.then(closing).finally(release);
    },
    websocket: {
      perMessageDeflate: false, // costs ten microseconds per message, and Twilio does not support it
      sendPings: false,
      idleTimeout: WEBSOCKET_IDLE_S,
      maxPayloadLength: options.maxMessageBytes,
      backpressureLimit: BACKPRESSURE_BYTES,
      open: (socket) => guarded(() => socket.data.listener.opened(new BunAcceptedSocket(socket))),
      message(socket, message) {
        try {
          if (typeof message === "string") socket.data.listener.text(message);
          else socket.data.listener.binary(message.byteLength);
        } catch (error) {
          options.threw(error);
        }
      },
      pong: (socket) => guarded(() => socket.data.listener.pong()),
      close(socket, code, reason) {
        socket.data.release();
        guarded(() => socket.data.listener.closed(code, reason));
      },
    },
  });
  const { openFileLimit } = options;
  const stalled = openFileLimit === undefined ? undefined : new StalledConnections(openFileLimit, () => openDescriptors(server.port ?? 0));
  const connection = (request: Request, peer: Bun.SocketAddress | null): Connection => ({
    peerAddress: peer?.address ?? "",
    upgrade(protocol, headers, listener) {
      // Without this header Bun selects the first subprotocol offered. An empty one selects none (RFC 6455 4.2.2).
      const answer = { ...headers, "Sec-WebSocket-Protocol": protocol ?? "" };
      const release = (peer !== null && stalled?.keepSocket(peerOfRequest(peer))) || (() => {});
      // After an upgrade Bun ignores the returned response.
      if (server.upgrade(request, { data: { listener, release }, headers: answer })) return new Response(null);
      release();
      return undefined;
    },
  });
  return {
    port: server.port ?? 0,
    hostname: server.hostname ?? options.hostname,
    stop: () => server.stop(),
    stopNow: () => server.stop(true),
    closeStalled: (nowMs) => stalled?.close(nowMs) ?? 0,
  };
}

export const dial: Platform["dial"] = dialBun;

export function onSignal(callback: (signal: Signal) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => callback(signal));
}

export function onUncaught(callback: (error: unknown) => void): void {
  process.on("uncaughtException", callback);
  process.on("unhandledRejection", callback);
}

/** False without libc, without JIT (bun:ffi needs it), or without the socket. */
export const notifySystemd: Platform["notifySystemd"] = sendDatagram;
