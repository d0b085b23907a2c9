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
  /** Half of them for signed sockets and half for the others, at least one each. */
  readonly sockets: number;
  /** Rejected sockets that get a close frame within {@link CLOSING_MS}. The others are dropped. */
  readonly closing: number;
}

export const pendingLimits: PendingLimits = { startTimeoutMs: 5_000, messages: 8, bytes: 8_192, sockets: 1_024, closing: 64 };

/**
 * For so long a socket that we closed may keep its file, if the peer does not close it too. Under Bun nothing shortens
 * that: after `close`, `terminate` does nothing.
 */
export const CLOSING_MS = 20_000;

export interface PendingSocket {
  /** Counts a message of this size. Returns why the socket must be rejected, or undefined. */
  countMessage(bytes: number): string | undefined;
  /** Removes the socket: it sent `start`, was rejected, or closed. Removing it again does nothing. */
  remove(): void;
}

interface Entry {
  evict(reason: string): void;
}

/**
 * At the limit another socket is evicted. Sockets whose upgrade has a valid signature of Twilio have a room of their
 * own, so that no number of others evicts them: behind a proxy or tunnel all sockets come from one address.
 */
export class PendingSockets {
  readonly #clock: Clock;
  readonly #limits: PendingLimits;
  readonly #signed: Room;
  readonly #others: Room;
  /** When each socket was closed that may still have its file, the oldest first. */
  readonly #closedAtMs: number[] = [];

  constructor(clock: Clock, limits: PendingLimits = pendingLimits) {
    this.#clock = clock;
    this.#limits = limits;
    const half = Math.max(1, Math.floor(limits.sockets / 2));
    this.#signed = new Room(half);
    this.#others = new Room(half);
  }

  get size(): number {
    return this.#signed.size + this.#others.size;
  }

  /**
   * Adds a socket. `signed`: its upgrade has a valid signature. `onEvicted` is called at most once, with the reason:
   * its time is up, or another socket needs the room.
   */
  add(address: string, signed: boolean, onEvicted: (reason: string) => void): PendingSocket {
    const room = signed ? this.#signed : this.#others;
    const network = networkOf(address);
    let messages = 0;
    let bytesSoFar = 0;
    const remove = (): void => {
      cancelTimeout();
      room.delete(network, entry);
    };
    const entry: Entry = {
      evict(reason) {
        remove();
        onEvicted(reason);
      },
    };
    const cancelTimeout = this.#clock.after(this.#limits.startTimeoutMs, () => entry.evict("no start in time"));
    room.add(network, entry);
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

  /** Whether a rejected socket gets a close frame, which names the reason. Otherwise it is dropped. */
  mayClose(): boolean {
    const nowMs = this.#clock.nowMs();
    while ((this.#closedAtMs[0] ?? nowMs) + CLOSING_MS < nowMs) this.#closedAtMs.shift();
    if (this.#closedAtMs.length >= this.#limits.closing) return false;
    this.#closedAtMs.push(nowMs);
    return true;
  }
}

/** So many sockets. For one more, the oldest of the network with the most sockets is evicted. */
class Room {
  readonly #capacity: number;
  /** Per network in order of arrival. */
  readonly #networks = new Map<string, Set<Entry>>();
  size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(network: string, entry: Entry): void {
    if (this.size >= this.#capacity) this.#evictOne();
    const entries = this.#networks.get(network);
    if (entries === undefined) this.#networks.set(network, new Set([entry]));
    else entries.add(entry);
    this.size += 1;
  }

  delete(network: string, entry: Entry): void {
    const entries = this.#networks.get(network);
    if (entries?.delete(entry) !== true) return;
    this.size -= 1;
    if (entries.size === 0) this.#networks.delete(network);
  }

  #evictOne(): void {
    let largest: ReadonlySet<Entry> = new Set();
    for (const entries of this.#networks.values()) if (entries.size > largest.size) largest = entries;
    for (const oldest of largest) {
      oldest.evict("too many pending sockets");
      return;
    }
  }
}

/** An IPv4 address, or the /64 of an IPv6 address: one client has all of it (RFC 6177 section 2). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - after) }, () => "0");
  const all = [...groups, ...zeros, ...(tail ?? "").split(":")].slice(0, 4);
  return `${all.map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
