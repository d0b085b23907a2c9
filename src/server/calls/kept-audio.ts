// What one call keeps of the caller's audio, so that a model session that begins later can get it: payloads, as they
// came. The rules decide what is kept (call/machines/intake.ts); here is the memory. It is one buffer, because the
// strings of a second of speech would outlive the collector's young generation, and cost more than all else of a call.

import { Buffer } from "node:buffer";
import { payloadBytes } from "../../protocol/media-streams/media-streams.ts";

/** A second and a half of usual frames: what is kept while nobody speaks needs no second buffer. */
const SMALLEST_CHARS = 16_384;
/** Ends each payload; base64 has no comma (RFC 4648 section 4). */
const END = ",".charCodeAt(0);

const PADDING = "=".charCodeAt(0);
const NOTHING = Buffer.alloc(0);

/** A class because it is memory. Payloads are base64, PCMU. */
export class KeptAudio {
  #text = NOTHING;
  /** Where the oldest payload begins, and where the next one goes. */
  #from = 0;
  #to = 0;
  #bytes = 0;
  /** The oldest beyond it are dropped when what is kept is read, or when their room is needed: not at each frame. */
  #maxBytes = 0;

  /** Bytes of audio. */
  get bytes(): number {
    this.#drop();
    return this.#bytes;
  }

  /** Characters that fit into its memory. */
  get capacityChars(): number {
    return this.#text.length;
  }

  /** Keeps a payload, and drops the oldest beyond `maxBytes` of audio. An empty one has no place. */
  keep(payload: string, maxBytes: number): void {
    if (payload === "") return;
    if (maxBytes !== this.#maxBytes) this.#drop();
    this.#maxBytes = maxBytes;
    this.#makeRoom(payload.length + 1);
    this.#text.write(payload, this.#to, "latin1");
    this.#to += payload.length;
    this.#text[this.#to++] = END;
    this.#bytes += payloadBytes(payload);
  }

  /** Drops the oldest payloads beyond `maxBytes` of audio. */
  trim(maxBytes: number): void {
    this.#drop();
    this.#maxBytes = maxBytes;
    this.#drop();
  }

  /** Also frees the memory. */
  forget(): void {
    this.#from = this.#to = this.#bytes = 0;
    this.#text = NOTHING;
  }

  /** Oldest first. */
  payloads(): readonly string[] {
    this.#drop();
    return this.#text.toString("latin1", this.#from, this.#to).split(",").slice(0, -1);
  }

  #drop(): void {
    while (this.#bytes > this.#maxBytes) {
      const end = this.#text.indexOf(END, this.#from);
      const padding = this.#text[end - 2] === PADDING ? 2 : this.#text[end - 1] === PADDING ? 1 : 0;
      this.#bytes -= ((end - this.#from) / 4) * 3 - padding;
      this.#from = end + 1;
    }
  }

  /** Moves what is kept to the buffer's start, into a larger one when it would soon have to move again. */
  #makeRoom(chars: number): void {
    if (this.#to + chars <= this.#text.length) return;
    this.#drop();
    const needed = this.#to - this.#from + chars;
    const isSmall = needed + needed / 4 > this.#text.length;
    const text = isSmall ? Buffer.allocUnsafeSlow(Math.max(SMALLEST_CHARS, 2 * needed)) : this.#text;
    this.#text.copy(text, 0, this.#from, this.#to);
    this.#text = text;
    this.#to -= this.#from;
    this.#from = 0;
  }
}
