// The runtime's seam under Deno: Deno.serve, Deno.upgradeWebSocket, Deno's WebSocket client, signals. No rule of a call and no route here.
// Follows seam.ts; what Deno does on the wire is pinned by tests/platform.

import process from "node:process";
import { dialSocket } from "./dial.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, SocketListener } from "./seam.ts";

/** Which runtime this is. */
export const runtime = "deno";
/** Its name and version, for people. */
export const runtimeVersion: string = `Deno ${Deno.version.deno}`;

/**
 * Deno pings after half of this without a frame or a pong, and gives the peer up after the whole: about when adapters/caller-socket.ts does, which cannot ping
 * here. A caller must hear something again before six seconds.
 */
const SILENT_PEER_S = 5;
/** What may wait for one peer that does not read; the reason stands at the same constant in bun.ts. */
const BACKPRESSURE_BYTES = 1_048_576;
/** RFC 6455 7.4.1: a message too big to take. Deno has no limit of its own, so the message has been read when it is refused. */
const TOO_BIG = 1009;
/** RFC 6455 7.4.1: broken without a close frame. Deno says 0 (a code that does not exist). */
const BROKEN = 1006;

const closeCode = (code: number): number => (code === 0 ? BROKEN : code);

function accepted(socket: WebSocket): AcceptedSocket {
  return {
    sendText(text) {
      if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > BACKPRESSURE_BYTES) return false;
      socket.send(text);
      return true;
    },
    close(code, reason) {
      if (socket.readyState < WebSocket.CLOSING) socket.close(code, reason);
    },
    // Deno cannot drop a connection: it closes, and the close event comes when the peer answers or its own patience ends.
    terminate: () => socket.close(),
    ping: () => false, // Deno pings by itself: see SILENT_PEER_S
    bufferedBytes: () => socket.bufferedAmount,
  };
}

function listenTo(socket: WebSocket, listener: SocketListener, options: ListenOptions, gone: () => void): void {
  /** A throw out of a socket's callback is an uncaught exception, which ends the process and every call in it. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      options.threw(error);
    }
  };
  socket.binaryType = "arraybuffer";
  socket.onopen = () => guarded(() => listener.opened(accepted(socket)));
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const bytes = typeof data === "string" ? data.length : data.byteLength;
    if (bytes > options.maxMessageBytes) socket.close(TOO_BIG, "message too big");
    else guarded(() => (typeof data === "string" ? listener.text(data) : listener.binary(bytes)));
  };
  // Without a listener Deno reports the error as uncaught; the close event that follows says all that is known.
  socket.onerror = (event) => event.preventDefault();
  socket.onclose = ({ code, reason }) => {
    gone();
    guarded(() => listener.closed(closeCode(code), reason));
  };
}

/** Starts a server; throws when it cannot listen (address in use, not permitted). */
export function listen(options: ListenOptions): Listening {
  const sockets = new Set<WebSocket>();
  let allGone = (): void => {};
  const connection = (request: Request, info: Deno.ServeHandlerInfo): Connection => ({
    peerAddress: info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "",
    upgrade(protocol, headers, listener) {
      try {
        // Deno throws on a protocol that was not offered, and on a request that is no handshake (RFC 6455 4.2.1).
        const upgraded = Deno.upgradeWebSocket(request, { idleTimeout: SILENT_PEER_S, ...(protocol === undefined ? {} : { protocol }) });
        const { socket, response } = upgraded;
        sockets.add(socket);
        listenTo(socket, listener, options, () => {
          sockets.delete(socket);
          if (sockets.size === 0) allGone();
        });
        for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
        return response;
      } catch (error) {
        if (error instanceof TypeError) return undefined;
        throw error;
      }
    },
  });
  let stopping = false;
  const server = Deno.serve(
    { hostname: options.hostname, port: options.port, onListen: () => {}, onError: (error) => options.failed(error) },
    (request, info) => (stopping ? new Response(null, { status: 503 }) : options.fetch(request, connection(request, info))),
  );
  const stop = async (): Promise<void> => {
    stopping = true;
    // Deno's shutdown drops every WebSocket at once, so it comes after the last one; until then whoever connects is answered 503.
    const socketsGone = new Promise<void>((resolve) => {
      allGone = resolve;
      if (sockets.size === 0) resolve();
    });
    await socketsGone;
    await server.shutdown();
  };
  return {
    port: server.addr.port,
    hostname: server.addr.hostname,
    stop,
    stopNow() {
      for (const socket of sockets) if (socket.readyState < WebSocket.CLOSING) socket.close(1001, "Server closed");
      return stop();
    },
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
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    callback(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    callback(event.reason);
  });
}

/** Always false: Deno has neither datagrams on unix sockets nor a way to libc without --allow-ffi. A unit for Deno is Type=exec. */
export function notifySystemd(_socketPath: string, _state: string): boolean {
  return false;
}
