// What calls did, as metrics. It counts what the driver shows of each call (CallWatch), and adds the messages of
// running calls when it is read: audio costs nothing here.

import type { Effect } from "../../call/effects.ts";
import type { EndCause, EndReason } from "../../call/end-reason.ts";
import type { CallEvent, CallIdentity } from "../../call/events.ts";
import type { TransferOutcome } from "../../call/machines/transfer.ts";
import type { CallObserver, CallWatch, FrameCounts } from "../../call/ports.ts";
import type { CallRecord } from "../../call/record.ts";
import { Buckets, byLabel, type Family, single } from "./family.ts";

/** What the registry of calls knows now. */
export interface CallsNow {
  readonly running: number;
  readonly limit: number;
  readonly refusals: Readonly<Record<string, number>>;
  runningFrames(): readonly FrameCounts[];
}

/** How a connection to the model came out. */
type ConnectResult =
  /** It was opened and configured. */
  | "ready"
  /** The server answered, with a refusal. */
  | "refused"
  /** No server answered, or the connection broke. */
  | "unreachable"
  /** voice closed it before it was ready: it took too long, or the call was over. */
  | "abandoned";

/** Telephone callers notice half a second, and hang up after several. */
const LATENCY_BOUNDS_S = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10];
const CLEAR_BOUNDS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** Who ends a call for each cause. Every pair exists before the first call that ends so. */
const ENDED_BY: Readonly<Record<EndCause, EndReason["by"]>> = {
  hangup: "caller",
  hungUp: "agent",
  idle: "agent",
  tooLong: "agent",
  overBudget: "agent",
  transferred: "agent",
  streamNeverStarted: "network",
  unsupportedFormat: "network",
  streamLost: "network",
  modelRefused: "model",
  modelUnreachable: "model",
  modelSilent: "model",
  modelFailed: "model",
  drained: "operator",
  bug: "server",
};

const noFrames: FrameCounts = { callerReceived: 0, callerSent: 0, modelReceived: 0, modelSent: 0, callerBad: 0, modelBad: 0 };

