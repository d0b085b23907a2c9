// Decodes a chunked HTTP body from bytes as they arrive. Chunk extensions and trailer fields are skipped.
// Follows RFC 9112 section 7.1.

import type { Bad } from "../bad.ts";
import { ByteQueue } from "../byte-queue.ts";
import { latin1Text } from "../bytes.ts";

/** For a chunk's size line, and for the trailer as a whole. */
const MAX_LINE_BYTES = 4_096;
/** For all chunk extensions of a body together. Hardly any server sends one. */
export const MAX_EXTENSION_BYTES = 16_384;

const sizeLine = /^([0-9a-f]{1,8})[ \t]*((?:;.*)?)$/i;

export class ChunkedBody {
  readonly #maxBytes: number;
  readonly #body = new ByteQueue();
  readonly #pending = new ByteQueue();
  #extensionBytes = 0;
  #trailerBytes = 0;
  #state: "size" | "trailer" = "size";

  /** A longer body is Bad. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes. Returns the whole body with the bytes after it, Bad, or undefined while the body is
   * incomplete.
   */
  push(bytes: Uint8Array): { readonly body: Uint8Array; readonly rest: Uint8Array } | Bad | undefined {
    this.#pending.push(bytes);
    for (;;) {
      const pending = this.#pending.peek();
      const end = pending.subarray(0, MAX_LINE_BYTES + 1).indexOf(10);
      if (end === -1) return pending.length > MAX_LINE_BYTES ? tooLongLine : undefined;
      const line = latin1Text(pending.subarray(0, end));
      if (!line.endsWith("\r")) return { bad: "chunk: expected CR LF at the end of a line, got LF (RFC 9112 section 7.1)" };
      const step = this.#state === "trailer" ? this.#readTrailer(line.length, end) : this.#readChunk(line.slice(0, -1), end, pending);
      if (step !== "next") return step;
    }
  }

  /** Takes a size line with its chunk, once it is complete. The last chunk has size 0. */
  #readChunk(line: string, end: number, pending: Uint8Array): "next" | Bad | undefined {
    const [, digits = "", extension = ""] = sizeLine.exec(line) ?? [];
    const size = Number.parseInt(digits, 16);
    if (Number.isNaN(size)) return { bad: "chunk: expected its size in hexadecimal digits (RFC 9112 section 7.1)" };
    if (this.#body.length + size > this.#maxBytes) return { bad: `body: expected at most ${this.#maxBytes} bytes, got more` };
    const dataAt = end + 1;
    if (size > 0 && pending.length < dataAt + size + 2) return undefined;
    this.#extensionBytes += extension.length;
    if (this.#extensionBytes > MAX_EXTENSION_BYTES) {
      return { bad: `chunk: expected at most ${MAX_EXTENSION_BYTES} bytes of extensions, got more (RFC 9112 section 7.1.1)` };
    }
    if (size === 0) {
      this.#state = "trailer";
      this.#pending.skip(dataAt);
      return "next";
    }
    if (pending[dataAt + size] !== 13 || pending[dataAt + size + 1] !== 10) {
      return { bad: "chunk: expected CR LF after its data (RFC 9112 section 7.1)" };
    }
    this.#body.push(pending.subarray(dataAt, dataAt + size));
    this.#pending.skip(dataAt + size + 2);
    return "next";
  }

  /** An empty line ends the trailer, and with it the body. */
  #readTrailer(lineBytes: number, end: number): "next" | { readonly body: Uint8Array; readonly rest: Uint8Array } | Bad {
    this.#pending.skip(end + 1);
    this.#trailerBytes += lineBytes;
    if (lineBytes === 1) return { body: this.#body.take(this.#body.length), rest: this.#pending.take(this.#pending.length) };
    return this.#trailerBytes > MAX_LINE_BYTES ? tooLongLine : "next";
  }
}

const tooLongLine: Bad = { bad: `chunk: expected lines of at most ${MAX_LINE_BYTES} bytes, got a longer one` };
