// The lines of `--trace`: every request, answer and frame of a run, in memory until the run ends.

import { Buffer } from "node:buffer";

/** A call of two minutes has about ten million characters. */
const MAX_TRACE_CHARS = 200_000_000;

/** JSON lines, with bytes as base64. Entries beyond the limit are dropped. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #maxChars: number;
  #chars = 0;

  constructor(maxChars = MAX_TRACE_CHARS) {
    this.#maxChars = maxChars;
  }

  add(entry: Readonly<Record<string, unknown>>): void {
    if (this.#chars > this.#maxChars) return;
    const line = `${JSON.stringify(entry, (_key, value: unknown) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
    )}\n`;
    this.#chars += line.length;
    if (this.#chars <= this.#maxChars) this.#lines.push(line);
  }

  text(): string {
    return this.#lines.join("");
  }
}