/** A class because its numbers only grow. */
export class CallMetrics {
  readonly #ended = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();
  readonly #connects: Record<ConnectResult, number> = { ready: 0, refused: 0, unreachable: 0, abandoned: 0 };
  readonly #fallbacks = { recovered: 0, otherModel: 0, transferred: 0, apology: 0 };
  readonly #transfers: Record<TransferOutcome, number> = {
    connected: 0,
    busy: 0,
    noAnswer: 0,
    declined: 0,
    notAccepted: 0,
    failed: 0,
    callerHungUp: 0,
    unknown: 0,
  };
  readonly #firstAudio = new Buckets(LATENCY_BOUNDS_S);
  readonly #turns = new Buckets(LATENCY_BOUNDS_S);
  #usd = 0;
  readonly #clear = new Buckets(CLEAR_BOUNDS_S);
  #frames = noFrames;

  constructor() {
    for (const cause of Object.keys(ENDED_BY) as EndCause[]) this.#countEnd("inbound", { by: ENDED_BY[cause], cause }, 0);
  }

  /** Give this to the server. */
  readonly observe: CallObserver = ({ identity }) => this.#watch(identity);

  #watch(identity: CallIdentity): CallWatch {
    const direction = identity.direction ?? "unknown";
    const connects = new PendingConnects(this.#connects);
    /** When the event arrived that may interrupt the model; undefined after any other event. */
    let interruptedAtMs: number | undefined;
    return {
      awaitsAudio: false,
      event: (event) => {
        interruptedAtMs = event.type === "model.speechStarted" || event.type === "caller.keyPressed" ? event.atMs : undefined;
        connects.onEvent(event);
      },
      effect: (effect, atMs) => {
        connects.onEffect(effect);
        if (effect.type === "cost.add") this.#usd += effect.usd;
        if (effect.type === "record.save") this.#countRecord(effect.record);
        if (effect.type === "caller.flush" && interruptedAtMs !== undefined) this.#clear.observe(secondsBetween(interruptedAtMs, atMs));
      },
      ended: (end, frames) => {
        connects.onEnd();
        this.#countEnd(direction, end, 1);
        this.#frames = sum([this.#frames, frames]);
      },
    };
  }

  #countEnd(direction: string, { by, cause }: EndReason, value: number): void {
    const key = `${direction} ${by} ${cause}`;
    const entry = this.#ended.get(key) ?? { labels: { direction, end_by: by, cause }, value: 0 };
    entry.value += value;
    this.#ended.set(key, entry);
  }

  #countRecord({ fallback, startedAtMs, turns, transfers }: CallRecord): void {
    for (const { outcome } of transfers) this.#transfers[outcome] += 1;
    if (fallback !== "none") this.#fallbacks[fallback] += 1;
    const first = turns.find(({ latencyMs }) => latencyMs !== undefined);
    if (startedAtMs !== undefined && first?.latencyMs !== undefined) {
      this.#firstAudio.observe(secondsBetween(startedAtMs, first.triggeredAtMs + first.latencyMs));
    }
    for (const { trigger, latencyMs } of turns) {
      if (trigger !== "greeting" && trigger !== "agent" && latencyMs !== undefined) this.#turns.observe(latencyMs / 1_000);
    }
  }

  /** The metrics now, each with its zeros before the first call. */
  families(now: CallsNow): readonly Family[] {
    const frames = sum([this.#frames, ...now.runningFrames()]);
    const ended = [...this.#ended.values()].map(({ labels, value }) => ({ labels, value }));
    return [
      single("gauge", "voice_calls_active", "Calls between their webhook and their end.", now.running),
      single("gauge", "voice_calls_limit", "Calls that may be active at the same time.", now.limit),
      {
        type: "counter",
        name: "voice_calls_total",
        help: "Calls that have ended, by who placed them, who ended them, and why.",
        samples: ended,
      },
      byLabel("counter", "voice_calls_refused_total", "New calls that were not accepted.", "reason", now.refusals),
      histogram(
        "voice_first_audio_seconds",
        "From the start of the stream to the first audio of the model, once for each call.",
        this.#firstAudio,
      ),
      histogram(
        "voice_turn_latency_seconds",
        "From the end of the caller's speech or a key to the first audio of the answer.",
        this.#turns,
      ),
      histogram("voice_bargein_clear_seconds", "From the report that the caller interrupts to the clear message for Twilio.", this.#clear),
      single("counter", "voice_cost_dollars_total", "What models have cost, as far as their prices are known: US dollars.", this.#usd),
      byLabel("counter", "voice_model_connects_total", "Connections to the model, by how they came out.", "result", this.#connects),
      byLabel("counter", "voice_transfers_total", "Transfers to people, by how they ended.", "outcome", this.#transfers),
      byLabel("counter", "voice_fallbacks_total", "Calls in which something broke, by what the caller got.", "level", this.#fallbacks),
      {
        type: "counter",
        name: "voice_frames_total",
        help: "Messages with audio.",
        samples: [
          { labels: { leg: "caller", direction: "received" }, value: frames.callerReceived },
          { labels: { leg: "caller", direction: "sent" }, value: frames.callerSent },
          { labels: { leg: "model", direction: "received" }, value: frames.modelReceived },
          { labels: { leg: "model", direction: "sent" }, value: frames.modelSent },
        ],
      },
      byLabel("counter", "voice_frames_bad_total", "Messages that could not be read.", "leg", {
        caller: frames.callerBad,
        model: frames.modelBad,
      }),
    ];
  }
}

/** The connections of one call that are not ready. A call has two at most. */
class PendingConnects {
  readonly #results: Record<ConnectResult, number>;
  /** By number: whether the model's server has answered with an error. */
  readonly #pending = new Map<number, boolean>();

  constructor(results: Record<ConnectResult, number>) {
    this.#results = results;
  }

  onEvent(event: CallEvent): void {
    if (event.type === "model.ready") this.#finish(event.epoch, "ready");
    if (event.type === "model.errorReported" && this.#pending.has(event.epoch)) this.#pending.set(event.epoch, true);
    if (event.type === "model.lost") this.#finish(event.epoch, event.httpStatus === undefined ? "unreachable" : "refused");
  }

  onEffect(effect: Effect): void {
    if (effect.type === "model.dial") this.#pending.set(effect.epoch, false);
    if (effect.type === "model.close") this.#finish(effect.epoch, "abandoned");
  }

  onEnd(): void {
    for (const epoch of [...this.#pending.keys()]) this.#finish(epoch, "abandoned");
  }

  #finish(epoch: number, result: ConnectResult): void {
    const wasRefused = this.#pending.get(epoch);
    if (wasRefused === undefined) return;
    this.#pending.delete(epoch);
    this.#results[wasRefused && result !== "ready" ? "refused" : result] += 1;
  }
}

function histogram(name: string, help: string, buckets: Buckets): Family {
  return { type: "histogram", name, help, buckets };
}

const secondsBetween = (fromMs: number, toMs: number): number => Math.max(0, toMs - fromMs) / 1_000;

function sum(counts: readonly FrameCounts[]): FrameCounts {
  return counts.reduce((a, b) => ({
    callerReceived: a.callerReceived + b.callerReceived,
    callerSent: a.callerSent + b.callerSent,
    modelReceived: a.modelReceived + b.modelReceived,
    modelSent: a.modelSent + b.modelSent,
    callerBad: a.callerBad + b.callerBad,
    modelBad: a.modelBad + b.modelBad,
  }));
}
