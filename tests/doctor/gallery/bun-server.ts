// Runs a plan on Hono and Bun, as people write such servers. Only the faults that this stack allows.

import { Hono } from "hono";
import type { GalleryWorld, RunningServer, ServerPlan, StreamListener, StreamSocket } from "./exhibit.ts";
import { healthyWebhook } from "./node-server.ts";

type Held = { listener: StreamListener | undefined };

/** Opens a server on a free port of 127.0.0.1 with its webhook at `path` and its stream at /stream. */
export function bunServer(make: (world: GalleryWorld) => ServerPlan, path = "/voice"): (world: GalleryWorld) => Promise<RunningServer> {
  return async (world) => {
    const plan = make(world);
    const ordinals = { requests: 0, handshakes: 0, streams: 0 };
    const app = new Hono<{ Bindings: { server: Bun.Server<Held> } }>();
    app.get("/stream", async (context) => {
      const request = { method: "GET", path: "/stream", headers: context.req.header(), body: "", ordinal: ordinals.handshakes++ };
      const answer = (await plan.handshake?.(request)) ?? ({ open: true } as const);
      if (typeof answer === "string") return new Promise<Response>(() => {});
      if (!("open" in answer)) return new Response(answer.body, { status: answer.status ?? 200, headers: { ...answer.headers } });
      const isOpen = context.env.server.upgrade(context.req.raw, { data: { listener: undefined }, headers: { ...answer.headers } });
      return isOpen ? new Response(null) : context.text("expected a WebSocket handshake", 426);
    });
    app.all("*", async (context) => {
      const { req } = context;
      const headers = req.header();
      const request = { method: req.method, path: req.path, headers, body: await req.text(), ordinal: ordinals.requests++ };
      const answer = await (plan.webhook ?? healthyWebhook)(request, { host: headers["host"] ?? "" });
      return new Response(answer.body, { status: answer.status ?? 200, headers: { "Content-Type": "text/xml", ...answer.headers } });
    });
    const server = Bun.serve<Held>({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, self) => app.fetch(request, { server: self }),
      websocket: {
        open(socket) {
          socket.data.listener = plan.stream(faceOf(socket), ordinals.streams++);
        },
        message: (socket, message) => void (typeof message === "string" && socket.data.listener?.text(message)),
        close: (socket) => socket.data.listener?.closed(),
      },
    });
    return { url: `http://127.0.0.1:${server.port}${path}`, stop: () => server.stop(true) };
  };
}

function faceOf(socket: Bun.ServerWebSocket<Held>): StreamSocket {
  return {
    text: (text) => void socket.send(text),
    binary: (bytes) => void socket.send(bytes),
    ping: () => void socket.ping(),
    close: (code, reason) => socket.close(code, reason),
    drop: () => socket.terminate(),
  };
}
