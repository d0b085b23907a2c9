// Puts a telephone call of peers/ on real sockets: performs its orders, feeds it what happens, and lets a test wait for what it wants to see.
// No rules of Twilio's here. Runs on node:net and node:tls alone, so that nothing of the wire is hidden.

import type { Clock } from "../../call/ports.ts";
import type { TelephoneCommand, TelephoneInput, TelephoneOptions, TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../twilio/telephone/telephone-call.ts";
import type { TelephoneCall } from "../twilio/telephone/telephone-state.ts";
import type { TlsTrust } from "./raw-connection.ts";
import { RawWebSocket } from "./raw-websocket.ts";
import { sendHttpRequest } from "./send-http-request.ts";

/** What a call on real sockets needs. */
export interface TelephoneEnvironment {
  readonly clock: Clock;
  /** So many unforeseeable bytes. */
  random(count: number): Uint8Array;
  readonly trust?: TlsTrust;
  /** What goes out in place of a text frame, now or later: for what Twilio never does, and networks do. */
  readonly tamper?: (frame: string, send: (frame: string | Uint8Array) => void) => void;
  /** Why a URL is not to be asked at all, undefined for one that may: the request, or the dial, then fails as unreachable. */
  readonly refuse?: (url: string) => Promise<string | undefined>;
  /** Told of every input and every order, in order: for a trace. */
  readonly trace?: (event: TelephoneInput | TelephoneOutput) => void;
}

/** A call that runs. */
export interface TelephoneCallHandle {
  /** The call as it is now. */
  readonly call: TelephoneCall;
  /** Resolves with the call when it is over and everything is closed. */
  readonly done: Promise<TelephoneCall>;
  /** Lets the caller do something, now. */
  command(command: TelephoneCommand): void;
  /** Reads nothing more from its sockets, which stay open. */
  stopReading(): void;
  /**
   * Resolves as soon as the call fits, and at once if it does. Rejects when `timeoutMs` have passed, or the call is over, without;
   * `what` says in the error what was waited for.
   */
  until(what: string, fits: (call: TelephoneCall) => boolean, timeoutMs: number): Promise<TelephoneCall>;
  /** Drops every connection and timer; `done` resolves with the call as it is. */
  abort(): void;
}

/** Somebody who waits for the call to fit. */
interface Waiting {
  readonly what: string;
  readonly fits: (call: TelephoneCall) => boolean;
  readonly settle: (error: Error | undefined) => void;
}

/** Places a call and returns at once. */
export function placeTelephoneCall(options: TelephoneOptions, world: TelephoneEnvironment): TelephoneCallHandle {
  const line = new Line(options, world);
  line.take({ type: "placed" });
  return line;
}

type Timeless<T> = T extends unknown ? Omit<T, "atMs"> : never;

/** The sockets and the timer of one call. A class because they have identity. */
class Line implements TelephoneCallHandle {
  readonly done: Promise<TelephoneCall>;
  readonly #world: TelephoneEnvironment;
  readonly #requests = new Map<number, () => void>();
  readonly #sockets = new Map<number, RawWebSocket>();
  readonly #queue: TelephoneInput[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #resolveDone: (call: TelephoneCall) => void;
  #call: TelephoneCall;
  #stopTimer = (): void => {};
  #isStepping = false;
  #isOver = false;

  constructor(options: TelephoneOptions, world: TelephoneEnvironment) {
    this.#world = world;
    this.#call = createTelephoneCall(options);
    const { promise, resolve } = Promise.withResolvers<TelephoneCall>();
    this.done = promise;
    this.#resolveDone = resolve;
  }

  get call(): TelephoneCall {
    return this.#call;
  }

  command(command: TelephoneCommand): void {
    this.take({ type: "command", command });
  }

  stopReading(): void {
    for (const socket of this.#sockets.values()) socket.stopReading();
  }

  until(what: string, fits: (call: TelephoneCall) => boolean, timeoutMs: number): Promise<TelephoneCall> {
    const { promise, resolve, reject } = Promise.withResolvers<TelephoneCall>();
    const stopTimer = this.#world.clock.after(timeoutMs, () => waiting.settle(new Error(`${what}: did not come within ${timeoutMs} ms`)));
    const waiting: Waiting = {
      what,
      fits,
      settle: (error) => {
        stopTimer();
        this.#waiting.delete(waiting);
        if (error === undefined) resolve(this.#call);
        else reject(error);
      },
    };
    this.#waiting.add(waiting);
    this.#lookForFits();
    return promise;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    for (const giveUp of this.#requests.values()) giveUp();
    for (const socket of this.#sockets.values()) socket.drop();
    this.#lookForFits();
    this.#resolveDone(this.#call);
  }

  /** Queues an input and steps until the queue is empty: an order may cause the next input while it is performed. */
  take(input: Timeless<TelephoneInput>): void {
    if (this.#isOver) return;
    this.#queue.push({ ...input, atMs: this.#world.clock.nowMs() } as TelephoneInput);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
    this.#lookForFits();
  }

  #step(input: TelephoneInput): void {
    this.#world.trace?.(input);
    const { call, orders } = stepTelephoneCall(this.#call, input);
    this.#call = call;
    for (const order of orders) {
      this.#world.trace?.(order);
      this.#perform(order);
    }
  }

  #perform(order: TelephoneOutput): void {
    switch (order.type) {
      case "http.request":
        this.#unlessRefused(
          order.url,
          () => this.#request(order),
          (why) => this.take({ type: "http.failed", id: order.id, ...why }),
        );
        break;
      case "socket.dial":
        this.#unlessRefused(
          order.url,
          () => this.#dial(order),
          (why) => this.take({ type: "socket.failed", id: order.id, ...why }),
        );
        break;
      case "socket.text":
        this.#send(order.id, order.text);
        break;
      case "socket.binary":
        this.#sockets.get(order.id)?.binary(order.bytes);
        break;
      case "socket.close":
        this.#sockets.get(order.id)?.close(order.code, order.reason);
        break;
      case "socket.drop":
        this.#sockets.get(order.id)?.drop();
        break;
      case "wake":
        this.#arm(order.atMs);
        break;
      case "done":
        this.abort();
        break;
    }
  }

  #send(id: number, text: string): void {
    const send = (frame: string | Uint8Array): void => {
      if (typeof frame === "string") this.#sockets.get(id)?.text(frame);
      else this.#sockets.get(id)?.binary(frame);
    };
    if (this.#world.tamper === undefined) send(text);
    else this.#world.tamper(text, send);
  }

  /** Goes on at once when nothing is ever refused. */
  #unlessRefused(url: string, go: () => void, refused: (why: { failure: "unreachable"; detail: string }) => void): void {
    const { refuse } = this.#world;
    if (refuse === undefined) {
      go();
      return;
    }
    void refuse(url).then((detail) => {
      if (this.#isOver) return;
      if (detail === undefined) go();
      else refused({ failure: "unreachable", detail });
    });
  }

  #dial(order: Extract<TelephoneOutput, { type: "socket.dial" }>): void {
    const { clock, trust = {} } = this.#world;
    const random = (count: number): Uint8Array => this.#world.random(count);
    const socket = new RawWebSocket(order, { clock, trust, random }, (told) => this.take({ ...told, id: order.id }));
    this.#sockets.set(order.id, socket);
  }

  #request(order: Extract<TelephoneOutput, { type: "http.request" }>): void {
    const { clock, trust = {} } = this.#world;
    const giveUp = sendHttpRequest(order, trust, clock, (result) => {
      this.#requests.delete(order.id);
      this.take({ type: "failure" in result ? "http.failed" : "http.answered", id: order.id, ...result } as Timeless<TelephoneInput>);
    });
    this.#requests.set(order.id, giveUp);
  }

  #arm(atMs: number | undefined): void {
    this.#stopTimer();
    if (atMs === undefined) return;
    const { clock } = this.#world;
    // The clock has whole milliseconds, a mark comes due between two.
    this.#stopTimer = clock.after(Math.max(0, Math.ceil(atMs) - clock.nowMs()), () => this.take({ type: "woke" }));
  }

  #lookForFits(): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.fits(this.#call)) waiting.settle(undefined);
      else if (this.#isOver) waiting.settle(new Error(`${waiting.what}: the call was over without`));
    }
  }
}
