// WebSocket (RFC 6455) on raw sockets of Bun, for the meter of the bench: both of its ends must cost less than the
// server that they measure. It writes a message with one system call, and gives a message as bytes in place, so that no
// string is made of what is only counted. Only what the meter needs: text in one frame up to 64 KB, ping, close.

import { createHash } from "node:crypto";
import type { Socket } from "bun";

/** RFC 6455 1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Room for a frame's head: 4 bytes, and a mask of 4. */
const HEAD_BYTES = 8;
const MAX_FRAME_BYTES = 65_536;
/** Unsent bytes of one socket. A target that does not read for so long fails the round. */
const MAX_UNSENT_BYTES = 1_048_576;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;

export interface WireListener {
  opened(): void;
  /** A message: bytes `from` to `to`, which are valid only during the call. */
  text(bytes: Buffer, from: number, to: number): void;
  /** Called once, unless we closed it. `why` has the refused handshake's status line. */
  closed(why: string): void;
}

type RawSocket = Socket<Wire>;

/** Shared: a message is written before the next one is made. */
const scratch = Buffer.alloc(HEAD_BYTES + MAX_FRAME_BYTES);

/** One WebSocket, as client (it masks, with zeros, which costs nothing) or as server. */
export class Wire {
  listener: WireListener | undefined;
  readonly #isClient: boolean;
  #socket: RawSocket | undefined;
  #state: "handshake" | "open" | "closed" = "handshake";
  #unread: Buffer | undefined;
  #unsent: Buffer | undefined;

  constructor(isClient: boolean) {
    this.#isClient = isClient;
  }

  /** Dials `ws://127.0.0.1:port/path`. */
  static dial(port: number, path: string, listener: WireListener): Wire {
    const wire = new Wire(true);
    wire.listener = listener;
    void Bun.connect<Wire>({ hostname: "127.0.0.1", port, socket: socketEvents(wire, path) }).catch((error: Error) =>
      wire.end(`cannot connect: ${error.message}`),
    );
    return wire;
  }

