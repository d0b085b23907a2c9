// Runs a plan on node:http. The WebSocket handshake is written by hand, so that a plan can break every byte of it.
// Follows RFC 6455.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { encodeClose, encodeFrame, encodeText } from "../../../src/protocol/websocket/frames.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import { WebSocketReader } from "../../../src/protocol/websocket/reader.ts";
import type {
  Answer,
  GalleryWorld,
  RunningServer,
  ServerAddress,
  ServerPlan,
  ServerRequest,
  StreamListener,
  StreamSocket,
  UpgradeAnswer,
} from "./exhibit.ts";

const maxMessageBytes = 1_048_576;
const connectTwiml = (url: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Connect><Stream url="${url}"/></Connect></Response>`;

/** TwiML that connects the call to a stream. */
export function connectTo(url: string): Answer {
  return { body: connectTwiml(url.replaceAll(/&(?!#?\w+;)/g, "&amp;")) };
}

/** Connects the call to /stream on the requested host. */
export function healthyWebhook(_request: ServerRequest, { host }: ServerAddress): Answer {
  return connectTo(`ws://${host}/stream`);
}

/** Opens a server on a free port of 127.0.0.1 with its webhook at `path`. */
export function nodeServer(make: (world: GalleryWorld) => ServerPlan, path = "/voice"): (world: GalleryWorld) => Promise<RunningServer> {
  return async (world) => {
    const plan = make(world);
    const sockets = new Set<Socket>();
    const ordinals = { requests: 0, handshakes: 0, streams: 0 };
    const die = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    const server = createServer((request, response) => void answerRequest(plan, request, response, ordinals.requests++));
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      // Clients may disconnect at any time.
      socket.on("error", () => socket.destroy());
      void answerHandshake(plan, request, socket, ordinals, die);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}${path}`,
      stop: die,
    };
  };
}

async function answerRequest(plan: ServerPlan, request: IncomingMessage, response: ServerResponse, ordinal: number): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const read = { ...readRequest(request, ordinal), body: Buffer.concat(chunks).toString() };
  const answer = await (plan.webhook ?? healthyWebhook)(read, { host: request.headers.host ?? "" });
  response.writeHead(answer.status ?? 200, presentFields({ "Content-Type": "text/xml; charset=utf-8", ...answer.headers }));
  response.end(answer.body);
}

function readRequest(request: IncomingMessage, ordinal: number): ServerRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? "", path: request.url ?? "", headers, body: "", ordinal };
}

const presentFields = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));

async function answerHandshake(
  plan: ServerPlan,
  request: IncomingMessage,
  socket: Duplex,
  ordinals: { handshakes: number; streams: number },
  die: () => void,
): Promise<void> {
  const answer = (await plan.handshake?.(readRequest(request, ordinals.handshakes++))) ?? ({ open: true } as const);
  if (answer === "silence") return;
  if (answer === "drop") return void socket.destroy();
  if (answer === "die") return die();
  if (!("open" in answer)) {
    const body = Buffer.from(answer.body);
    const fields = { "Content-Type": "text/plain", "Content-Length": String(body.length), Connection: "close", ...answer.headers };
    socket.end(Buffer.concat([Buffer.from(headOf(`${answer.status ?? 200} Refused`, fields)), body]));
    return;
  }
  socket.write(headOf("101 Switching Protocols", openedFields(request, answer), answer.httpVersion));
  converse(plan, socket, ordinals.streams++, die);
}

function openedFields(request: IncomingMessage, { headers }: UpgradeAnswer): Readonly<Record<string, string>> {
  const accept = acceptKey(String(request.headers["sec-websocket-key"]));
  return { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": accept, ...headers };
}

const headOf = (status: string, fields: Readonly<Record<string, string>>, version = "1.1"): string =>
  [`HTTP/${version} ${status}`, ...Object.entries(presentFields(fields)).map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");

/** Carries frames between a socket and the plan's listener. */
function converse(plan: ServerPlan, socket: Duplex, ordinal: number, die: () => void): void {
  const reader = new WebSocketReader({ from: "client", maxMessageBytes });
  let isOpen = true;
  const write = (bytes: Uint8Array): void => {
    if (isOpen) socket.write(bytes);
  };
  const end = (): void => {
    isOpen = false;
    socket.end();
  };
  const face: StreamSocket = {
    text: (text) => write(encodeText(text, undefined)),
    binary: (payload) => write(encodeFrame({ opcode: "binary", payload }, undefined)),
    raw: write,
    ping: () => write(encodeFrame({ opcode: "ping", payload: new Uint8Array(0) }, undefined)),
    close: (code, reason) => {
      // 1005 means no code (RFC 6455 section 7.4.1).
      write(encodeClose(code === 1005 ? undefined : code, reason, undefined));
      end();
    },
    drop: () => {
      isOpen = false;
      socket.destroy();
    },
    die,
  };
  const listener: StreamListener = plan.stream(face, ordinal);
  socket.on("close", () => {
    isOpen = false;
    listener.closed();
  });
  socket.on("data", (bytes: Uint8Array) => {
    for (const message of reader.push(bytes)) {
      if (message.type === "text" && isOpen) listener.text(message.text);
      else if (message.type === "ping" && plan.ignoresPings !== true)
        write(encodeFrame({ opcode: "pong", payload: message.payload }, undefined));
      else if (message.type === "close" && plan.ignoresClose !== true) face.close(1000, "");
    }
  });
}
