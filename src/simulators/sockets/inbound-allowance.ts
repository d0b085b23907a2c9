// How much a server may send on one WebSocket: a burst, and then a rate, in bytes and in frames. Both are far above
// what a voice call needs, and low enough that no server can fill its caller's memory. Pure.

/** Ten minutes of audio sent at once, the most that Twilio buffers, take 9 MB in frames of 20 ms. */
export const BURST_BYTES = 12_582_912;
/** Ten times what mu-law in real time takes. */
export const BYTES_PER_SECOND = 131_072;
/** Ten minutes of audio in frames of 20 ms are 30,000. */
export const BURST_FRAMES = 50_000;
/** Twenty times real time in frames of 20 ms. */
export const FRAMES_PER_SECOND = 1_000;

/** A class because it counts. */
export class InboundAllowance {
  readonly #openedAtMs: number;
  #bytes = 0;

  constructor(openedAtMs: number) {
    this.#openedAtMs = openedAtMs;
  }

  /** Counts `bytes` more, and `frames` in all. Returns what was exceeded, in words; undefined: nothing. */
  excess(bytes: number, frames: number, nowMs: number): string | undefined {
    this.#bytes += bytes;
    const seconds = Math.max(0, nowMs - this.#openedAtMs) / 1_000;
    const maxBytes = Math.floor(BURST_BYTES + BYTES_PER_SECOND * seconds);
    const maxFrames = Math.floor(BURST_FRAMES + FRAMES_PER_SECOND * seconds);
    const after = `in the first ${seconds.toFixed(1)} s`;
    if (this.#bytes > maxBytes) return `stream: expected at most ${maxBytes} bytes ${after}, got more`;
    return frames > maxFrames ? `stream: expected at most ${maxFrames} frames ${after}, got more` : undefined;
  }
}
