// A program for guarded-request.test.ts, which runs it under each runtime: one request to each of many servers that
// break HTTP, hang, flood or are reached by a proxy. Prints one line of JSON: what each request gave.

import { lookup } from "node:dns";
import net, { type AddressInfo, type Socket } from "node:net";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { guardedRequest, type LookUp } from "../../../src/adapters/tools/guarded-request.ts";

/** For servers that never end their answer. */
const TIMEOUT_MS = 300;
const MAX_BYTES = 100;

/** Writes `text` until the connection ends. */
function flood(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 10);
  socket.on("close", () => clearInterval(timer));
}

const ok = "HTTP/1.1 200 OK\r\n";
const servers: Readonly<Record<string, (socket: Socket) => void>> = {
  "HTTP/1.0, ended by close": (socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nok"),
  "keep-alive": (socket) => socket.write(`${ok}Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok`),
  "gzip, not asked for": (socket) =>
    socket.write(Buffer.concat([Buffer.from(`${ok}Content-Encoding: gzip\r\n\r\n`), gzipSync("x".repeat(99_999))])),
  "as long as the limit": (socket) => socket.write(`${ok}Content-Length: 100\r\n\r\n${"x".repeat(100)}`),
  "longer than the limit, without an end": (socket) => {
    socket.write(`${ok}\r\n`);
    flood(socket, "x".repeat(99));
  },
  "longer than its Content-Length": (socket) => socket.write(`${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`),
  "shorter than its Content-Length": (socket) => socket.end(`${ok}Content-Length: 9\r\n\r\nok`),
  "two Content-Lengths": (socket) => socket.write(`${ok}Content-Length: 2\r\nContent-Length: 5\r\n\r\nok`),
  "negative Content-Length": (socket) => socket.write(`${ok}Content-Length: -2\r\n\r\nok`),
  "chunks that end early": (socket) => socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nab`),
  "a chunk without a length": (socket) => socket.write(`${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`),
  "trickled head": (socket) => {
    socket.write(ok);
    flood(socket, "X: y\r\n");
  },
  "trickled body": (socket) => {
    socket.write(`${ok}Content-Length: 90\r\n\r\n`);
    flood(socket, "x");
  },
  "100 Continue without end": (socket) => flood(socket, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100)),
  "101 Switching Protocols": (socket) =>
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nx"),
  "headers without end": (socket) => {
    socket.write(ok);
    flood(socket, "X: yyyyyyyyyyyyyyyyyyyyy\r\n".repeat(1_000));
  },
  "one long header": (socket) => socket.write(`${ok}X: ${"y".repeat(1_000_000)}\r\n\r\nok`),
  "another protocol": (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
  "reset at once": (socket) => socket.resetAndDestroy(),
  "closed at once": (socket) => socket.end(),
};

let serve: (socket: Socket) => void = () => {};
const open = new Set<Socket>();
const received: string[] = [];
const server = net.createServer((socket) => {
  open.add(socket);
  socket.on("error", () => {}).on("close", () => open.delete(socket));
  socket.once("data", (chunk) => {
    received.push(chunk.toString());
    serve(socket);
  });
});
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

const toThisMachine: LookUp = (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);

/** "200 cut 100 bytes", or what went wrong in one word. */
async function request(host: string, lookUp = toThisMachine): Promise<string> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  try {
    const { status, cut, bytes } = await guardedRequest(
      {
        url: new URL(`http://${host}:${port}/`),
        method: "GET",
        headers: { "X-Own": "1" },
        body: undefined,
        maxBytes: MAX_BYTES,
        privateHosts: ["127.0.0.1", "tool.example"],
        signal: timeout.signal,
      },
      lookUp,
    );
    return `${status}${cut ? " cut" : ""} ${bytes.length} bytes`;
  } catch {
    return timeout.signal.aborted ? "timeout" : "failed";
  } finally {
    clearTimeout(timer);
  }
}

const results: Record<string, string> = {};
for (const [name, answer] of Object.entries(servers)) {
  serve = answer;
  results[name] = await request("127.0.0.1");
  while (open.size > 0) await new Promise((resolve) => void setTimeout(resolve, 1));
}
// The environment of the test names this server as the proxy: its request line would have the whole URL.
serve = (socket) => socket.end(`${ok}\r\nok`);
results["a name"] = await request("tool.example");
results["its request line"] = received.at(-1)?.split("\r\n")[0] ?? "";
results["a name that does not exist"] = await request("no-such-name.invalid", lookup);
console.log(JSON.stringify({ results }));
server.close();
process.exit(0);
