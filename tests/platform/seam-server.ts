// A program that uses the seam, for seam-cases.ts. The same file runs under Bun and under Deno, in a process of its
// own, and prints a line for each event.

import process from "node:process";
import { dial, listen, notifySystemd, onSignal, onUncaught, runtime, runtimeVersion } from "#platform";
import type { AcceptedSocket, Connection, SocketListener } from "../../src/platform/seam.ts";

/** As seam-cases.ts sets it, if at all. */
const OPEN_FILES = process.env.OPEN_FILES === undefined ? undefined : Number(process.env.OPEN_FILES);

const print = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);

function echo(): SocketListener {
  let socket: AcceptedSocket | undefined;
  const commands: Readonly<Record<string, () => void>> = {
    throw: () => {
      throw new Error("thrown on purpose");
    },
    close: () => socket?.close(4000, "bye"),
    closeTwice: () => {
      socket?.close(4000, "bye");
      socket?.close(4001, "again");
      print("sent", String(socket?.sendText("late")));
    },
    // Outside of the socket's own callback, as when the model's audio arrives.
    batch: () =>
      void setTimeout(() => {
        socket?.batch(() => {
          for (const text of ["one", "two", "three"]) socket?.sendText(text);
          socket?.close(4000, "batched");
        });
      }, 0),
    terminate: () => socket?.terminate(),
    ping: () => socket?.ping(),
  };
  return {
    opened(accepted) {
      socket = accepted;
      print("opened");
    },
    text: (text) => (commands[text] ?? (() => void socket?.sendText(text)))(),
    binary: (bytes) => print("binary", bytes),
    pong: () => print("pong"),
    closed: (code, reason) => print("closed", code, reason),
  };
}

function dialOnce(url: string, terminate: boolean): Promise<Response> {
  return new Promise((resolve) => {
    const events: unknown[] = [];
    const socket = dial(
      url,
      { Authorization: "Bearer of news" },
      {
        opened: () => events.push("opened"),
        refused() {
          events.push("refused");
          if (terminate) socket.terminate();
        },
        text(text) {
          events.push(text);
          socket.close(1000, "");
        },
        closed: (end) => resolve(Response.json([...events, end])),
      },
    );
    events.push("returned");
  });
}

function route(request: Request, connection: Connection): Response | Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const of = (name: string): string => searchParams.get(name) ?? "";
  if (pathname === "/socket") {
    const answered = connection.upgrade(searchParams.get("protocol") ?? undefined, { "X-Extra": "yes" }, echo());
    return answered ?? new Response("no handshake", { status: 426 });
  }
  if (pathname === "/peer") return new Response(connection.peerAddress);
  if (pathname === "/throw") throw new Error("thrown on purpose");
  if (pathname === "/dial") return dialOnce(of("url"), of("terminate") === "1");
  if (pathname === "/notify") return Response.json(notifySystemd(of("path"), of("state")));
  if (pathname === "/header") return new Response(request.headers.get(of("name")) ?? "");
  if (pathname === "/stray") {
    queueMicrotask(() => {
      throw new Error("stray exception");
    });
    void Promise.reject(new Error("stray rejection"));
  }
  if (pathname === "/stop" || pathname === "/stopNow") {
    const stopped = pathname === "/stop" ? server.stop() : server.stopNow();
    void stopped.then(() => {
      print("stopped");
      process.exit(0);
    });
  }
  return new Response("ok");
}

onUncaught((error) => print("uncaught", (error as Error).message));
onSignal((signal) => print("signal", signal));
const server = listen({
  hostname: "127.0.0.1",
  port: 0,
  maxMessageBytes: 1_000,
  openFileLimit: OPEN_FILES,
  fetch: route,
  failed: (error) => new Response(`failed: ${(error as Error).message}`, { status: 500 }),
  threw: (error) => print("threw", (error as Error).message),
});
await new Promise(setImmediate); // under Deno the port is bound at the end of this turn
print("listening", server.port, server.hostname, runtime, runtimeVersion);
if (OPEN_FILES !== undefined) {
  setInterval(() => {
    const closed = server.closeStalled(performance.now());
    if (closed > 0) print("stalled", closed);
  }, 20);
}
