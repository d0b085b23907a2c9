// The runtime's seam under Bun, compiled or not: Bun.serve, Bun's WebSocket client, signals, sd_notify. No rule of a call and no route here.
// Follows seam.ts; what Bun does on the wire is pinned by tests/platform.

import { dlopen, FFIType, ptr } from "bun:ffi";
import process from "node:process";
import type { ServerWebSocket } from "bun";
import { dialSocket } from "./dial.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, SocketListener } from "./seam.ts";

/** Which runtime this is. */
export const runtime = "bun";
/** Its name and version, for people. */
export const runtimeVersion: string = `Bun ${Bun.version}`;

/** Longest silence, in both directions, on an HTTP connection: a client that trickles its request is not waited for. */
const HTTP_IDLE_S = 30;
/** Bun's longest: whether a caller is still there is judged by adapters/caller-socket.ts, which sees each direction by itself. */
const WEBSOCKET_IDLE_S = 960;
/**
 * What may wait for one peer that does not read, beyond the kernel's own buffers (about 4 MB on loopback). One MiB is 90 s of speech as media messages:
 * a telephone leg reads in real time, so more than this is a dead peer and is dropped rather than kept.
 */
const BACKPRESSURE_BYTES = 1_048_576;

/** An accepted connection's own data: who listens to it, and what it is called by our side. */
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

/** Starts a server; throws when it cannot listen (address in use, not permitted). */
export function listen(options: ListenOptions): Listening {
  /** A throw out of a socket's callback is an uncaught exception, which ends the process and every call in it. */
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
    development: false, // else, without NODE_ENV=production in the environment, a throw is answered with a page of source code
    reusePort: false, // with `development: false` Bun's default is true: a second voice on the port would silently take half of the calls
    idleTimeout: HTTP_IDLE_S,
    error: (error) => options.failed(error),
    fetch: (request) => options.fetch(request, connection(request)),
    websocket: {
      perMessageDeflate: false, // costs ten microseconds a message, and Twilio does not take it
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
      // Without this header Bun echoes the first protocol that was offered; an empty one sends none (RFC 6455 4.2.2).
      const answer = { ...headers, "Sec-WebSocket-Protocol": protocol ?? "" };
      // After an upgrade Bun ignores what is returned: the connection is no longer HTTP's.
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

/** Dials a WebSocket; every failure comes by `listener.closed`. */
export const dial: Platform["dial"] = dialSocket;

/** Calls back on each SIGTERM or SIGINT; the runtime's own end of the process on them is then off. */
export function onSignal(callback: (signal: "SIGTERM" | "SIGINT") => void): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => callback(signal));
}

/** Told of every uncaught exception and unhandled rejection; the process lives on. */
export function onStray(callback: (error: unknown) => void): void {
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

/** sd_notify(3) by hand, since no runtime has datagrams on unix sockets: false where there is no libc, no JIT (bun:ffi needs it) or no such socket. */
export function notifySystemd(socketPath: string, state: string): boolean {
  try {
    libc ??= openLibc();
    // unix(7): a leading NUL is an abstract address, written "@"; it has no closing NUL, a path has one.
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
