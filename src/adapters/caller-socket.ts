// The caller leg's socket: an accepted WebSocket as the call's CallerPort. It detects a dead peer by liveness probes, a
// peer that floods, and one that does not read. Its messages: protocol/media-streams. Follows RFC 6455 5.5.2 (ping and
// pong) and 7.1 (closing).

import type { CallerPort, Clock } from "../call/ports.ts";
import type { AcceptedSocket, SocketListener } from "../platform/seam.ts";

/** How often we ping while frames arrive: often enough for a proxy that cuts connections it sees as idle after 30 s. */
export const PING_EVERY_MS = 20_000;
/**
 * Twilio sends 50 frames a second. After this long without one a liveness probe (a ping) is sent, and again after each
 * further such time.
 */
export const STILL_MS = 1_500;
/**
 * Unanswered liveness probes after which the peer is dead. By then the caller has heard nothing for 4.5 s, and must
 * hear something before six. Missing media alone ends no call: Twilio answers pings while a caller is muted. Probes are
 * counted instead of time, so that a pause of our own process does not count against the peer.
 */
export const UNANSWERED_PINGS = 2;
/** Frames in a row that could not be sent (a second of speech): the peer does not read. */
export const MAX_DROPPED_FRAMES = 50;
/**
 * The size of a leaky bucket for messages above {@link FLOOD_PER_S}. After our machine stood still for a minute, 3,000
 * frames arrive at once; a `clear` returns all 256 outstanding marks. Neither is a flood.
 */
export const FLOOD_MESSAGES = 4_000;
/**
 * Messages a second that leak from the bucket. A telephone call sends 50 frames, and at most nine of our marks return.
 */
export const FLOOD_PER_S = 200;
/** A message counts once, plus once for each of so many bytes. Twilio's have about 400. */
export const FLOOD_UNIT_BYTES = 1_024;
/**
 * For the peer's answer to our close frame: well below AFTER_REQUEST_MS (server/calls/call-registry.ts), the time for
 * Twilio's next webhook.
 */
export const CLOSE_WAIT_MS = 2_000;

/** RFC 6455 7.4.1: normal closure. Twilio then goes on with what follows `<Connect>`. */
const NORMAL = 1000;
/** RFC 6455 7.4.1: a message violates policy. */
const VIOLATION = 1008;
/** RFC 6455 7.4.1: the connection broke without a close frame. */
const BROKEN = 1006;

/** `onClosed` is called once, last. */
export interface CallerSocketEvents {
  /** `atMs`: when it was read. */
  onText(text: string, atMs: number): void;
  onBinary(bytes: number): void;
  onClosed(code: number, reason: string): void;
}

export interface CallerSocket {
  /** For {@link Connection.upgrade}. */
  readonly listener: SocketListener;
  readonly port: CallerPort;
  /** Closes with this code; before the socket is open, as soon as it opens. */
  close(code: number, reason: string): void;
  /** Drops the connection without a close frame, which frees its file at once under Bun. */
  drop(): void;
}

export function callerSocket(clock: Clock, events: CallerSocketEvents): CallerSocket {
  return new WatchedSocket(clock, events);
}

/**
 * It is the listener and the port itself. With an object for each, and a closure for each of their functions, a message
 * would touch six more objects, which other calls have pushed out of the cache since the last one.
 */
class WatchedSocket implements CallerSocket, SocketListener, CallerPort {
  readonly port: CallerPort = this;
  readonly listener: SocketListener = this;
  readonly #clock: Clock;
  readonly #events: CallerSocketEvents;
  #state: "opening" | "open" | "closing" | "closed" = "opening";
  #socket: AcceptedSocket | undefined;
  #frameAtMs = 0;
  #pingedAtMs = 0;
  /** Liveness probes since the last frame or pong. */
  #unanswered = 0;
  #droppedInARow = 0;
  /** Of the leaky bucket, at the last frame. */
  #floodLevel = 0;
  #closeWhenOpen = (): void => {};
  #stopTimer = (): void => {};

