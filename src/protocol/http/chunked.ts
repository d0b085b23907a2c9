// Decodes a chunked HTTP body from bytes as they arrive. Chunk extensions and trailer fields are skipped.
// Follows RFC 9112 section 7.1.

import type { Bad } from "../bad.ts";
import { concatBytes, joinBytes, latin1Text } from "../bytes.ts";

/** For a chunk's size line, and for the trailer as a whole. */
const maxLineBytes = 4096;

const sizeLine = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;

export class ChunkedBody {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #trailerBytes = 0;
  #pending: Uint8Array = new Uint8Array(0);
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
    this.#pending = concatBytes(this.#pending, bytes);
    for (;;) {
      const end = this.#pending.indexOf(10);
      if (end === -1) return this.#pending.length > maxLineBytes ? tooLongLine : undefined;
      if (end > maxLineBytes) return tooLongLine;
      const line = latin1Text(this.#pending.subarray(0, end));
      if (!line.endsWith("\r")) return { bad: "chunk: expected CR LF at the end of a line, got LF (RFC 9112 section 7.1)" };
      const step = this.#state === "trailer" ? this.#readTrailer(line.length, end) : this.#readChunk(line.slice(0, -1), end);
      if (step !== "next") return step;
    }
  }

  /** Takes a size line with its chunk, once it is complete. The last chunk has size 0. */
  #readChunk(line: string, end: number): "next" | Bad | undefined {
    const size = Number.parseInt(sizeLine.exec(line)?.[1] ?? "", 16);
    if (Number.isNaN(size)) return { bad: "chunk: expected its size in hexadecimal digits (RFC 9112 section 7.1)" };
    if (this.#bytes + size > this.#maxBytes) return { bad: `body: expected at most ${this.#maxBytes} bytes, got more` };
    const dataAt = end + 1;
    if (size === 0) {
      this.#state = "trailer";
      this.#pending = this.#pending.slice(dataAt);
      return "next";
    }
    if (this.#pending.length < dataAt + size + 2) return undefined;
    if (this.#pending[dataAt + size] !== 13 || this.#pending[dataAt + size + 1] !== 10) {
      return { bad: "chunk: expected CR LF after its data (RFC 9112 section 7.1)" };
    }
    this.#chunks.push(this.#pending.slice(dataAt, dataAt + size));
    this.#bytes += size;
    this.#pending = this.#pending.slice(dataAt + size + 2);
    return "next";
  }

  /** An empty line ends the trailer, and with it the body. */
  #readTrailer(lineBytes: number, end: number): "next" | { readonly body: Uint8Array; readonly rest: Uint8Array } | Bad {
    this.#pending = this.#pending.slice(end + 1);
    this.#trailerBytes += lineBytes;
    if (lineBytes === 1) return { body: joinBytes(this.#chunks), rest: this.#pending };
    return this.#trailerBytes > maxLineBytes ? tooLongLine : "next";
  }
}

const tooLongLine: Bad = { bad: `chunk: expected lines of at most ${maxLineBytes} bytes, got a longer one` };
