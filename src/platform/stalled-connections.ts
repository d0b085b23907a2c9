// Closes connections that hold an open file without having sent a whole request, when open files run short. Bun itself
// closes them after 12 s: at a limit of 4,096 files, 400 of them a second would leave Twilio's requests waiting in the
// kernel's queue. The runtime shows no such connection to us, so they are found among the process's descriptors.

/** The process's open files. */
export interface Descriptors {
  /** All below are in use. Undefined when all are. */
  lowestFree(): number | undefined;
  /** The peer of a connection that was accepted on our port; undefined for any other descriptor. */
  peerOf(descriptor: number): number | undefined;
  /** Ends the connection in both directions. The runtime then closes it as if the peer had. */
  shutDown(descriptor: number): void;
}

/** Looking at a descriptor costs about one microsecond, in which no call is served. */
export const DESCRIPTORS_AT_ONCE = 2_048;
/** More open files than so many are never needed for calls: one core handles about 300. */
const MANY_FILES = 16_384;
/** From this share of the open files on, connections are observed. */
const OBSERVE_SHARE = 1 / 4;
const CLOSE_SHARE = 1 / 2;
const URGENT_SHARE = 3 / 4;
/** Twilio and proxies send a request with the first packet after the connection. */
export const PATIENCE_MS = 2_000;
export const URGENT_PATIENCE_MS = 250;
/** After so long without pressure, what was observed is forgotten. */
const FORGET_MS = 10_000;
/** Of the open files, for requests being answered. Of more, the oldest may be closed: its body may never come. */
const ANSWERING_SHARE = 1 / 8;

interface Observed {
  readonly peer: number;
  readonly sinceMs: number;
}

export class StalledConnections {
  readonly #limit: number;
  readonly #open: () => Descriptors | undefined;
  /** Peers with an open WebSocket, and how many: a new one may open before the end of the last is reported. */
  readonly #sockets = new Map<number, number>();
  /** Peers whose request is being answered, the oldest first. */
  readonly #answering = new Map<number, object>();
  /** Connections without a request, by descriptor. At most one for each descriptor. */
  readonly #observed = new Map<number, Observed>();
  #descriptors: Descriptors | undefined;
  #next = 0;
  #lastPressureMs = 0;

  /**
   * `limit`: how many files the process may have open. `open` is called by the first `close`, so that it does not delay
   * the start; undefined where descriptors cannot be looked at, and then nothing is closed.
   */
  constructor(limit: number, open: () => Descriptors | undefined) {
    this.#limit = limit;
    this.#open = open;
  }

  /** A WebSocket is not closed until the returned function is called. */
  keepSocket(peer: number): () => void {
    this.#sockets.set(peer, (this.#sockets.get(peer) ?? 0) + 1);
    return () => {
      const count = (this.#sockets.get(peer) ?? 0) - 1;
      if (count > 0) this.#sockets.set(peer, count);
      else this.#sockets.delete(peer);
    };
  }

  /** A request is not closed until the returned function is called, or too many others are being answered. */
  keepRequest(peer: number): () => void {
    const request = {};
    this.#answering.delete(peer);
    this.#answering.set(peer, request);
    if (this.#answering.size > Math.max(1, Math.floor(this.#limit * ANSWERING_SHARE))) {
      for (const oldest of this.#answering.keys()) {
        this.#answering.delete(oldest);
        break;
      }
    }
    return () => void (this.#answering.get(peer) === request && this.#answering.delete(peer));
  }

  /** Looks at some descriptors and closes what has waited too long. Returns how many were closed. */
  close(nowMs: number): number {
    this.#descriptors ??= this.#open();
    if (this.#descriptors === undefined) return 0;
    const used = this.#descriptors.lowestFree() ?? this.#limit;
    const share = used / Math.min(this.#limit, MANY_FILES);
    if (share < OBSERVE_SHARE) {
      if (nowMs - this.#lastPressureMs > FORGET_MS) this.#observed.clear();
      return 0;
    }
    this.#lastPressureMs = nowMs;
    const patienceMs = share < CLOSE_SHARE ? Number.POSITIVE_INFINITY : share < URGENT_SHARE ? PATIENCE_MS : URGENT_PATIENCE_MS;
    const end = Math.min(this.#limit, 2 * used); // few are used beyond the lowest free one
    let closed = 0;
    for (let looked = 0; looked < Math.min(DESCRIPTORS_AT_ONCE, end); looked += 1) {
      if (this.#next >= end) this.#next = 0;
      if (this.#closeIfStalled(this.#descriptors, this.#next, nowMs, patienceMs)) closed += 1;
      this.#next += 1;
    }
    return closed;
  }

  #closeIfStalled(descriptors: Descriptors, descriptor: number, nowMs: number, patienceMs: number): boolean {
    const peer = descriptors.peerOf(descriptor);
    if (peer === undefined || this.#sockets.has(peer) || this.#answering.has(peer)) {
      this.#observed.delete(descriptor);
      return false;
    }
    const observed = this.#observed.get(descriptor);
    if (observed?.peer !== peer) {
      this.#observed.set(descriptor, { peer, sinceMs: nowMs });
      return false;
    }
    if (nowMs - observed.sinceMs < patienceMs) return false;
    descriptors.shutDown(descriptor);
    this.#observed.delete(descriptor);
    return true;
  }
}

/** A peer as one number: the last four bytes of its address, and its port. */
export function peerOf(tail: number, port: number): number {
  return tail * 65_536 + port;
}

/** The last four bytes of an IPv4 or IPv6 address. */
export function addressTail(address: string): number {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted !== null) return dotted.slice(1).reduce((tail, byte) => tail * 256 + Number(byte), 0);
  const [low = "", high = ""] = address.replace(/%.*$/, "").split(":").reverse();
  return Number.parseInt(high || "0", 16) * 65_536 + Number.parseInt(low || "0", 16);
}
