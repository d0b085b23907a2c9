// Spans that wait for the collector. Bounded: while it is away, spans are dropped and counted, and the log says so
// once. The SDK's BatchSpanProcessor is bounded too, but does not say how many it dropped, and has its own timers.

import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Clock, Log } from "../../call/ports.ts";

/** Spans that wait, as many as the SDK's own processor keeps. A call has about one for each answer. */
export const MAX_SPANS_WAITING = 2_048;
/** Spans in one request. */
export const BATCH_SPANS = 512;
/** From the first span of a batch to its export. */
export const BATCH_MS = 5_000;

export interface SpanCounts {
  readonly exported: number;
  readonly dropped: number;
}

/** A class because it holds spans and a timer. */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: ReadableSpan[] = [];
  #cancelTimer: (() => void) | undefined;
  /** Resolves when the request that is under way has ended. */
  #exporting: Promise<void> | undefined;
  #exported = 0;
  #dropped = 0;
  /** Whether the last request failed. */
  #failing = false;

  constructor(exporter: SpanExporter, clock: Clock, log: Log) {
    this.#exporter = exporter;
    this.#clock = clock;
    this.#log = log;
  }

  get counts(): SpanCounts {
    return { exported: this.#exported, dropped: this.#dropped };
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#waiting.length >= MAX_SPANS_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH_SPANS) this.#export();
    else this.#arm();
  }

  /** Resolves when all spans that waited were exported or dropped. */
  async forceFlush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#exporting !== undefined) {
      this.#export();
      await this.#exporting;
    }
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.#cancelTimer?.();
    await this.#exporter.shutdown();
  }

  #arm(): void {
    this.#cancelTimer ??= this.#clock.after(BATCH_MS, () => {
      this.#cancelTimer = undefined;
      this.#export();
    });
  }

  /** One request at a time. */
  #export(): void {
    if (this.#exporting !== undefined || this.#waiting.length === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const batch = this.#waiting.splice(0, BATCH_SPANS);
    this.#exporting = new Promise<string | undefined>((resolve) => {
      // ExportResultCode.SUCCESS is 0.
      this.#exporter.export(batch, ({ code, error }) => resolve(code === 0 ? undefined : (error?.message ?? "no reason given")));
    })
      .catch((error: unknown) => String(error))
      .then((failure) => this.#onExported(batch.length, failure));
  }

  #onExported(spans: number, failure: string | undefined): void {
    this.#exporting = undefined;
    if (failure === undefined) this.#exported += spans;
    else this.#dropped += spans;
    if (failure !== undefined && !this.#failing) {
      const fix = "check OTEL_EXPORTER_OTLP_ENDPOINT: an OpenTelemetry collector that takes OTLP over HTTP, port 4318 mostly";
      this.#log("warning", "traces.failed", { reason: failure, dropped: this.#dropped, fix });
    }
    if (failure === undefined && this.#failing) this.#log("info", "traces.recovered", { dropped: this.#dropped });
    this.#failing = failure !== undefined;
    if (this.#waiting.length >= BATCH_SPANS) this.#export();
    else if (this.#waiting.length > 0) this.#arm();
  }
}
