// The caller leg's socket: an accepted WebSocket as the call's CallerPort, and whether the peer is still there. Not its messages (protocol/media-streams).
// Follows RFC 6455 5.5.2 (ping and pong) and 7.1 (closing).

import type { CallerPort, Clock } from "../call/ports.ts";
import type { AcceptedSocket, SocketListener } from "../platform/seam.ts";

/** How often we ping: often enough for a proxy that cuts quiet connections after 30 s. */
export const PING_EVERY_MS = 20_000;
/** A peer that sends neither a frame nor a pong for this long is gone. Missing media alone is no silence: a muted caller's Twilio still answers pings. */
export const SILENCE_MS = 60_000;
/** So many frames in a row that did not go out (a second of speech): the peer has stopped reading. */
export const MAX_DROPPED_FRAMES = 50;
/** How long a peer may take to answer our close frame. */
export const CLOSE_WAIT_MS = 5_000;

/** RFC 6455 7.4.1: a normal end; Twilio then goes on with what follows `<Connect>`. */
const NORMAL = 1000;
/** RFC 6455 7.4.1: the connection broke without a close frame. */
const BROKEN = 1006;

/** What server/media.ts is told of a socket. `onClosed` comes once, last. */
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
  let state: "opening" | "open" | "closing" | "closed" = "opening";
  let socket: AcceptedSocket | undefined;
  let heardAtMs = 0;
  let droppedInARow = 0;
  let stopTimer = (): void => {};

  const ended = (code: number, reason: string): void => {
    if (state === "closed") return;
    state = "closed";
    stopTimer();
    events.onClosed(code, reason);
  };
  const drop = (reason: string): void => {
    if (state === "closed") return;
    ended(BROKEN, reason);
    socket?.terminate();
  };
  const watch = (): void => {
    if (clock.nowMs() - heardAtMs >= SILENCE_MS) drop(`no frame and no pong for ${SILENCE_MS / 1000} s`);
    else if (socket?.ping() === true) stopTimer = clock.after(PING_EVERY_MS, watch); // else the runtime watches
  };
  const close = (code: number, reason: string): void => {
    if (state !== "open") {
      if (state === "opening") closeWhenOpen = () => close(code, reason);
      return;
    }
    state = "closing";
    stopTimer();
    stopTimer = clock.after(CLOSE_WAIT_MS, () => drop(`no answer to our close for ${CLOSE_WAIT_MS / 1000} s`));
    socket?.close(code, reason);
  };
  let closeWhenOpen = (): void => {};

  const heard = (): boolean => {
    heardAtMs = clock.nowMs();
    return state === "open";
  };
  return {
    close,
    port: {
      close: () => close(NORMAL, ""),
      send(text) {
        if (state !== "open" || socket === undefined) return false;
        if (socket.sendText(text)) droppedInARow = 0;
        else if (++droppedInARow >= MAX_DROPPED_FRAMES)
          drop(`${MAX_DROPPED_FRAMES} frames in a row did not go out: the peer does not read`);
        return droppedInARow === 0;
      },
    },
    listener: {
      opened(accepted) {
        state = "open";
        socket = accepted;
        heardAtMs = clock.nowMs();
        stopTimer = clock.after(PING_EVERY_MS, watch);
        closeWhenOpen();
      },
      // Once we have begun to close, what still comes in is of no use to anybody.
      text: (text) => void (heard() && events.onText(text)),
      binary: (bytes) => void (heard() && events.onBinary(bytes)),
      pong: () => void heard(),
      closed: ended,
    },
  };
}
