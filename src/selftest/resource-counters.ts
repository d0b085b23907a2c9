// Wrappers that count what the server under test holds: timers, callers' sockets, model sockets. The dialler also keeps
// what was delivered, and can delay it. Nothing else changes.

import type { Clock, ModelDialler, ModelListener } from "../call/ports.ts";
import type { Platform, SocketListener } from "../platform/seam.ts";
import type { Frame } from "./checks/evidence.ts";

export interface CountedClock extends Clock {
  /** Timers set now. */
  readonly timers: number;
}

export function countedClock(clock: Clock): CountedClock {
  let timers = 0;
  return {
    nowMs: () => clock.nowMs(),
    get timers() {
      return timers;
    },
    after(ms, callback) {
      let isSet = true;
      timers += 1;
      const over = (): void => {
        if (isSet) timers -= 1;
        isSet = false;
      };
      const callOff = clock.after(ms, () => {
        over();
        callback();
      });
      return () => {
        over();
        callOff();
      };
    },
  };
}

export interface CountedListen {
  readonly listen: Platform["listen"];
  /** WebSockets open now. */
  readonly sockets: number;
}

/** Counts the WebSockets of all servers that listen with it. */
export function countedListen(listen: Platform["listen"]): CountedListen {
  let sockets = 0;
  const counted = (listener: SocketListener): SocketListener => ({
    opened(socket) {
      sockets += 1;
      listener.opened(socket);
    },
    text: (text) => listener.text(text),
    binary: (bytes) => listener.binary(bytes),
    pong: () => listener.pong(),
    closed(code, reason) {
      sockets -= 1;
      listener.closed(code, reason);
    },
  });
  return {
    get sockets() {
      return sockets;
    },
    listen: (options) =>
      listen({
        ...options,
        fetch: (request, connection) =>
          options.fetch(request, {
            peerAddress: connection.peerAddress,
            upgrade: (protocol, headers, listener) => connection.upgrade(protocol, headers, counted(listener)),
          }),
      }),
  };
}

/** What one connection to the model delivered, in order. */
export interface SessionDelivery {
  readonly delivered: Frame[];
}

export interface RecordingDialler extends ModelDialler {
  /** Dials that have not ended, connected or not. */
  readonly open: number;
  /** One for each connection of the call that opened, in order. */
  deliveries(callSid: string): readonly SessionDelivery[];
}

/** Dials with the dialler that `pick` returns for the call; its events arrive `lagMs` late. */
export function recordingDialler(
  clock: Clock,
  pick: (callSid: string) => { readonly dialler: ModelDialler; readonly lagMs: number },
): RecordingDialler {
  const kept = new Map<string, SessionDelivery[]>();
  let open = 0;
  return {
    name: "the scripted model",
    get open() {
      return open;
    },
    deliveries: (callSid) => kept.get(callSid) ?? [],
    dial(callSid, safetyIdentifier, listener) {
      const { dialler, lagMs } = pick(callSid);
      const of = kept.get(callSid) ?? [];
      kept.set(callSid, of);
      open += 1;
      const delivery: SessionDelivery = { delivered: [] };
      const watched: ModelListener = {
        opened() {
          of.push(delivery);
          listener.opened();
        },
        text(text) {
          delivery.delivered.push({ atMs: clock.nowMs(), text });
          listener.text(text);
        },
        closed(end) {
          open -= 1;
          listener.closed(end);
        },
      };
      return dialler.dial(callSid, safetyIdentifier, lagMs === 0 ? watched : late(clock, lagMs, watched));
    },
  };
}

/** Delays events. Timers of equal length fire in the order they were set, so that the order stays. */
function late(clock: Clock, lagMs: number, listener: ModelListener): ModelListener {
  return {
    opened: () => void clock.after(lagMs, () => listener.opened()),
    text: (text) => void clock.after(lagMs, () => listener.text(text)),
    closed: (end) => void clock.after(lagMs, () => listener.closed(end)),
  };
}
