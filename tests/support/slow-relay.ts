// A TCP relay that can stop reading from its client: what a far end that is too slow looks like from here. For the
// tests, before any server of ours. Not a proxy to run: it listens on 127.0.0.1 and relays to 127.0.0.1.

import { connect, createServer, type Socket } from "node:net";

/** A running relay. */
export interface SlowRelay {
  readonly port: number;
  /**
   * Reads nothing more from clients until `resume`: their bytes pile up in the system's buffers, then in theirs. What
   * comes to them passes.
   */
  hold(): void;
  resume(): void;
  /** Breaks all connections and closes the port. */
  stop(): Promise<void>;
}

/** Starts a relay on a free port of 127.0.0.1 to `toPort`. */
export function startSlowRelay(toPort: number): Promise<SlowRelay> {
  const clients = new Set<Socket>();
  let held = false;
  const server = createServer((client) => {
    const far = connect(toPort, "127.0.0.1");
    clients.add(client);
    const end = () => {
      clients.delete(client);
      client.destroy();
      far.destroy();
    };
    for (const socket of [client, far]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => client.write(bytes));
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
