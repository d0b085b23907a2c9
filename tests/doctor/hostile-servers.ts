// Servers that send without end: each breaks one bound of the doctor's. They pour as fast as the doctor reads, until it
// hangs up. On raw sockets, because no server library sends these.

import { createServer, type Socket } from "node:net";
import type { CauseCode } from "../../src/doctor/causes/causes.ts";
import { encodeFrame, encodeText, type WebSocketFrame } from "../../src/protocol/websocket/frames.ts";
import { acceptKey } from "../../src/protocol/websocket/handshake.ts";

export interface HostileServer {
  readonly name: string;
  /** What the doctor must name. */
  readonly cause: CauseCode;
  open(): Promise<{ readonly url: string; stop(): void }>;
}

/** What one server does where it is hostile. Missing parts: TwiML with a stream, and a 101. */
interface HostilePlan {
  /** The whole answer to a webhook request. `host`: "127.0.0.1:4711". */
  readonly webhook?: (socket: Socket, host: string) => void;
  /** Answers the handshake instead of the 101. */
  readonly handshake?: (socket: Socket) => void;
  /** Once the 101 is sent and the first bytes of the stream have arrived. `streamSid`: from start. */
  readonly stream?: (socket: Socket, streamSid: string) => void;
}

const document = (twiml: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(twiml)}\r\nConnection: close\r\n\r\n${twiml}`;

const connectTo = (host: string): string => `<Response><Connect><Stream url="ws://${host}/stream"/></Connect></Response>`;

async function open(plan: HostilePlan): ReturnType<HostileServer["open"]> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    let text = "";
    const onData = (bytes: Buffer): void => {
      text += bytes.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      const host = /^host: *(\S+)/im.exec(text)?.[1] ?? "";
      const key = /^sec-websocket-key: *(\S+)/im.exec(text)?.[1];
      if (key === undefined) {
        socket.on("data", () => {});
        if (plan.webhook === undefined) socket.end(document(connectTo(host)));
        else plan.webhook(socket, host);
      } else if (plan.handshake !== undefined) {
        socket.on("data", () => {});
        plan.handshake(socket);
      } else {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
        );
        startStream(plan, socket);
      }
    };
    socket.on("data", onData);
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
}

/** Unmasks as little as it needs: the streamSid of `start`. Then reads no more. */
function startStream({ stream }: HostilePlan, socket: Socket): void {
  const chunks: Buffer[] = [];
  const onData = (bytes: Buffer): void => {
    chunks.push(bytes);
    const streamSid = /"streamSid":"(MZ\w+)"/.exec(unmasked(Buffer.concat(chunks)))?.[1];
    if (streamSid === undefined) return;
    socket.off("data", onData);
    socket.pause();
    stream?.(socket, streamSid);
  };
  socket.on("data", onData);
}

/** The text of a client's whole frames of less than 64 KiB. */
function unmasked(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const maskAt = at + (short === 126 ? 4 : 2);
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const mask = bytes.subarray(maskAt, maskAt + 4);
    const payload = bytes.subarray(maskAt + 4, maskAt + 4 + length);
    text += Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))).toString("latin1");
    at = maskAt + 4 + length;
  }
  return text;
}

/** Writes `piece` again and again, as fast as the peer takes it. */
function pour(socket: Socket, piece: Uint8Array | string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.writable) if (!socket.write(piece)) return void socket.once("drain", more);
  };
  more();
}

/** Writes `piece` every few milliseconds: slowly enough for no read timeout to matter. */
function trickle(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 20);
  socket.on("close", () => clearInterval(timer));
}

const frame = (fields: WebSocketFrame): Uint8Array => encodeFrame(fields, undefined);
const text = (value: object | string): Uint8Array => encodeText(typeof value === "string" ? value : JSON.stringify(value), undefined);
const repeat = (piece: Uint8Array, times: number): Uint8Array => Buffer.concat(Array.from({ length: times }, () => piece));
const media = (streamSid: string, bytes: number, fill = 0x55): Uint8Array =>
  text({ event: "media", streamSid, media: { payload: Buffer.alloc(bytes, fill).toString("base64") } });
const mark = (streamSid: string, name: string): Uint8Array => text({ event: "mark", streamSid, mark: { name } });
const head200 = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";

/** Floods of the stream. */
const streams: Readonly<Record<string, NonNullable<HostilePlan["stream"]>>> = {
  "stream: media of 15 MB each": (socket, sid) => pour(socket, media(sid, 11_000_000)),
  "stream: media of 1 MB each": (socket, sid) => pour(socket, media(sid, 750_000)),
  "stream: media of one byte each": (socket, sid) => pour(socket, repeat(media(sid, 1), 500)),
  "stream: pings from a server that never reads": (socket) =>
    pour(socket, repeat(frame({ opcode: "ping", payload: Buffer.alloc(125, 0x41) }), 500)),
  "stream: pongs": (socket) => pour(socket, repeat(frame({ opcode: "pong", payload: new Uint8Array(0) }), 5_000)),
  "stream: marks behind audio": (socket, sid) => {
    socket.write(media(sid, 800_000));
    pour(socket, repeat(mark(sid, "m"), 500));
  },
  "stream: marks and clears": (socket, sid) => {
    const round = Buffer.concat([media(sid, 80_000), repeat(mark(sid, "m".repeat(100)), 200), text({ event: "clear", streamSid: sid })]);
    pour(socket, round);
  },
  "stream: empty fragments without an end": (socket) => {
    socket.write(frame({ opcode: "text", payload: new Uint8Array(0), fin: false }));
    pour(socket, repeat(frame({ opcode: "continuation", payload: new Uint8Array(0), fin: false }), 5_000));
  },
  "stream: fragments of one byte without an end": (socket) => {
    socket.write(frame({ opcode: "text", payload: Buffer.from("{"), fin: false }));
    pour(socket, repeat(frame({ opcode: "continuation", payload: Buffer.from(" "), fin: false }), 5_000));
  },
  "stream: JSON nested 100,000 deep": (socket) => pour(socket, text(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`)),
  "stream: binary frames of 4 MB each": (socket) => pour(socket, frame({ opcode: "binary", payload: Buffer.alloc(4_000_000) })),
  "stream: text of 2 MB that is not JSON": (socket) => pour(socket, text("ü".repeat(1_000_000))),
  "stream: just below every limit": (socket, sid) => {
    socket.write(repeat(media(sid, 80), 45_000));
    const timer = setInterval(() => socket.write(Buffer.concat([repeat(mark(sid, "m"), 5), repeat(media(sid, 1), 4)])), 20);
    socket.on("close", () => clearInterval(timer));
  },
  "stream: a frame head that announces 8 EiB": (socket) => {
    socket.write(Buffer.from("827f7fffffffffffffff", "hex"));
    pour(socket, Buffer.alloc(65_536));
  },
};

