// A webhook on a plain socket, for answers that no HTTP server would write.

import { createServer, type Socket } from "node:net";
import type { RunningServer } from "./exhibit.ts";

/** Answers each request's first bytes with `answer`; `ends`: closes the connection after it. */
export function rawServer(answer: (port: number) => string, ends: boolean): () => Promise<RunningServer> {
  return async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
      const { localPort = 0 } = socket;
      socket.once("data", () => (ends ? socket.end(answer(localPort)) : socket.write(answer(localPort))));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return {
      url: `http://127.0.0.1:${port}/voice`,
      stop: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  };
}
