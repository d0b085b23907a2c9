// Runs a simulated telephone call (simulators/twilio/telephone) on real sockets: performs its outputs, feeds it what
// happens, and lets tests wait for a condition. It knows no rules of Twilio's. It uses node:net and node:tls only, so
// that tests see the raw bytes.

import type { Clock } from "../../call/ports.ts";
import type { TelephoneCommand, TelephoneInput, TelephoneOptions, TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../twilio/telephone/telephone-call.ts";
import type { TelephoneCall } from "../twilio/telephone/telephone-state.ts";
import type { TlsTrust } from "./raw-connection.ts";
import { RawWebSocket } from "./raw-websocket.ts";
import { sendHttpRequest } from "./send-http-request.ts";

export interface TelephoneEnvironment {
  readonly clock: Clock;
  /** Returns `count` unpredictable bytes. */
  random(count: number): Uint8Array;
  readonly trust?: TlsTrust;
  /** Replaces, delays or drops a text frame before it is sent: for what networks do and Twilio never does. */
  readonly tamper?: (frame: string, send: (frame: string | Uint8Array) => void) => void;
  /**
   * Says why a URL must not be contacted; undefined allows it. A request or dial to such a URL fails as unreachable.
   */
  readonly refuse?: (url: string) => Promise<string | undefined>;
  /** Receives every input and every output, in order. */
  readonly trace?: (event: TelephoneInput | TelephoneOutput) => void;
}

export interface TelephoneCallHandle {
  /** The current state of the call. */
  readonly call: TelephoneCall;
  /** Resolves when the call is over and every socket is closed. */
  readonly done: Promise<TelephoneCall>;
  /** Makes the caller do something now. */
  command(command: TelephoneCommand): void;
  /** Stops reading from its sockets, which stay open. */
  stopReading(): void;
  /**
   * Resolves as soon as `matches` returns true, at once if it already does. Rejects after `timeoutMs`, or when the call
   * ends first. `what` names the condition in the error.
   */
  until(what: string, matches: (call: TelephoneCall) => boolean, timeoutMs: number): Promise<TelephoneCall>;
  /** Drops every connection and timer. `done` then resolves with the current state. */
  abort(): void;
}

interface Waiter {
  readonly what: string;
  readonly matches: (call: TelephoneCall) => boolean;
  readonly settle: (error: Error | undefined) => void;
}

/** Places a call and returns without waiting for it. */
export function placeTelephoneCall(options: TelephoneOptions, environment: TelephoneEnvironment): TelephoneCallHandle {
  const line = new TelephoneLine(options, environment);
  line.take({ type: "placed" });
  return line;
}

type Timeless<T> = T extends unknown ? Omit<T, "atMs"> : never;

/** The sockets and the timer of one call. A class because they have identity. */
class TelephoneLine implements TelephoneCallHandle {
  readonly done: Promise<TelephoneCall>;
  readonly #environment: TelephoneEnvironment;
  readonly #requests = new Map<number, () => void>();
  readonly #sockets = new Map<number, RawWebSocket>();
  readonly #queue: TelephoneInput[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #resolveDone: (call: TelephoneCall) => void;
  #call: TelephoneCall;
  #stopTimer = (): void => {};
  #isStepping = false;
  #isOver = false;

  constructor(options: TelephoneOptions, environment: TelephoneEnvironment) {
    this.#environment = environment;
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

  until(what: string, matches: (call: TelephoneCall) => boolean, timeoutMs: number): Promise<TelephoneCall> {
    const { promise, resolve, reject } = Promise.withResolvers<TelephoneCall>();
    const stopTimer = this.#environment.clock.after(timeoutMs, () =>
      waiter.settle(new Error(`${what}: did not happen within ${timeoutMs} ms`)),
    );
    const waiter: Waiter = {
      what,
      matches,
      settle: (error) => {
        stopTimer();
        this.#waiters.delete(waiter);
        if (error === undefined) resolve(this.#call);
        else reject(error);
      },
    };
    this.#waiters.add(waiter);
    this.#settleWaiters();
    return promise;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    for (const abort of this.#requests.values()) abort();
    for (const socket of this.#sockets.values()) socket.drop();
    this.#settleWaiters();
    this.#resolveDone(this.#call);
  }

  /** Queues an input and steps until the queue is empty: performing an output can cause the next input. */
  take(input: Timeless<TelephoneInput>): void {
    if (this.#isOver) return;
    this.#queue.push({ ...input, atMs: this.#environment.clock.nowMs() } as TelephoneInput);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
    this.#settleWaiters();
  }

  #step(input: TelephoneInput): void {
    this.#environment.trace?.(input);
    const { call, outputs } = stepTelephoneCall(this.#call, input);
    this.#call = call;
    for (const output of outputs) {
      this.#environment.trace?.(output);
      this.#perform(output);
    }
  }

  #perform(output: TelephoneOutput): void {
    switch (output.type) {
      case "http.request":
        this.#unlessRefused(
          output.url,
          () => this.#request(output),
          (why) => this.take({ type: "http.failed", id: output.id, ...why }),
        );
        break;
      case "socket.dial":
        this.#unlessRefused(
          output.url,
          () => this.#dial(output),
          (why) => this.take({ type: "socket.failed", id: output.id, ...why }),
        );
        break;
      case "socket.text":
        this.#send(output.id, output.text);
        break;
      case "socket.binary":
        this.#sockets.get(output.id)?.binary(output.bytes);
        break;
      case "socket.ping":
        this.#sockets.get(output.id)?.ping();
        break;
      case "socket.close":
        this.#sockets.get(output.id)?.close(output.code, output.reason);
        break;
      case "socket.drop":
        this.#sockets.get(output.id)?.drop();
        break;
      case "wake":
        this.#armTimer(output.atMs);
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
    if (this.#environment.tamper === undefined) send(text);
    else this.#environment.tamper(text, send);
  }

  /** Synchronous when there is no `refuse`. */
  #unlessRefused(url: string, go: () => void, refused: (why: { failure: "unreachable"; detail: string }) => void): void {
    const { refuse } = this.#environment;
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

  #dial(dial: Extract<TelephoneOutput, { type: "socket.dial" }>): void {
    const { clock, trust = {} } = this.#environment;
    const random = (count: number): Uint8Array => this.#environment.random(count);
    const socket = new RawWebSocket(dial, { clock, trust, random }, (input) => this.take({ ...input, id: dial.id }));
    this.#sockets.set(dial.id, socket);
  }

  #request(request: Extract<TelephoneOutput, { type: "http.request" }>): void {
    const { clock, trust = {} } = this.#environment;
    const abort = sendHttpRequest(request, trust, clock, (result) => {
      this.#requests.delete(request.id);
      this.take({ type: "failure" in result ? "http.failed" : "http.answered", id: request.id, ...result } as Timeless<TelephoneInput>);
    });
    this.#requests.set(request.id, abort);
  }

  #armTimer(atMs: number | undefined): void {
    this.#stopTimer();
    if (atMs === undefined) return;
    const { clock } = this.#environment;
    // The clock has whole milliseconds; a mark can be due between two.
    this.#stopTimer = clock.after(Math.max(0, Math.ceil(atMs) - clock.nowMs()), () => this.take({ type: "woke" }));
  }

  #settleWaiters(): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.matches(this.#call)) waiter.settle(undefined);
      else if (this.#isOver) waiter.settle(new Error(`${waiter.what}: the call ended first`));
    }
  }
}
