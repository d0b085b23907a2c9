// Sockets that have not sent `start` yet. A socket is not a call, so these are limited in time, messages, bytes and
// number.

import type { Clock } from "../../call/ports.ts";

/** Twilio sends `start` 5 ms after the 101, as its second message, with about 600 bytes. */
export interface PendingLimits {
  /**
   * The caller hears nothing meanwhile, and silence may last six seconds: this must leave time to connect the stream
   * again.
   */
  readonly startTimeoutMs: number;
  readonly messages: number;
  readonly bytes: number;
  /** Behind a tunnel all sockets come from one address, so this must allow a burst of genuine calls. */
  readonly perAddress: number;
  readonly sockets: number;
}

export const pendingLimits: PendingLimits = { startTimeoutMs: 5_000, messages: 8, bytes: 8_192, perAddress: 128, sockets: 1_024 };

export interface PendingSocket {
  /** Counts a message of this size. Returns why the socket must be rejected, or undefined. */
  countMessage(bytes: number): string | undefined;
  /** Removes the socket: it sent `start`, was rejected, or closed. Removing it again does nothing. */
  remove(): void;
}

interface Entry {
  readonly address: string;
  evict(reason: string): void;
}

/** At a limit the oldest socket is evicted: a genuine one stays for milliseconds. */
export class PendingSockets {
  readonly #clock: Clock;
  readonly #limits: PendingLimits;
  /** In order of arrival. */
  readonly #entries = new Set<Entry>();
  readonly #perAddress = new Map<string, number>();

  constructor(clock: Clock, limits: PendingLimits = pendingLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds a socket. `onEvicted` is called at most once, with the reason: its time is up, or another socket needs the
   * room.
   */
  add(address: string, onEvicted: (reason: string) => void): PendingSocket {
    this.#makeRoom(address);
    let messages = 0;
    let bytesSoFar = 0;
    const remove = (): void => {
      cancelTimeout();
      if (!this.#entries.delete(entry)) return;
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    };
    const entry: Entry = {
      address,
      evict(reason) {
        remove();
        onEvicted(reason);
      },
    };
    const cancelTimeout = this.#clock.after(this.#limits.startTimeoutMs, () => entry.evict("no start in time"));
    this.#entries.add(entry);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return {
      countMessage: (bytes) => {
        messages += 1;
        bytesSoFar += bytes;
        if (bytesSoFar > this.#limits.bytes) return "too many bytes before start";
        return messages > this.#limits.messages ? "too many messages before start" : undefined;
      },
      remove,
    };
  }

  #makeRoom(address: string): void {
    const crowded = (this.#perAddress.get(address) ?? 0) >= this.#limits.perAddress;
    if (!crowded && this.#entries.size < this.#limits.sockets) return;
    for (const entry of this.#entries) {
      if (crowded && entry.address !== address) continue;
      entry.evict(crowded ? "too many pending sockets from this address" : "too many pending sockets");
      return;
    }
  }
}