/** Answers to the webhook. */
const webhooks: Readonly<Record<string, NonNullable<HostilePlan["webhook"]>>> = {
  "webhook: 9,000 nested elements": (socket) => socket.end(document(`<Response>${"<a>".repeat(9_000)}${"</a>".repeat(9_000)}</Response>`)),
  "webhook: 103 without end": (socket) => pour(socket, `HTTP/1.1 103 Early Hints\r\nLink: <${"a".repeat(4_000)}>\r\n\r\n`.repeat(10)),
  "webhook: chunk extensions without end": (socket) => {
    socket.write(`${head200}Transfer-Encoding: chunked\r\n\r\n`);
    pour(socket, `1;${"e".repeat(4_000)}\r\nx\r\n`.repeat(10));
  },
  "webhook: chunks of one byte": (socket) => {
    socket.write(`${head200}Transfer-Encoding: chunked\r\n\r\n`);
    pour(socket, "1\r\nx\r\n".repeat(5_000));
  },
  "webhook: trailers without end": (socket) => {
    socket.write(`${head200}Transfer-Encoding: chunked\r\n\r\n0\r\n`);
    pour(socket, "X-More: and more\r\n".repeat(1_000));
  },
  "webhook: header lines without end": (socket) => {
    socket.write(head200);
    pour(socket, "X-More: and more\r\n".repeat(1_000));
  },
  "webhook: a body without end": (socket) => {
    socket.write(`${head200}\r\n`);
    pour(socket, "<!-- more -->".repeat(5_000));
  },
  "webhook: a body that trickles": (socket) => {
    socket.write(`${head200}\r\n`);
    trickle(socket, " ");
  },
  "webhook: redirects without end": (socket, host) =>
    socket.end(
      `HTTP/1.1 307 Temporary Redirect\r\nLocation: http://${host}/${"r".repeat(8_000)}\r\nX: ${"x".repeat(50_000)}\r\nContent-Length: 0\r\n\r\n`,
    ),
  "webhook: documents of 64 kB that redirect to themselves": (socket) =>
    socket.end(document(`<Response>${"<Play>a</Play>".repeat(4_500)}<Redirect/></Response>`)),
  "webhook: bodies of 1 MB that redirect": (socket) =>
    socket.end(
      `HTTP/1.1 307 Temporary Redirect\r\nLocation: /a\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n${"x".repeat(1_000_000)}`,
    ),
  "webhook: a thousand streams": (socket, host) =>
    socket.end(
      document(`<Response>${`<Connect><Stream url="ws://${host.replace(/:\d+/, ":1")}/"/></Connect>`.repeat(1_000)}<Redirect/></Response>`),
    ),
  "webhook: an attribute of 60 kB of entities": (socket) => socket.end(document(`<Response a="${"&b;".repeat(20_000)}">&b;</Response>`)),
  "webhook: a gzip bomb": (socket) => {
    const bomb = Bun.gzipSync(Buffer.alloc(50_000_000, 0x20));
    socket.write(`${head200}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\nConnection: close\r\n\r\n`);
    socket.end(bomb);
  },
};

