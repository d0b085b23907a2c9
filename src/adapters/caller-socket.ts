// The caller leg's socket: an accepted WebSocket as the call's CallerPort, whether the peer is still there (not its messages: protocol/media-streams),
// and whether it sends no more, and reads no less, than a telephone. Follows RFC 6455 5.5.2 (ping and pong) and 7.1 (closing).

import type { CallerPort, Clock } from "../call/ports.ts";
import type { AcceptedSocket, SocketListener } from "../platform/seam.ts";

/** How often we ping while frames come: often enough for a proxy that cuts quiet connections after 30 s. */
export const PING_EVERY_MS = 20_000;
/** Twilio sends 50 frames a second: without one for this long we ask whether it is still there, and again after each such time until it answers. */
export const STILL_MS = 1_500;
/**
 * A peer that has answered so many such pings with neither a frame nor a pong is gone; the caller hears nothing since 4.5 s, and something again before six.
 * Missing media alone ends no call: a muted caller's Twilio still answers pings. Counted, not timed, so that a pause of our own is not taken for theirs.
 */
export const UNANSWERED_PINGS = 2;
/** So many frames in a row that did not go out (a second of speech): the peer has stopped reading. */
export const MAX_DROPPED_FRAMES = 50;
/**
 * What a peer may send beyond {@link FLOOD_PER_S}: a bucket that leaks. When our machine stood still for a minute, that minute's 3,000 frames come at once, and a
 * `clear` brings back all 256 marks that are out; neither is a flood.
 */
export const FLOOD_MESSAGES = 4_000;
/** Messages a second that leak from the bucket. A telephone sends 50 frames, and at most nine marks of ours come back. */
export const FLOOD_PER_S = 200;
/** A message counts once, and once more for each of so many bytes: Twilio's have about 400. */
export const FLOOD_UNIT_BYTES = 1_024;
/** How long a peer may take to answer our close frame: well below AFTER_REQUEST_MS (server/calls/call-registry.ts), within which Twilio must come for the last words. */
export const CLOSE_WAIT_MS = 2_000;

/** RFC 6455 7.4.1: a normal end; Twilio then goes on with what follows `<Connect>`. */
const NORMAL = 1000;
/** RFC 6455 7.4.1: a message violates policy. */
const VIOLATION = 1008;
/** RFC 6455 7.4.1: the connection broke without a close frame. */
const BROKEN = 1006;

/** What server/stream/open-stream.ts is told of a socket. `onClosed` comes once, last. */
export interface CallerSocketEvents {
  onText(text: string): void;
  onBinary(bytes: number): void;
  onClosed(code: number, reason: string): void;
}

/** A caller's socket, from before its upgrade on. */
export interface CallerSocket {
  /** For {@link Connection.upgrade}. */
  readonly listener: SocketListener;
  readonly port: CallerPort;
  /** Closes with this code; also when it has not opened yet. */
  close(code: number, reason: string): void;
}

/** Makes the listener to upgrade with, the port for the call, and watches over the peer. */
export function callerSocket(clock: Clock, events: CallerSocketEvents): CallerSocket {
  return new WatchedSocket(clock, events);
}

class WatchedSocket implements CallerSocket {
  readonly port: CallerPort = { send: (text) => this.#send(text), close: () => this.close(NORMAL, "") };
  readonly listener: SocketListener = {
    opened: (accepted) => this.#open(accepted),
    text: (text) => void (this.#passes(text.length) && this.#events.onText(text)),
    binary: (bytes) => void (this.#passes(bytes) && this.#events.onBinary(bytes)),
    pong: () => {
      this.#unanswered = 0;
    },
    closed: (code, reason) => {
      this.#stopTimer();
      this.#end(code, reason);
    },
  };
  readonly #clock: Clock;
  readonly #events: CallerSocketEvents;
  #state: "opening" | "open" | "closing" | "closed" = "opening";
  #socket: AcceptedSocket | undefined;
  #frameAtMs = 0;
  #pingedAtMs = 0;
  /** Pings of a peer whose frames have stopped, since a frame or a pong came. */
  #unanswered = 0;
  #droppedInARow = 0;
  #isFlood = floodGauge(0);
  #closeWhenOpen = (): void => {};
  #stopTimer = (): void => {};

  constructor(clock: Clock, events: CallerSocketEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") {
      if (this.#state === "opening") this.#closeWhenOpen = () => this.close(code, reason);
      return;
    }
    this.#state = "closing";
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(CLOSE_WAIT_MS, () => this.#drop(`no answer to our close for ${CLOSE_WAIT_MS / 1000} s`));
    this.#socket?.close(code, reason);
  }

  #open(accepted: AcceptedSocket): void {
    this.#state = "open";
    this.#socket = accepted;
    this.#frameAtMs = this.#pingedAtMs = this.#clock.nowMs();
    this.#isFlood = floodGauge(this.#frameAtMs);
    this.#stopTimer = this.#clock.after(STILL_MS, () => this.#watch());
    this.#closeWhenOpen();
  }

  #send(text: string): boolean {
    if (this.#state !== "open" || this.#socket === undefined) return false;
    if (this.#socket.sendText(text)) this.#droppedInARow = 0;
    else if (++this.#droppedInARow >= MAX_DROPPED_FRAMES)
      this.#drop(`${MAX_DROPPED_FRAMES} frames in a row did not go out: the peer does not read`);
    return this.#droppedInARow === 0;
  }

  /** Whether what came is passed on: once we have begun to close it is of no use to anybody. */
  #passes(bytes: number): boolean {
    this.#frameAtMs = this.#clock.nowMs();
    this.#unanswered = 0;
    if (this.#state !== "open") return false;
    if (!this.#isFlood(bytes, this.#frameAtMs)) return true;
    this.#refuseFlood();
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
      if (this.#socket?.ping() !== true) return; // the runtime watches
      this.#pingedAtMs = nowMs;
      if (isStill) this.#unanswered += 1;
    }
    this.#stopTimer = this.#clock.after(isStill ? STILL_MS : STILL_MS - stillForMs, () => this.#watch());
  }

  /** The call is told at once: it must know when Twilio asks what comes next, and whoever floods need not answer a close. */
  #refuseFlood(): void {
    this.#end(VIOLATION, `more than ${FLOOD_PER_S} messages a second: no telephone sends so many`);
    this.#stopTimer = this.#clock.after(CLOSE_WAIT_MS, () => this.#socket?.terminate());
    this.#socket?.close(VIOLATION, "too many messages");
  }

  #drop(reason: string): void {
    if (this.#state === "closed") return;
    this.#end(BROKEN, reason);
    this.#socket?.terminate();
  }

  #end(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopTimer();
    this.#events.onClosed(code, reason);
  }
}

/** Counts a message of so many bytes, and says whether it is one too many. */
function floodGauge(startMs: number): (bytes: number, atMs: number) => boolean {
  let level = 0;
  let countedMs = startMs;
  return (bytes, atMs) => {
    const leaked = ((atMs - countedMs) * FLOOD_PER_S) / 1_000;
    level = Math.max(0, level - leaked) + 1 + Math.floor(bytes / FLOOD_UNIT_BYTES);
    countedMs = atMs;
    return level > FLOOD_MESSAGES;
  };
}
