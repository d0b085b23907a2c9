// FastAPI on uvicorn, from Debian's packages, with the faults of that stack. Skipped where the packages are missing.

import { spawnSync } from "node:child_process";
import { installCommand } from "../../../scripts/debian-packages.ts";
import { type Exhibit, type RunningServer, withTwilioError } from "./exhibit.ts";

const scriptPath = (name: string): string => new URL(`./python/${name}`, import.meta.url).pathname;

/** Debian's own Python comes first: another one on PATH does not see Debian's packages. */
const python = ["/usr/bin/python3", Bun.which("python3") ?? ""].find(
  (path) => path !== "" && spawnSync(path, ["-c", "import fastapi, uvicorn, websockets"]).status === 0,
);

/** Starts a script of python/ that prints its port, with its webhook at `path`. */
export function pythonServer(script: string, args: readonly string[], path: string): () => Promise<RunningServer> {
  return async () => {
    const child = Bun.spawn([python ?? "python3", scriptPath(script), ...args], { stdout: "pipe", stderr: "ignore" });
    const { value } = await child.stdout.getReader().read();
    const port = Number(new TextDecoder().decode(value));
    await untilServing(port);
    const stop = async (): Promise<void> => {
      child.kill("SIGKILL");
      await child.exited;
    };
    return { url: `http://127.0.0.1:${port}${path}`, stop };
  };
}

/** The port accepts connections before the application answers. Any answer shows that it runs. */
async function untilServing(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/`).then((response) => response.arrayBuffer());
}

/** For {@link Exhibit.missing}. */
export const missingFastApi = (): string | undefined =>
  python === undefined ? installCommand("python3-fastapi", "python3-uvicorn", "python3-websockets") : undefined;

const exhibit = (name: string, cause: string, fault: string): Exhibit => ({
  name: `python: ${name}`,
  cause,
  missing: missingFastApi,
  open: pythonServer("app.py", [fault], "/voice"),
});

export const pythonServers: readonly Exhibit[] = [
  exhibit("uvicorn without a WebSocket library", "handshake-no-upgrade", "no-websockets"),
  exhibit("a pydantic model for the body: 422", "webhook-form-rejected", "json-body"),
  withTwilioError(12300, exhibit("TwiML returned as a str, which becomes JSON", "twiml-encoded-again", "returns-str")),
  exhibit('accept(subprotocol="audio.twilio.com")', "handshake-subprotocol-unsolicited", "subprotocol"),
  exhibit("close() before accept(): 403", "handshake-forbidden", "closed-before-accept"),
  withTwilioError(31903, exhibit("a KeyError on connected", "stream-closes-on-start", "key-error")),
  exhibit("send_bytes", "media-binary", "binary"),
  exhibit("an echo", "healthy", "healthy"),
];
