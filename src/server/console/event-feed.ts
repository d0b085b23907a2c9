// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): the live calls as a stream of
// JSON. A reader that is slow gets the newest state of a call, not every one; it never holds up a call.

import type { Clock } from "../../call/ports.ts";
import type { LiveCall, LiveCalls } from "./live-calls.ts";

/** At most so many writes a second: nobody reads faster. */
const EVERY_MS = 100;
/** A comment, so that proxies do not close a feed on which nothing happens. */
const KEEP_ALIVE_MS = 15_000;
export const MAX_FEEDS = 50;

/** Undefined when too many are open. */
export class EventFeeds {
  readonly #live: LiveCalls;
  readonly #clock: Clock;
  #open = 0;

  constructor(live: LiveCalls, clock: Clock) {
    this.#live = live;
    this.#clock = clock;
  }

  get open(): number {
    return this.#open;
  }

  /** All running calls at once, then what changes. Undefined when too many read already. */
  answer(): Response | undefined {
    if (this.#open >= MAX_FEEDS) return undefined;
    this.#open += 1;
    let stop = (): void => {};
    const body = new ReadableStream<string>(
      {
        start: (controller) => {
          stop = this.#feed(controller);
        },
        cancel: () => stop(),
      },
      { highWaterMark: 1 },
    );
    const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
    return new Response(body.pipeThrough(new TextEncoderStream()), { headers });
  }

  /** Returns what ends it. */
  #feed(controller: ReadableStreamDefaultController<string>): () => void {
    const changed = new Map<string, LiveCall>(this.#live.all.map((call) => [call.callSid, call]));
    let idleMs = 0;
    let cancelTimer = (): void => {};
    const unlisten = this.#live.listen((call) => void changed.set(call.callSid, call));
    controller.enqueue(`event: hello\ndata: {}\n\n`);
    const tick = (): void => {
      cancelTimer = this.#clock.after(EVERY_MS, tick);
      idleMs += EVERY_MS;
      // What is not read yet: what changed meanwhile replaces it.
      if ((controller.desiredSize ?? 0) <= 0) return;
      const text = [...changed.values()].map((call) => `event: call\ndata: ${JSON.stringify(call)}\n\n`).join("");
      if (text === "" && idleMs < KEEP_ALIVE_MS) return;
      idleMs = 0;
      changed.clear();
      controller.enqueue(text === "" ? ": still here\n\n" : text);
    };
    tick();
    return () => {
      cancelTimer();
      unlisten();
      this.#open -= 1;
    };
  }
}