  constructor(clock: Clock, events: CallerSocketEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  opened(accepted: AcceptedSocket): void {
    this.#state = "open";
    this.#socket = accepted;
    this.#frameAtMs = this.#pingedAtMs = this.#clock.nowMs();
    this.#stopTimer = this.#clock.after(STILL_MS, () => this.#watch());
    this.#closeWhenOpen();
  }

  text(text: string): void {
    if (this.#passes(text.length)) this.#events.onText(text, this.#frameAtMs);
  }

  binary(bytes: number): void {
    if (this.#passes(bytes)) this.#events.onBinary(bytes);
  }

  pong(): void {
    this.#unanswered = 0;
  }

  closed(code: number, reason: string): void {
    this.#stopTimer();
    this.#end(code, reason);
  }

  close(code = NORMAL, reason = ""): void {
    if (this.#state !== "open") {
      if (this.#state === "opening") this.#closeWhenOpen = () => this.close(code, reason);
      return;
    }
    this.#state = "closing";
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(CLOSE_WAIT_MS, () => this.#drop(`no answer to our close frame within ${CLOSE_WAIT_MS / 1000} s`));
    this.#socket?.close(code, reason);
  }

  drop(): void {
    if (this.#state === "opening") this.#closeWhenOpen = () => this.drop();
    else this.#drop("dropped");
  }

  send(text: string): boolean {
    if (this.#state !== "open" || this.#socket === undefined) return false;
    if (this.#socket.sendText(text)) this.#droppedInARow = 0;
    else if (++this.#droppedInARow >= MAX_DROPPED_FRAMES)
      this.#drop(`${MAX_DROPPED_FRAMES} frames in a row could not be sent: the peer does not read`);
    return this.#droppedInARow === 0;
  }

  batch(work: () => void): void {
    if (this.#state === "open" && this.#socket !== undefined) this.#socket.batch(work);
    else work();
  }

  /** Whether a message is passed on: none is once we have begun to close. */
  #passes(bytes: number): boolean {
    const atMs = this.#clock.nowMs();
    const leaked = ((atMs - this.#frameAtMs) * FLOOD_PER_S) / 1_000;
    this.#frameAtMs = atMs;
    this.#unanswered = 0;
    if (this.#state !== "open") return false;
    this.#floodLevel = Math.max(0, this.#floodLevel - leaked) + 1 + Math.floor(bytes / FLOOD_UNIT_BYTES);
    if (this.#floodLevel <= FLOOD_MESSAGES) return true;
    // Without a close frame: after it Bun keeps the connection until the peer answers.
    this.#drop(`more than ${FLOOD_PER_S} messages a second`, VIOLATION);
    return false;
  }

  #watch(): void {
    const nowMs = this.#clock.nowMs();
    const stillForMs = nowMs - this.#frameAtMs;
    const isStill = stillForMs >= STILL_MS;
    if (isStill && this.#unanswered >= UNANSWERED_PINGS) {
      this.#drop(`no frame for ${stillForMs / 1000} s, and no pong to ${UNANSWERED_PINGS} pings`);
      return;
    }
    if (isStill || nowMs - this.#pingedAtMs >= PING_EVERY_MS) {
      this.#socket?.ping();
      this.#pingedAtMs = nowMs;
      if (isStill) this.#unanswered += 1;
    }
    this.#stopTimer = this.#clock.after(isStill ? STILL_MS : STILL_MS - stillForMs, () => this.#watch());
  }

  /** Reports the end before the runtime does: the call must know it before Twilio asks what comes next. */
  #drop(reason: string, code = BROKEN): void {
    if (this.#state === "closed") return;
    this.#end(code, reason);
    this.#socket?.terminate();
  }

  #end(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopTimer();
    this.#events.onClosed(code, reason);
  }
}
