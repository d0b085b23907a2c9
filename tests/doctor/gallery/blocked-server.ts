// A server that no longer accepts connections, as one whose process hangs: its backlog is full, so the kernel drops
// every further SYN, and connecting times out. In Python, because Bun ignores `backlog`.

import { connect } from "node:net";
import { installCommand } from "../../../scripts/debian-packages.ts";
import type { RunningServer } from "./exhibit.ts";

const script = `
import socket, time
server = socket.create_server(("0.0.0.0", 0), backlog=0)
print(server.getsockname()[1], flush=True)
time.sleep(3600)
`;
const python = Bun.which("python3");

/** For {@link Exhibit.missing}. */
export const missingPython = (): string | undefined => (python === null ? installCommand("python3") : undefined);

/** `port` is open on every loopback address. */
export async function startBlockedServer(): Promise<RunningServer & { readonly port: number }> {
  const child = Bun.spawn([python ?? "python3", "-c", script], { stdout: "pipe", stderr: "ignore" });
  const { value } = await child.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  // A backlog of 0 holds one connection.
  const held = connect(port, "127.0.0.1");
  await new Promise((resolve) => held.once("connect", resolve));
  const stop = async (): Promise<void> => {
    held.destroy();
    child.kill("SIGKILL");
    await child.exited;
  };
  return { url: `http://127.0.0.1:${port}/voice`, port, stop };
}
