// Bytes of a connection that have arrived and are not read yet. Each byte is copied a bounded number of times, however
// small the pieces in which it arrives or is taken. Joining whole arrays: bytes.ts.

/** A larger buffer is released once everything in it has been taken. */
const KEPT_BYTES = 65_536;

/** A class because readers share its buffer. */
export class ByteQueue {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** What has not been taken, without copying: valid until the next call. */
  peek(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Removes the first `count` bytes and returns a copy of them. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(this.#start, Math.min(this.#end, this.#start + count));
    this.skip(count);
    return taken;
  }

  /** Removes the first `count` bytes. */
  skip(count: number): void {
    this.#start = Math.min(this.#end, this.#start + count);
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = new Uint8Array(0);
  }

  /** Doubling keeps the cost of many small pieces proportional to their bytes. */
  #makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    const target = needed * 2 > this.#buffer.length ? new Uint8Array(Math.max(1_024, needed * 2)) : this.#buffer;
    target.set(this.peek());
    this.#buffer = target;
    this.#end = this.length;
    this.#start = 0;
  }
}
