// Reads WebSocket messages from bytes as they arrive: decodes frames, joins fragments, and checks every rule of the
// protocol. Encoding frames: frames.ts. Answering with a pong or close is up to the owner of the socket. Follows RFC
// 6455 sections 5 to 8.

import { ByteQueue } from "../byte-queue.ts";
import { joinBytes, latin1Text, utf8Text } from "../bytes.ts";
import { MAX_CONTROL_BYTES, masked, OPCODE } from "./frames.ts";

/** Nothing follows `close` or `broken`. */
export type WebSocketMessage =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  | { readonly type: "ping"; readonly payload: Uint8Array }
  | { readonly type: "pong"; readonly payload: Uint8Array }
  | { readonly type: "close"; readonly code: number | undefined; readonly reason: string }
  /** The peer broke the protocol. `bad` names the section of the RFC; `closeCode` is the code to close with. */
  | { readonly type: "broken"; readonly bad: string; readonly closeCode: 1002 | 1007 | 1009; readonly violation: Violation };

/**
 * What arrived instead of a frame.
 * - `http`: an HTTP response. `text`: other text that is not in a frame.
 * - `compressed`: a frame with the bit of permessage-deflate (RFC 7692 section 6), which was not negotiated.
 * - `length`: a message over the limit. `frame`: another frame that breaks RFC 6455.
 */
export type Violation = "http" | "text" | "compressed" | "length" | "frame";

type Broken = Extract<WebSocketMessage, { type: "broken" }>;

interface FrameHead {
  readonly fin: boolean;
  /** Whether one of the three reserved bits is set. */
  readonly reserved: boolean;
  /** Whether a text or binary frame has only the first of them: permessage-deflate (RFC 7692 section 6). */
  readonly compressed: boolean;
  readonly opcode: number;
  readonly headBytes: number;
  readonly payloadBytes: number;
  /** Whether the length is not minimally encoded, or has its highest bit set. */
  readonly overlong: boolean;
  readonly maskKey: Uint8Array | undefined;
}

export interface WebSocketReaderOptions {
  /** The sender: clients mask their frames, servers do not (section 5.1). */
  readonly from: "client" | "server";
  /** Over all fragments. A longer message is `broken` with 1009 as soon as a frame head announces it. */
  readonly maxMessageBytes: number;
}

/** Reads one direction of a WebSocket. */
export class WebSocketReader {
  readonly #options: WebSocketReaderOptions;
  readonly #pending = new ByteQueue();
  #frames = 0;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  /** The type of the message whose fragments are being collected. */
  #collecting: "text" | "binary" | undefined;
  #over = false;

  constructor(options: WebSocketReaderOptions) {
    this.#options = options;
  }

