// What holds for the spans and the metrics of every call, whatever happens in whatever order: tests/call/any-event.ts
// makes the events.

import { test } from "bun:test";
import { type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CallMetrics } from "../../../src/adapters/metrics/call-metrics.ts";
import { callSpans } from "../../../src/adapters/traces/call-spans.ts";
import type { CallWatch } from "../../../src/call/ports.ts";
import { anyCall, playDrafts, runDown } from "../../call/any-event.ts";
import type { Played } from "../../call/call-script.ts";
import { scriptIdentity } from "../../call/call-script.ts";
import { noFrames, observed } from "../../server/fakes.ts";
import { checkProperty } from "../../support/properties.ts";

const AUDIO: readonly string[] = ["caller.play", "caller.mark", "model.appendAudio"];
const BUSY_MS = 60_000;

/** Shows a played call to a watch as the driver does: server/calls/call-driver.ts. */
function show(played: readonly Played[], watch: CallWatch): void {
  for (const { event, effects } of played) {
    if (event.type !== "caller.audio" && (event.type !== "model.audio" || watch.awaitsAudio)) watch.event(event);
    for (const effect of effects) {
      if (effect.type === "call.ended") watch.ended(effect.end, noFrames, event.atMs);
      if (!AUDIO.includes(effect.type)) watch.effect(effect, event.atMs);
    }
  }
}

/** A call to its end. */
const anyWholeCall = anyCall.map((drafts) => {
  const played = playDrafts(drafts);
  const last = played.at(-1);
  return last === undefined ? played : [...played, ...runDown(last.after, last.event.atMs)];
});

const dialsOf = (played: readonly Played[]): number =>
  played.flatMap(({ effects }) => effects).filter(({ type }) => type === "model.dial").length;
const hasEnded = (played: readonly Played[]): boolean => played.at(-1)?.after.phase === "ended";

test(
  "callSpans: every span that was started is ended, once, and one is the call's",
  () => {
    const property = fc.property(anyWholeCall, (played) => {
      const open = new Set<string>();
      const ended: ReadableSpan[] = [];
      const onStart = (span: { spanContext(): { spanId: string } }): void => void open.add(span.spanContext().spanId);
      const onEnd = (span: ReadableSpan): void => {
        assert(open.delete(span.spanContext().spanId), "ended twice");
        ended.push(span);
      };
      const processor = { onStart, onEnd, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
      const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("test");
      const watch = callSpans({ tracer, capturesContent: true })(observed(scriptIdentity));
      show(played, watch);
      if (!hasEnded(played)) return;
      assertEquals([open.size, watch.awaitsAudio], [0, false]);
      assertEquals(ended.filter(({ name }) => name === "call").length, 1);
      assertEquals(ended.filter(({ name }) => name === "model connection").length, dialsOf(played));
    });
    checkProperty(property, { numRuns: 300 });
  },
  BUSY_MS,
);

test(
  "CallMetrics: every call counts once at its end, and every connection once",
  () => {
    const property = fc.property(anyWholeCall, (played) => {
      const metrics = new CallMetrics();
      show(played, metrics.observe(observed(scriptIdentity)));
      if (!hasEnded(played)) return;
      const families = metrics.families({ running: 0, limit: 1, refusals: {}, runningFrames: () => [] });
      const total = (name: string): number => {
        const family = families.find((one) => one.name === name);
        assert(family !== undefined && family.type !== "histogram");
        return family.samples.reduce((sum, { value }) => sum + value, 0);
      };
      assertEquals([total("voice_calls_total"), total("voice_model_connects_total")], [1, dialsOf(played)]);
    });
    checkProperty(property, { numRuns: 300 });
  },
  BUSY_MS,
);