  /** Listens on a free port of 127.0.0.1. `onRequest` receives the path of each upgrade, and returns its listener. */
  static listen(onRequest: (wire: Wire, path: string) => WireListener): { readonly port: number; stop(): void } {
    const server = Bun.listen<Wire>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = new Wire(false);
          socket.data.attach(socket);
        },
        data: (socket, bytes) => socket.data.received(bytes, onRequest),
        drain: (socket) => socket.data.flush(),
        close: (socket) => socket.data.end("the connection was closed"),
        error: (socket) => socket.data.end("the connection broke"),
      },
    });
    return { port: server.port, stop: () => server.stop(true) };
  }

  attach(socket: RawSocket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  /** Writes raw text: the head of a handshake. */
  writeHead(head: string): void {
    this.#write(Buffer.from(head, "latin1"), 0);
  }

  /** `text` is ASCII. */
  sendText(text: string): void {
    if (this.#state !== "open") return;
    scratch.write(text, HEAD_BYTES, "latin1");
    this.#sendScratch(TEXT, text.length);
  }

  /** Sends `before`, the bytes, and `after` as one message: audio passes without becoming a string. */
  sendAround(before: string, bytes: Buffer, from: number, to: number, after: string): void {
    if (this.#state !== "open") return;
    scratch.write(before, HEAD_BYTES, "latin1");
    bytes.copy(scratch, HEAD_BYTES + before.length, from, to);
    scratch.write(after, HEAD_BYTES + before.length + to - from, "latin1");
    this.#sendScratch(TEXT, before.length + to - from + after.length);
  }

  close(): void {
    this.listener = undefined;
    if (this.#state === "open") this.#sendScratch(CLOSE, 0);
    this.#state = "closed";
    this.#socket?.end();
  }

  end(why: string): void {
    const listener = this.listener;
    this.listener = undefined;
    this.#state = "closed";
    this.#socket?.end();
    listener?.closed(why);
  }

  flush(): void {
    const bytes = this.#unsent;
    this.#unsent = undefined;
    if (bytes !== undefined) this.#write(bytes, 0);
  }

  received(bytes: Buffer, onRequest?: (wire: Wire, path: string) => WireListener): void {
    const all = this.#unread === undefined ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#unread = undefined;
    let at = 0;
    if (this.#state === "handshake") {
      const headEnd = all.indexOf("\r\n\r\n");
      if (headEnd < 0) {
        this.#unread = all;
        return;
      }
      this.#shakeHands(all.toString("latin1", 0, headEnd), onRequest);
      at = headEnd + 4;
    }
    while (this.#state === "open") {
      const next = this.#readFrame(all, at);
      if (next === at) break;
      at = next;
    }
    if (at < all.length && this.#state === "open") this.#unread = Buffer.from(all.subarray(at));
  }

  #shakeHands(head: string, onRequest: ((wire: Wire, path: string) => WireListener) | undefined): void {
    const [first = ""] = head.split("\r\n");
    if (this.#isClient) {
      if (!first.startsWith("HTTP/1.1 101")) {
        this.end(`refused: ${first}`);
        return;
      }
      this.#state = "open";
    } else {
      const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}${ACCEPT_GUID}`).digest("base64");
      this.writeHead(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      this.#state = "open";
      this.listener = onRequest?.(this, first.split(" ")[1] ?? "");
    }
    this.listener?.opened();
  }

  /** Reads the frame at `at` and returns where the next one begins; `at` itself when the frame is not complete. */
  #readFrame(all: Buffer, at: number): number {
    if (all.length < at + 2) return at;
    const [first = 0, second = 0] = [all[at], all[at + 1]];
    const short = second & 127;
    const isMasked = second >= 128;
    let from = at + 2;
    let length = short;
    if (short === 126) {
      if (all.length < at + 4) return at;
      length = all.readUInt16BE(at + 2);
      from = at + 4;
    }
    const maskAt = from;
    if (isMasked) from += 4;
    const to = from + length;
    if (short === 127) this.end("a frame over 64 KB");
    if (short === 127 || all.length < to) return at;
    if (isMasked) for (let i = from, m = 0; i < to; i += 1, m = (m + 1) & 3) all[i] = (all[i] ?? 0) ^ (all[maskAt + m] ?? 0);
    const opcode = first & 15;
    if (opcode === TEXT) this.listener?.text(all, from, to);
    else if (opcode === PING) this.#answerPing(all, from, to);
    else if (opcode === CLOSE) this.end(`closed by the target, code ${length >= 2 ? all.readUInt16BE(from) : 1005}`);
    return to;
  }

  #answerPing(bytes: Buffer, from: number, to: number): void {
    bytes.copy(scratch, HEAD_BYTES, from, to);
    this.#sendScratch(PING + 1, to - from);
  }

  /** Puts the head in front of the `length` bytes in the scratch buffer. */
  #sendScratch(opcode: number, length: number): void {
    let at = HEAD_BYTES;
    if (this.#isClient) {
      at -= 4;
      scratch.fill(0, at, HEAD_BYTES);
    }
    const masked = this.#isClient ? 128 : 0;
    if (length < 126) {
      at -= 2;
      scratch[at + 1] = masked | length;
    } else {
      at -= 4;
      scratch[at + 1] = masked | 126;
      scratch.writeUInt16BE(length, at + 2);
    }
    scratch[at] = 128 | opcode;
    this.#write(scratch, at, HEAD_BYTES + length);
  }

  #write(bytes: Buffer, from: number, to = bytes.length): void {
    if (this.#unsent === undefined) {
      const written = this.#socket?.write(bytes, from, to - from) ?? -1;
      if (written < 0) this.end("cannot write");
      else if (written < to - from) this.#unsent = Buffer.from(bytes.subarray(from + written, to));
      return;
    }
    this.#unsent = Buffer.concat([this.#unsent, bytes.subarray(from, to)]);
    if (this.#unsent.length > MAX_UNSENT_BYTES) this.end(`over ${MAX_UNSENT_BYTES} bytes are unsent: the target does not read`);
  }
}

function socketEvents(wire: Wire, path: string) {
  return {
    open(socket: RawSocket) {
      wire.attach(socket);
      wire.writeHead(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
    },
    data: (_socket: RawSocket, bytes: Buffer) => wire.received(bytes),
    drain: () => wire.flush(),
    close: () => wire.end("the connection was closed"),
    error: () => wire.end("the connection broke"),
  };
}
