// Where sockets wait for their `start`: a socket is not a call. Bounded in time, messages, bytes and number. It knows nothing of tokens.

import type { Clock } from "../../call/ports.ts";

/**
 * Limits of the waiting room. Twilio sends `start` 5 ms after the 101, as the second message of about 600 bytes. Meanwhile the caller hears nothing: the wait
 * must leave time, of the six seconds that silence may last, to connect the stream again.
 */
export interface WaitingRoomLimits {
  readonly waitMs: number;
  readonly messages: number;
  readonly bytes: number;
  /** Behind a tunnel all sockets come from one address: this must hold a burst of honest calls. */
  readonly perAddress: number;
  readonly sockets: number;
}

/** The limits in use. */
export const waitingRoomLimits: WaitingRoomLimits = { waitMs: 5_000, messages: 8, bytes: 8_192, perAddress: 128, sockets: 1_024 };

/** One waiting socket's place. */
export interface Place {
  /** Counts a message of so many bytes; why the socket must go, or undefined. */
  count(bytes: number): string | undefined;
  /** Gives the place up: the socket was let in, refused, or has closed. Twice does no harm. */
  leave(): void;
}

interface Waiting {
  readonly address: string;
  evict(reason: string): void;
}

/** A room for sockets of which none has shown who it is. A full one makes the oldest leave: an honest one stays for milliseconds. */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #limits: WaitingRoomLimits;
  /** In order of arrival. */
  readonly #waiting = new Set<Waiting>();
  readonly #perAddress = new Map<string, number>();

  constructor(clock: Clock, limits: WaitingRoomLimits = waitingRoomLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Sockets that wait now. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes a socket in; `expelled` is called once, with the reason, when it must go by time or for another one. */
  enter(address: string, expelled: (reason: string) => void): Place {
    this.#makeRoom(address);
    let messages = 0;
    let bytesSoFar = 0;
    const leave = (): void => {
      callOff();
      if (!this.#waiting.delete(waiting)) return;
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    };
    const waiting: Waiting = {
      address,
      evict(reason) {
        leave();
        expelled(reason);
      },
    };
    const callOff = this.#clock.after(this.#limits.waitMs, () => waiting.evict("no start in time"));
    this.#waiting.add(waiting);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return {
      count: (bytes) => {
        messages += 1;
        bytesSoFar += bytes;
        if (bytesSoFar > this.#limits.bytes) return "too many bytes before start";
        return messages > this.#limits.messages ? "too many messages before start" : undefined;
      },
      leave,
    };
  }

  #makeRoom(address: string): void {
    const crowded = (this.#perAddress.get(address) ?? 0) >= this.#limits.perAddress;
    if (!crowded && this.#waiting.size < this.#limits.sockets) return;
    for (const waiting of this.#waiting) {
      if (crowded && waiting.address !== address) continue;
      waiting.evict(crowded ? "too many sockets of this address wait" : "too many sockets wait");
      return;
    }
  }
}
