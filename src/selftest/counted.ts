// The world as the server under test has it, counted: its timers, its callers' sockets, its model's. And the model's
// link, made slow on demand. Nothing is changed but the count and the delay.

import type { Clock, ModelDialler, ModelListener } from "../call/ports.ts";
import type { Platform, SocketListener } from "../platform/seam.ts";
import type { Frame } from "./checks/evidence.ts";

/** A clock whose timers are counted. */
export interface CountedClock extends Clock {
  /** Timers that are set now. */
  readonly timers: number;
}

/** Counts the timers that are set on `clock`. */
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

/** Listening whose WebSockets are counted. */
export interface CountedListen {
  readonly listen: Platform["listen"];
  /** WebSockets that are open now. */
  readonly sockets: number;
}

/** Counts the WebSockets that are opened to servers started with it. */
export function countedListen(listen: Platform["listen"]): CountedListen {
  let sockets = 0;
  const counted = (listener: SocketListener): SocketListener => ({
    ...listener,
    opened(socket) {
      sockets += 1;
      listener.opened(socket);
    },
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

/** What one connection to the model delivered, in order; kept from its opening on. */
export interface Delivery {
  readonly delivered: Frame[];
}

/** A dialler whose connections are counted, and what they deliver kept. */
export interface WatchedDialler extends ModelDialler {
  /** Dials that have not ended. */
  readonly open: number;
  /** Of each connection that was opened, by CallSid, in order. */
  deliveries(callSid: string): readonly Delivery[];
}

/** Watches `dialler`, dialled as `pick` says for each call; what its connections tell comes `lagMs` late. */
export function watchedDialler(
  clock: Clock,
  pick: (callSid: string) => { readonly dialler: ModelDialler; readonly lagMs: number },
): WatchedDialler {
  const kept = new Map<string, Delivery[]>();
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
      const delivery: Delivery = { delivered: [] };
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

/** A link with a delay: equal timers ring in the order in which they were set, so that the order stays. */
function late(clock: Clock, lagMs: number, listener: ModelListener): ModelListener {
  return {
    opened: () => void clock.after(lagMs, () => listener.opened()),
    text: (text) => void clock.after(lagMs, () => listener.text(text)),
    closed: (end) => void clock.after(lagMs, () => listener.closed(end)),
  };
}