  /** How many frames have been read: fragments and control frames too. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes the next bytes, cut anywhere, and returns the messages that they complete. */
  push(bytes: Uint8Array): readonly WebSocketMessage[] {
    const messages: WebSocketMessage[] = [];
    if (this.#over) return messages;
    this.#pending.push(bytes);
    while (!this.#over) {
      const pending = this.#pending.peek();
      const head = readHead(pending);
      if (head === undefined) break;
      const fault = this.#fault(head);
      if (fault !== undefined && mayBecomeText(pending)) break;
      if (fault === undefined && pending.length < head.headBytes + head.payloadBytes) break;
      const message = fault === undefined ? this.#takeFrame(head) : (notAFrame(pending) ?? fault);
      if (message !== undefined) messages.push(message);
      this.#over = message?.type === "broken" || message?.type === "close";
    }
    return messages;
  }

  /** Checks a frame by its head alone, so that it is rejected before its payload arrives. */
  #fault(head: FrameHead): Broken | undefined {
    const { opcode, fin, payloadBytes } = head;
    if (head.reserved) {
      const bad = "expected no reserved bit, since no extension was negotiated, got one (RFC 6455 section 5.2)";
      return head.compressed ? broken(bad, 1002, "compressed") : broken(bad);
    }
    if (!knownOpcodes.has(opcode)) return broken(`expected a known opcode, got ${opcode} (RFC 6455 section 5.2)`);
    const fromClient = this.#options.from === "client";
    if (fromClient && head.maskKey === undefined) return broken("expected a client's frame to be masked (RFC 6455 section 5.1)");
    if (!fromClient && head.maskKey !== undefined) return broken("expected a server's frame not to be masked (RFC 6455 section 5.1)");
    if (head.overlong) return broken("expected the length in the fewest bytes (RFC 6455 section 5.2)");
    if (isControl(opcode)) {
      if (!fin) return broken("expected a whole control frame, got a fragment (RFC 6455 section 5.5)");
      return payloadBytes > MAX_CONTROL_BYTES ? broken("expected at most 125 bytes in a control frame (RFC 6455 section 5.5)") : undefined;
    }
    const continues = opcode === OPCODE.continuation;
    if (continues && this.#collecting === undefined) return broken("expected a message before its continuation (RFC 6455 section 5.4)");
    if (!continues && this.#collecting !== undefined)
      return broken("expected the message's continuation, got a new one (RFC 6455 section 5.4)");
    const total = this.#fragmentBytes + payloadBytes;
    if (total <= this.#options.maxMessageBytes) return undefined;
    return broken(
      `expected a message of at most ${this.#options.maxMessageBytes} bytes, got ${total} (RFC 6455 section 7.4.1)`,
      1009,
      "length",
    );
  }

  /** Takes a complete frame from the pending bytes. Returns the message that it completes, if any. */
  #takeFrame({ opcode, fin, headBytes, payloadBytes, maskKey }: FrameHead): WebSocketMessage | undefined {
    this.#frames += 1;
    this.#pending.skip(headBytes);
    const raw = this.#pending.take(payloadBytes);
    const payload = maskKey === undefined ? raw : masked(raw, maskKey);
    if (opcode === OPCODE.ping) return { type: "ping", payload };
    if (opcode === OPCODE.pong) return { type: "pong", payload };
    if (opcode === OPCODE.close) return readClose(payload);
    if (opcode !== OPCODE.continuation) this.#collecting = opcode === OPCODE.text ? "text" : "binary";
    // Empty fragments are not kept: there may be any number.
    if (payload.length > 0) this.#fragments.push(payload);
    this.#fragmentBytes += payload.length;
    return fin ? this.#takeMessage() : undefined;
  }

  #takeMessage(): WebSocketMessage {
    const bytes = joinBytes(this.#fragments);
    const type = this.#collecting;
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#collecting = undefined;
    if (type === "binary") return { type, bytes };
    const text = utf8Text(bytes);
    return text === undefined ? broken("expected UTF-8 in a text message (RFC 6455 section 8.1)", 1007) : { type: "text", text };
  }
}

const knownOpcodes: ReadonlySet<number> = new Set(Object.values(OPCODE));

function isControl(opcode: number): boolean {
  return opcode >= OPCODE.close;
}

function broken(what: string, closeCode: Broken["closeCode"] = 1002, violation: Violation = "frame"): Broken {
  return { type: "broken", bad: `frame: ${what}`, closeCode, violation };
}

const httpStart = "HTTP/";
/** Fewer characters are taken for the bytes of a bad frame. */
const MIN_TEXT_LENGTH = 4;

/**
 * Whether more bytes may show that this is text or an HTTP response, not a frame. The reader waits for them, so that
 * the same bytes give the same violation however they are cut.
 */
function mayBecomeText(bytes: Uint8Array): boolean {
  const text = textStart(bytes);
  if (text.length < bytes.length) return false;
  return text.length < MIN_TEXT_LENGTH || (text.length < httpStart.length && httpStart.startsWith(text));
}

/** The text that the bytes begin with. It is short; a close frame may follow it. */
function textStart(bytes: Uint8Array): string {
  return /^[\t\n\r -~]*/.exec(latin1Text(bytes.subarray(0, 80)))?.[0] ?? "";
}

/** Undefined: the bytes are not text. */
function notAFrame(bytes: Uint8Array): Broken | undefined {
  const text = textStart(bytes);
  if (text.length < MIN_TEXT_LENGTH) return undefined;
  const [line = ""] = text.split("\r\n", 1);
  const isHttp = text.startsWith(httpStart);
  const what = isHttp ? "an HTTP response" : "text that is not in a frame";
  return broken(`expected a frame, got ${what}: ${JSON.stringify(line)} (RFC 6455 section 5.2)`, 1002, isHttp ? "http" : "text");
}

/** Decodes a frame's head (section 5.2); undefined while it is incomplete. */
function readHead(bytes: Uint8Array): FrameHead | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const maskAt = 2 + lengthBytes;
  const isMasked = (second & 0x80) !== 0;
  const headBytes = maskAt + (isMasked ? 4 : 0);
  if (bytes.length < headBytes) return undefined;
  // Lengths over 2 ** 53 lose precision here, and are too long anyway.
  const payloadBytes = lengthBytes === 0 ? short : bytes.subarray(2, maskAt).reduce((value, byte) => value * 256 + byte, 0);
  return {
    fin: (first & 0x80) !== 0,
    reserved: (first & 0x70) !== 0,
    compressed: (first & 0x70) === 0x40 && !isControl(first & 0x0f),
    opcode: first & 0x0f,
    headBytes,
    payloadBytes,
    overlong: (lengthBytes === 2 && payloadBytes < 126) || (lengthBytes === 8 && (payloadBytes <= 0xffff || payloadBytes >= 2 ** 63)),
    maskKey: isMasked ? bytes.slice(maskAt, headBytes) : undefined,
  };
}

/**
 * Codes that may be sent: the protocol's (section 7.4.1), those registered with IANA since, and those of libraries and
 * applications (7.4.2).
 */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

function readClose(payload: Uint8Array): WebSocketMessage {
  const [high, low] = payload;
  if (high === undefined) return { type: "close", code: undefined, reason: "" };
  if (low === undefined) return broken("expected a close code of two bytes, got one (RFC 6455 section 5.5.1)");
  const code = high * 256 + low;
  if (!isCloseCode(code)) return broken(`expected a close code that may be sent, got ${code} (RFC 6455 section 7.4)`);
  const reason = utf8Text(payload.subarray(2));
  return reason === undefined ? broken("expected UTF-8 in a close reason (RFC 6455 section 5.5.1)", 1007) : { type: "close", code, reason };
}