/** Answers to the handshake. */
const handshakes: Readonly<Record<string, NonNullable<HostilePlan["handshake"]>>> = {
  "handshake: 103 without end": (socket) => pour(socket, `HTTP/1.1 103 Early Hints\r\nLink: <${"a".repeat(4_000)}>\r\n\r\n`.repeat(10)),
  "handshake: a rejection whose body has no end": (socket) => {
    socket.write("HTTP/1.1 403 Forbidden\r\n\r\n");
    pour(socket, "no ".repeat(20_000));
  },
  "handshake: a rejection whose body trickles": (socket) => {
    socket.write("HTTP/1.1 403 Forbidden\r\n\r\n");
    trickle(socket, "no ");
  },
  "handshake: a head that trickles": (socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\n");
    trickle(socket, "X: y\r\n");
  },
};

/** What the doctor must name. */
const causes: Readonly<Record<string, CauseCode>> = {
  "stream: JSON nested 100,000 deep": "media-unknown-event",
  "stream: binary frames of 4 MB each": "media-binary",
  "stream: text of 2 MB that is not JSON": "media-not-json",
  "stream: a frame head that announces 8 EiB": "stream-protocol-error",
  "stream: just below every limit": "media-silent",
  "webhook: 9,000 nested elements": "twiml-malformed",
  "webhook: 103 without end": "webhook-too-big",
  "webhook: chunk extensions without end": "webhook-too-big",
  "webhook: chunks of one byte": "webhook-too-big",
  "webhook: trailers without end": "webhook-too-big",
  "webhook: header lines without end": "webhook-too-big",
  "webhook: a body without end": "webhook-too-big",
  "webhook: a body that trickles": "webhook-unfinished",
  "webhook: redirects without end": "webhook-redirect-loop",
  "webhook: documents of 64 kB that redirect to themselves": "twiml-redirect-loop",
  "webhook: bodies of 1 MB that redirect": "webhook-redirect-loop",
  "webhook: a thousand streams": "url-refused",
  "webhook: an attribute of 60 kB of entities": "twiml-malformed",
  "webhook: a gzip bomb": "webhook-compressed",
  "handshake: 103 without end": "handshake-not-http",
  "handshake: a rejection whose body has no end": "handshake-forbidden",
  "handshake: a rejection whose body trickles": "handshake-forbidden",
  "handshake: a head that trickles": "handshake-timeout",
};

const serversOf = <K extends keyof HostilePlan>(key: K, plans: Readonly<Record<string, NonNullable<HostilePlan[K]>>>) =>
  Object.entries(plans).map(([name, plan]): HostileServer => {
    const cause = causes[name] ?? "stream-flood";
    return { name, cause, open: () => open({ [key]: plan }) };
  });

/** Dials again as soon as a stream has ended. */
const reconnects: HostilePlan["webhook"] = (socket, host) =>
  socket.end(document(`<Response><Connect><Stream url="ws://${host}/stream"/></Connect><Redirect/></Response>`));

export const hostileServers: readonly HostileServer[] = [
  {
    name: "streams: a flood of media on one after the other",
    cause: "stream-flood",
    open: () => open({ webhook: reconnects, stream: (socket, sid) => pour(socket, media(sid, 750_000)) }),
  },
  {
    name: "streams: a flood of marks on one after the other",
    cause: "stream-flood",
    open: () => open({ webhook: reconnects, stream: (socket, sid) => pour(socket, repeat(mark(sid, "m"), 500)) }),
  },
  ...serversOf("stream", streams),
  ...serversOf("webhook", webhooks),
  ...serversOf("handshake", handshakes),
];
