// The runtime's seam under Bun, compiled or not: Bun.serve, dialled sockets, signals, sd_notify.
// Follows seam.ts. Tests in tests/platform pin what Bun does on the wire.

import { dlopen, FFIType, ptr } from "bun:ffi";
import process from "node:process";
import type { ServerWebSocket } from "bun";
import { dialSocket } from "./dial.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, Signal, SocketListener } from "./seam.ts";

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
}

type BunSocket = ServerWebSocket<SocketData>;

function accepted(socket: BunSocket): AcceptedSocket {
  return {
    sendText: (text) => socket.send(text) !== 0, // 0: dropped; -1: queued; else bytes written
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    ping() {
      socket.ping();
      return true;
    },
    bufferedBytes: () => socket.getBufferedAmount(),
  };
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
  const server = Bun.serve<SocketData>({
    hostname: options.hostname,
    port: options.port,
    development: false, // otherwise, without NODE_ENV=production, a throw is answered with a page of source code
    reusePort: false, // with `development: false` the default is true, and a second voice on the port would silently get half of the calls
    idleTimeout: HTTP_IDLE_S,
    error: (error) => closing(options.failed(error)),
    fetch(request) {
      const response = options.fetch(request, connection(request));
      return response instanceof Promise ? response.then(closing) : closing(response);
    },
    websocket: {
      perMessageDeflate: false, // costs ten microseconds per message, and Twilio does not support it
      sendPings: false,
      idleTimeout: WEBSOCKET_IDLE_S,
      maxPayloadLength: options.maxMessageBytes,
      backpressureLimit: BACKPRESSURE_BYTES,
      open: (socket) => guarded(() => socket.data.listener.opened(accepted(socket))),
      message: (socket, message) =>
        guarded(() => {
          if (typeof message === "string") socket.data.listener.text(message);
          else socket.data.listener.binary(message.byteLength);
        }),
      pong: (socket) => guarded(() => socket.data.listener.pong()),
      close: (socket, code, reason) => guarded(() => socket.data.listener.closed(code, reason)),
    },
  });
  const connection = (request: Request): Connection => ({
    peerAddress: server.requestIP(request)?.address ?? "",
    upgrade(protocol, headers, listener) {
      // Without this header Bun selects the first subprotocol offered. An empty one selects none (RFC 6455 4.2.2).
      const answer = { ...headers, "Sec-WebSocket-Protocol": protocol ?? "" };
      // After an upgrade Bun ignores the returned response.
      return server.upgrade(request, { data: { listener }, headers: answer }) ? new Response(null) : undefined;
    },
  });
  return {
    port: server.port ?? 0,
    hostname: server.hostname ?? options.hostname,
    stop: () => server.stop(),
    stopNow: () => server.stop(true),
  };
}

export const dial: Platform["dial"] = dialSocket;

export function onSignal(callback: (signal: Signal) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => callback(signal));
}

export function onUncaught(callback: (error: unknown) => void): void {
  process.on("uncaughtException", callback);
  process.on("unhandledRejection", callback);
}

// Linux, <bits/socket.h> of x86-64 and arm64 alike.
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;

function openLibc() {
  const symbols = {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    sendto: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i64 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  } as const;
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  try {
    return dlopen("libc.so.6", symbols).symbols;
  } catch {
    return dlopen(musl, symbols).symbols;
  }
}

let libc: ReturnType<typeof openLibc> | undefined;

/**
 * Calls libc, because no runtime has datagrams on unix sockets. False without libc, without JIT (bun:ffi needs it), or
 * without the socket.
 */
export function notifySystemd(socketPath: string, state: string): boolean {
  try {
    libc ??= openLibc();
    // unix(7): "@" stands for the leading NUL of an abstract address, which has no trailing NUL. A path has one.
    const abstract = socketPath.startsWith("@");
    const path = Buffer.from(abstract ? `\0${socketPath.slice(1)}` : `${socketPath}\0`);
    const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), path]);
    const message = Buffer.from(state);
    const socket = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (socket < 0) return false;
    const sent = libc.sendto(socket, ptr(message), BigInt(message.length), MSG_NOSIGNAL, ptr(address), address.length);
    libc.close(socket);
    return Number(sent) === message.length;
  } catch {
    return false;
  }
}
