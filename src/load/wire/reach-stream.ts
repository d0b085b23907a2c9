// The way of one call to its stream: the webhook and the verbs before <Connect>, as the telephone simulator does them
// (simulators/twilio/telephone), up to the socket that it would dial. The socket itself: load-call.ts, which needs one
// that costs the meter less.

import type { Clock } from "../../call/ports.ts";
import { sendHttpRequest } from "../../simulators/sockets/send-http-request.ts";
import type { StreamCaller } from "../../simulators/twilio/stream-caller-state.ts";
import type { TelephoneInput, TelephoneOptions, TelephoneOutput } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../../simulators/twilio/telephone/telephone-call.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";

/** For the webhook, redirects and what is said before the stream. */
const REACH_MS = 60_000;

export interface ReachEnvironment {
  readonly clock: Clock;
  /** Why a URL must not be contacted. Undefined: it may. */
  refuse(url: string): Promise<string | undefined>;
}

export type ReachedStream =
  | {
      readonly type: "dial";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Waits for its socket to open. */
      readonly caller: StreamCaller;
      /** How long the webhook took to answer. Undefined: it was not asked. */
      readonly webhookMs: number | undefined;
    }
  | { readonly type: "failed"; readonly what: string; readonly failure: NetworkFailure | undefined };

type Timeless<T> = T extends unknown ? Omit<T, "atMs"> : never;

/** Never rejects: what goes wrong is a value. Gives up after a minute. */
export function reachStream(options: TelephoneOptions, environment: ReachEnvironment): Promise<ReachedStream> {
  return new Promise((resolve) => new Reach(options, environment, resolve).take({ type: "placed" }));
}

/** A class because it owns requests and timers. */
class Reach {
  readonly #environment: ReachEnvironment;
  readonly #resolve: (reached: ReachedStream) => void;
  readonly #requests = new Map<number, () => void>();
  readonly #stopTotalTimer: () => void;
  #call: TelephoneCall;
  #stopTimer = (): void => {};
  #isOver = false;

  constructor(options: TelephoneOptions, environment: ReachEnvironment, resolve: (reached: ReachedStream) => void) {
    this.#environment = environment;
    this.#resolve = resolve;
    this.#call = createTelephoneCall(options);
    this.#stopTotalTimer = environment.clock.after(REACH_MS, () =>
      this.#end({ type: "failed", what: `no stream within ${REACH_MS / 1_000} s`, failure: undefined }),
    );
  }

  take(input: Timeless<TelephoneInput>): void {
    if (this.#isOver) return;
    const { call, outputs } = stepTelephoneCall(this.#call, { ...input, atMs: this.#environment.clock.nowMs() } as TelephoneInput);
    this.#call = call;
    for (const output of outputs) this.#perform(output);
  }

  #perform(output: TelephoneOutput): void {
    switch (output.type) {
      case "http.request":
        this.#request(output);
        break;
      case "socket.dial":
        this.#dial(output);
        break;
      case "wake": {
        this.#stopTimer();
        const { clock } = this.#environment;
        if (output.atMs !== undefined) this.#stopTimer = clock.after(output.atMs - clock.nowMs(), () => this.take({ type: "woke" }));
        break;
      }
      case "done":
        this.#end(failureOf(this.#call));
        break;
      // Of a stream that is open, which never happens here.
      case "socket.text":
      case "socket.binary":
      case "socket.ping":
      case "socket.close":
      case "socket.drop":
        break;
    }
  }

  #request(request: Extract<TelephoneOutput, { type: "http.request" }>): void {
    const { clock, refuse } = this.#environment;
    const { id } = request;
    void refuse(request.url).then((detail) => {
      if (this.#isOver) return;
      if (detail !== undefined) {
        this.#end({ type: "failed", what: detail, failure: undefined });
        return;
      }
      const abort = sendHttpRequest(request, {}, clock, (result) => {
        this.#requests.delete(id);
        this.take({ type: "failure" in result ? "http.failed" : "http.answered", id, ...result } as Timeless<TelephoneInput>);
      });
      this.#requests.set(id, abort);
    });
  }

  #dial({ url, fields }: Extract<TelephoneOutput, { type: "socket.dial" }>): void {
    const { stream } = this.#call;
    void this.#environment.refuse(url).then((detail) => {
      if (detail !== undefined || stream === undefined) this.#end({ type: "failed", what: detail ?? "no stream", failure: undefined });
      else this.#end({ type: "dial", url, headers: Object.fromEntries(fields), caller: stream.caller, webhookMs: webhookMs(this.#call) });
    });
  }

  #end(reached: ReachedStream): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.#stopTotalTimer();
    for (const abort of this.#requests.values()) abort();
    this.#resolve(reached);
  }
}

function webhookMs({ exchanges: [first] }: TelephoneCall): number | undefined {
  return first?.answeredAtMs === undefined ? undefined : first.answeredAtMs - first.atMs;
}

function failureOf({ problems, exchanges }: TelephoneCall): ReachedStream {
  const problem = problems.findLast(({ level }) => level === "error");
  const what =
    problem === undefined ? "the answer has no <Connect> with a <Stream>" : `${problem.what} (Twilio error ${problem.twilioCode})`;
  return { type: "failed", what: `webhook: ${what}`, failure: exchanges.at(-1)?.failure?.kind };
}
