// A log for events that unauthenticated clients can cause: limits of a field's length, and of one event's lines and
// bytes a second. What is over is counted, so that a flood cannot fill the disk.

import { Buffer } from "node:buffer";
import type { LogFields } from "../../call/effects.ts";
import type { Clock, Log } from "../../call/ports.ts";
import { printable } from "../../protocol/printable.ts";

/** Lines of one event at once: 300 calls may begin in one second. */
export const BURST_LINES = 400;
/** Bytes of one event's fields at once. A line without long fields has about 300. */
export const BURST_BYTES = 131_072;
/** Lines of one event a second in the long run. With {@link BYTES_PER_SECOND} a flood writes about a GB a day. */
export const LINES_PER_SECOND = 10;
export const BYTES_PER_SECOND = 2_048;
/** Of a text field. The eight URLs that are tried for a signature have about 400 together. */
export const MAX_FIELD_CHARS = 600;
/** Of a stack, which no stranger writes. */
export const MAX_STACK_CHARS = 4_000;

/** A leaky bucket of lines and one of bytes, and the lines dropped since the last report. */
interface Gauge {
  lines: number;
  bytes: number;
  countedMs: number;
  dropped: number;
}

/** Once a second, `log.suppressed` reports how many lines of which event were dropped, if any. */
export function boundedLog(log: Log, clock: Clock): Log {
  const gauges = new Map<string, Gauge>();
  let reportIsDue = false;
  const report = (): void => {
    reportIsDue = false;
    for (const [event, gauge] of gauges) {
      if (gauge.dropped > 0) log("warning", "log.suppressed", { event, lines: gauge.dropped });
      gauge.dropped = 0;
    }
  };
  return (level, event, fields) => {
    const nowMs = clock.nowMs();
    const gauge = gauges.get(event) ?? { lines: 0, bytes: 0, countedMs: nowMs, dropped: 0 };
    gauges.set(event, gauge);
    leak(gauge, nowMs);
    const isFull = gauge.lines + 1 > BURST_LINES || gauge.bytes > BURST_BYTES;
    if (isFull) {
      gauge.dropped += 1;
      if (!reportIsDue) clock.after(1_000, report);
      reportIsDue = true;
      return;
    }
    const short = shorten(fields);
    gauge.lines += 1;
    gauge.bytes += Buffer.byteLength(printable(JSON.stringify(short)));
    log(level, event, short);
  };
}

function leak(gauge: Gauge, nowMs: number): void {
  const seconds = Math.max(0, nowMs - gauge.countedMs) / 1_000;
  gauge.lines = Math.max(0, gauge.lines - seconds * LINES_PER_SECOND);
  gauge.bytes = Math.max(0, gauge.bytes - seconds * BYTES_PER_SECOND);
  gauge.countedMs = nowMs;
}

/** Cuts long texts, and states how many characters each lost. */
function shorten(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const most = name === "stack" ? MAX_STACK_CHARS : MAX_FIELD_CHARS;
      if (typeof value !== "string" || value.length <= most) return [name, value];
      return [name, `${value.slice(0, most)}… (${value.length - most} more)`];
    }),
  );
}
