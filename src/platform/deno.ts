// The runtime's seam under Deno: Deno.serve, Deno.upgradeWebSocket, dialled sockets, signals.
// Follows seam.ts. Tests in tests/platform pin what Deno does on the wire.

import process from "node:process";
import { dialSocket } from "./dial.ts";
import type { AcceptedSocket, Connection, Listening, ListenOptions, Platform, Signal, SocketListener } from "./seam.ts";

export const runtime = "deno";
export const runtimeVersion: string = `Deno ${Deno.version.deno}`;

/**
 * Deno pings after half of this time without a frame or a pong, and drops the peer after all of it.
 * adapters/caller-socket.ts, which cannot ping here, would drop it at about the same time. A caller must hear something
 * again within six seconds.
 */
const SILENT_PEER_S = 5;
/** Unsent bytes for a peer that does not read. For the reason see bun.ts. */
const BACKPRESSURE_BYTES = 1_048_576;
/** RFC 6455 7.4.1: message too big. Deno has no limit of its own, so the message has already been read. */
const TOO_BIG = 1009;
/** RFC 6455 7.4.1: broken without a close frame. Deno reports 0, which is not a close code. */
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
    // Deno cannot drop a connection. The close event follows when the peer answers or Deno's timeout ends.
    terminate: () => socket.close(),
    ping: () => false, // Deno sends its own: see SILENT_PEER_S
    bufferedBytes: () => socket.bufferedAmount,
  };
}

function listenTo(socket: WebSocket, listener: SocketListener, options: ListenOptions, gone: () => void): void {
  /** A throw in a socket's callback would be an uncaught exception. */
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
  // Without a listener Deno reports the error as uncaught. The close event that follows has the details.
  socket.onerror = (event) => event.preventDefault();
  socket.onclose = ({ code, reason }) => {
    gone();
    guarded(() => listener.closed(closeCode(code), reason));
  };
}

/** Throws when it cannot listen (address in use, not permitted). */
export function listen(options: ListenOptions): Listening {
  const sockets = new Set<WebSocket>();
  let allGone = (): void => {};
  const connection = (request: Request, info: Deno.ServeHandlerInfo): Connection => ({
    peerAddress: info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "",
    upgrade(protocol, headers, listener) {
      try {
        // Deno throws for a subprotocol that was not offered, and for a request that is not a handshake (RFC 6455
        // 4.2.1).
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
    // Deno's shutdown drops every WebSocket, so it waits for the last one. Until then new requests get 503.
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
    closeStalled: () => 0, // Deno shows neither connections nor descriptors
  };
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
