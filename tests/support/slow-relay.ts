// A TCP relay that can stop reading from its client, as a peer that is too slow does. For tests only: it listens on
// 127.0.0.1 and relays to 127.0.0.1.

import { connect, createServer, type Socket } from "node:net";

export interface SlowRelay {
  readonly port: number;
  /**
   * Stops reading from clients until `resume`: their bytes fill the system's buffers, then their own. Bytes to them
   * still pass.
   */
  hold(): void;
  resume(): void;
  /** Closes all connections and the port. */
  stop(): Promise<void>;
}

/** Starts a relay on a free port of 127.0.0.1 to `toPort`. */
export function startSlowRelay(toPort: number): Promise<SlowRelay> {
  const clients = new Set<Socket>();
  let held = false;
  const server = createServer((client) => {
    const upstream = connect(toPort, "127.0.0.1");
    clients.add(client);
    const end = () => {
      clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => upstream.write(bytes));
    upstream.on("data", (bytes) => client.write(bytes));
    if (held) client.pause();
  });
  const all = (does: (client: Socket) => void) => {
    for (const client of clients) does(client);
  };
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        hold() {
          held = true;
          all((client) => client.pause());
        },
        resume() {
          held = false;
          all((client) => client.resume());
        },
        stop() {
          all((client) => client.destroy());
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
  });
}
