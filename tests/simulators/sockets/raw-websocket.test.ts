// The raw WebSocket client against raw bytes: handshake, pongs, closes from both sides, protocol errors.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import type { Clock } from "../../../src/call/ports.ts";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import { encodeClose, encodeFrame, encodeText } from "../../../src/protocol/websocket/frames.ts";
import type { WebSocketMessage } from "../../../src/protocol/websocket/reader.ts";
import { WebSocketReader } from "../../../src/protocol/websocket/reader.ts";
import { BURST_FRAMES } from "../../../src/simulators/sockets/inbound-allowance.ts";
import { RawWebSocket } from "../../../src/simulators/sockets/raw-websocket.ts";
import { patientClock } from "../../support/patient-clock.ts";

const world = { clock: realClock(), trust: {}, random: (count: number) => new Uint8Array(count).fill(7) };
const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

/** A server that answers the handshake with `head`, then each message with `reply`. Null ends the connection. */
function serve(head: string, reply: (message: WebSocketMessage | undefined) => readonly Uint8Array[] | null = () => []) {
  const requests: string[] = [];
  const messages: string[] = [];
  const reader = new WebSocketReader({ from: "client", maxMessageBytes: 1_000 });
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        const isFirst = requests.length === 0;
        if (isFirst) requests.push(bytes.toString());
        const come = isFirst ? [undefined] : reader.push(bytes);
        const out: Uint8Array[] = isFirst ? [new TextEncoder().encode(head)] : [];
        for (const message of come) {
          if (message !== undefined) messages.push(message.type);
          const frames = reply(message);
          if (frames === null) return void socket.end(concatBytes(...out));
          out.push(...frames);
        }
        socket.write(concatBytes(...out));
      },
    },
  });
  afterAll(() => server.stop(true));
  return { port: server.port, requests, messages };
}

type Report = ConstructorParameters<typeof RawWebSocket>[2];
type SocketReport = Parameters<Report>[0];

/** Dials, and resolves with all reports after the final one. `on` can act on the socket. */
function dial(
  port: number,
  on: (socket: RawWebSocket, report: SocketReport) => void = () => {},
  totalTimeoutMs = 5_000,
  clock: Clock = world.clock,
): Promise<string[]> {
  return new Promise((resolve) => {
    const log: string[] = [];
    const order = { type: "socket.dial", id: 1, url: `ws://127.0.0.1:${port}/s?q`, key: "a2V5", fields: [["X-Odd", "1"]] } as const;
    const socket = new RawWebSocket({ ...order, connectTimeoutMs: 5_000, totalTimeoutMs }, { ...world, clock }, (report) => {
      const details = [
        report.type.slice(7),
        "code" in report && report.code,
        "failure" in report && report.failure,
        "text" in report && report.text,
        "violation" in report && report.violation,
      ];
      if (report.type !== "socket.pinged" || log.at(-1) !== "pinged") log.push(details.filter((detail) => detail !== false).join(" "));
      on(socket, report);
      if (!["socket.opened", "socket.text", "socket.binary", "socket.pinged"].includes(report.type)) resolve(log);
    });
  });
}

test("RawWebSocket: sends the handshake as given, and reads frames that come with the 101", async () => {
  const server = serve(switching, (message) =>
    message === undefined ? [encodeText("hi", undefined), encodeClose(1001, "", undefined)] : [],
  );
  assertEquals(await dial(server.port), ["opened", "text hi", "closed 1001"]);
  assertEquals(
    server.requests[0],
    `GET /s?q HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a2V5\r\n` +
      "Sec-WebSocket-Version: 13\r\nX-Odd: 1\r\n\r\n",
  );
});

test("RawWebSocket: a ping is answered and reported; a text is masked and complete", async () => {
  const server = serve(switching, (message) => {
    if (message === undefined) return [encodeFrame({ opcode: "ping", payload: Uint8Array.of(1, 2) }, undefined)];
    if (message.type === "pong") return [encodeText(`pong ${message.payload}`, undefined)];
    return message.type === "text" ? [encodeText(`got ${message.text}`, undefined), encodeClose(undefined, "", undefined)] : [];
  });
  const log = await dial(server.port, (socket, report) => {
    if (report.type === "socket.text" && report.text.startsWith("pong")) socket.text("äöü");
  });
  assertEquals(log, ["opened", "pinged", "text pong 1,2", "text got äöü", "closed 1005"]);
});

test("RawWebSocket: our close waits for the server's", async () => {
  const server = serve(switching, (message) => (message?.type === "close" ? [encodeClose(message.code, "", undefined)] : []));
  const log = await dial(server.port, (socket, report) => report.type === "socket.opened" && socket.close(1000, ""));
  assertEquals([log, server.messages], [["opened", "closed 1000"], ["close"]]);
});

const broken: readonly (readonly [what: string, head: string, frames: readonly Uint8Array[] | null, log: readonly string[]])[] = [
  ["a masked frame", switching, [encodeText("x", Uint8Array.of(1, 2, 3, 4))], ["opened", "broken frame"]],
  ["an HTTP answer inside the WebSocket", switching, [new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n")], ["opened", "broken http"]],
  ["a flood of pings", switching, [Buffer.alloc(2 * (BURST_FRAMES + 5_000), Uint8Array.of(0x89, 0))], ["opened", "broken flood"]],
  ["a message over the limit", switching, [Uint8Array.of(0x82, 0x7f, 0, 0, 0, 0, 0, 0x40, 0, 1)], ["opened", "broken flood"]],
  ["a connection that ends without a close", switching, null, ["opened", "closed 1006"]],
  ["a 403 with a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", [], ["rejected"]],
  ["a redirect ended by the close", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", null, ["rejected"]],
  ["not HTTP", "hello\r\n\r\n", [], ["failed protocol"]],
  ["an end without an answer", "", null, ["failed closed"]],
  ["an end after bytes that are not HTTP", "\0\0\0\x04\0\0\0\0\0", null, ["failed protocol"]],
];
for (const [what, head, frames, expected] of broken) {
  test(`RawWebSocket: ${what} is ${expected.at(-1)}`, async () => {
    const server = serve(head, (message) => (message === undefined ? frames : []));
    assertEquals(await dial(server.port), expected as string[]);
  });
}

test("RawWebSocket: a rejection is reported without its body when that takes long", async () => {
  assertEquals(await dial(serve("HTTP/1.1 403 Forbidden\r\n\r\nno").port, () => {}, 60_000, patientClock(50)), ["rejected"]);
});

test("RawWebSocket: an unanswered handshake is totalTimeout", async () => {
  assertEquals(await dial(serve("").port, () => {}, 30), ["failed totalTimeout"]);
});
