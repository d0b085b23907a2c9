// The lines of `--trace`: every request, answer and frame of a run, in memory until the run ends.

import { Buffer } from "node:buffer";
import { printable } from "../protocol/printable.ts";

/** A call of two minutes has about ten million characters. */
export const MAX_TRACE_CHARS = 40_000_000;

/** Headers whose value lets someone else act as the sender. A stream's signature never expires. */
const secretHeader = /^(x-twilio-signature|authorization|proxy-authorization|cookie|set-cookie)$/i;
const MASK = "(masked)";
/** Each is looked for in every later entry, because a server may repeat it. */
const MAX_SECRETS = 200;

/**
 * JSON lines, with bytes as base64. Signatures, credentials and cookies are masked. Entries beyond the limit are
 * dropped, and the last line says how many.
 */
export class Trace {
  readonly #lines: string[] = [];
  readonly #maxChars: number;
  readonly #secrets = new Set<string>();
  #chars = 0;
  #dropped = 0;

  constructor(maxChars = MAX_TRACE_CHARS) {
    this.#maxChars = maxChars;
  }

  add(entry: Readonly<Record<string, unknown>>): void {
    if (this.#chars > this.#maxChars) {
      this.#dropped += 1;
      return;
    }
    let line = `${JSON.stringify(entry, (key, value: unknown) => this.#plain(key, value))}\n`;
    for (const secret of this.#secrets) line = line.replaceAll(secret, MASK);
    line = printable(line.replace(/(\w:\/\/)[^/?#@\s"]+@/g, `$1${MASK}@`));
    this.#chars += line.length;
    if (this.#chars <= this.#maxChars) this.#lines.push(line);
    else this.#dropped += 1;
  }

  /** Headers are pairs in requests, and keys in answers. */
  #plain(key: string, value: unknown): unknown {
    if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
    if (typeof value === "string" && secretHeader.test(key)) return this.#mask(value);
    if (!Array.isArray(value) || value.length !== 2) return value;
    const [name, content] = value as readonly unknown[];
    const isSecret = typeof name === "string" && typeof content === "string" && secretHeader.test(name);
    return isSecret ? [name, this.#mask(content)] : value;
  }

  #mask(secret: string): string {
    // A short one would be found everywhere.
    if (secret.length >= 8 && secret !== MASK && this.#secrets.size < MAX_SECRETS) this.#secrets.add(JSON.stringify(secret).slice(1, -1));
    return MASK;
  }

  text(): string {
    const lines = this.#lines.join("");
    return this.#dropped === 0 ? lines : `${lines}${JSON.stringify({ type: "trace.cut", dropped: this.#dropped })}\n`;
  }
}
