// What holds for model connections, the caller's wait and fallbacks, whatever happens in whatever order.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Effect } from "../../src/call/effects.ts";
import type { SessionOption } from "../../src/protocol/realtime/session-options.ts";
import { checkProperty } from "../support/properties.ts";
import { anyCall, playDrafts, ringOut, runDown } from "./any-event.ts";
import type { Played } from "./call-script.ts";

/** A thousand calls take half a second, and many times that on a busy machine. */
const BUSY_MS = 60_000;

function holds(name: string, check: (played: readonly Played[]) => void, failedSeeds: readonly number[] = []): void {
  const property = fc.property(anyCall, (drafts) => check(playDrafts(drafts)));
  test(`step: ${name}`, () => checkProperty(property, { numRuns: 1_000, failedSeeds }), BUSY_MS);
}

/** What was played, then the stream disconnects and all deadlines ring. */
function toTheEnd(played: readonly Played[]): readonly Played[] {
  const last = played.at(-1);
  return last === undefined ? [] : [...played, ...runDown(last.after, last.event.atMs)];
}

const effectsOf = (played: readonly Played[]): readonly Effect[] => played.flatMap(({ effects }) => effects);
const OVER: ReadonlySet<string> = new Set(["away", "leaving", "ended"]);

type LinkState = "dialled" | "configured" | "ready";

/** Applies an effect to the connections it is for; fails when that connection is in the wrong state. */
function applyEffect(links: Map<number, LinkState>, effect: Effect, current: number, by: string): void {
  switch (effect.type) {
    case "model.dial":
      assert(!links.has(effect.epoch));
      links.set(effect.epoch, "dialled");
      assert(links.size <= 2, `${links.size} connections by ${by}`);
      break;
    case "model.configure":
      // Again when the server refused a setting.
      assert(links.get(effect.epoch) === "dialled" || (links.get(effect.epoch) === "configured" && by === "model.errorReported"));
      links.set(effect.epoch, "configured");
      break;
    case "model.addMessage":
      assertEquals(links.get(effect.epoch), "ready", `message by ${by}`);
      break;
    case "model.appendAudio":
    case "model.respond":
    case "model.cancel":
    case "model.truncate":
      assertEquals(links.get(current), "ready", `${effect.type} by ${by}`);
      break;
    case "model.close":
      assert(links.delete(effect.epoch), `${effect.epoch} closed by ${by}`);
      break;
    default:
  }
}

holds(
  "a connection is dialled, configured, used once ready, then closed or lost, once; at most two are open, none after the end",
  (played) => {
    const links = new Map<number, LinkState>();
    for (const { event, after, effects } of toTheEnd(played)) {
      if (event.type === "model.ready" && links.get(event.epoch) === "configured") links.set(event.epoch, "ready");
      if (event.type === "model.lost") links.delete(event.epoch);
      for (const effect of effects) applyEffect(links, effect, after.model.epoch, event.type);
      if (after.phase === "ended") assertEquals([...links], []);
    }
  },
);

holds("a setting that was refused is not sent again in the whole call", (played) => {
  let refused: readonly string[] = [];
  let sent = "";
  for (const effect of effectsOf(toTheEnd(played))) {
    if (effect.type !== "model.configure") continue;
    assert(refused.every((option) => effect.omit.includes(option as SessionOption)));
    assertEquals(new Set(effect.omit).size, effect.omit.length);
    assert(sent !== `${effect.epoch} ${effect.omit.join()}`, "the same update twice on one connection");
    sent = `${effect.epoch} ${effect.omit.join()}`;
    refused = effect.omit;
  }
});

holds("what comes after the end of a response sets no deadline, starts nothing and settles nothing", (played) => {
  for (const { before, event, after, effects } of played) {
    const isLate = (event.type === "model.audio" || event.type === "model.audioDone") && before.responses.ended.includes(event.responseId);
    if (!isLate || before.speechWatch.probing || event.epoch !== before.model.epoch) continue;
    const { stall: _before, ...others } = before.deadlines;
    const { stall, ...left } = after.deadlines;
    assert(stall === undefined || stall === before.deadlines.stall);
    assertEquals(left, others);
    assertEquals([after.responses, after.intake, after.turns, after.phase], [before.responses, before.intake, before.turns, before.phase]);
    for (const { type } of effects) assert(type === "caller.play" || type === "caller.mark", type);
  }
});

holds("events of the successor never reach the caller", (played) => {
  for (const { before, event, effects } of played) {
    if (!("epoch" in event) || event.epoch !== before.successor?.epoch) continue;
    for (const { type } of effects) assert(!type.startsWith("caller."), `${type} by ${event.type}`);
  }
});

holds("a session is replaced only while nothing is due or playing and the caller is quiet", (played) => {
  for (const { before, event, after, effects } of played) {
    if (!effects.some((effect) => effect.type === "log" && effect.event === "model.rolledOver")) continue;
    assert(!after.callerSpeaks && after.deadlines.reply === undefined && after.deadlines.retry === undefined);
    assert(after.deadlines.stall === undefined && after.responses.current.type === "idle" && after.responses.queued === undefined);
    for (const { heardBytes, sentBytes } of after.playout.parts) assert(heardBytes >= sentBytes);
    assert(after.model.epoch > before.model.epoch, event.type);
  }
});

holds("a filler is played only on an open stream, and never over speech", (played) => {
  for (const { before, event, after, effects } of toTheEnd(played)) {
    if (!effects.some(({ type }) => type === "caller.playFiller")) continue;
    // A timer that fires late may find that the caller stopped long ago, and that a filler is due.
    assertEquals([before.caller.state, before.callerSpeaks && after.callerSpeaks, before.playout.marks], ["live", false, []], event.type);
  }
});

holds("there is at most one alert per call, exactly when the caller is transferred or gets an apology", (played) => {
  const all = toTheEnd(played);
  const orders = effectsOf(all);
  const alerts = orders.filter(({ type }) => type === "alert");
  assert(alerts.length <= 1);
  const record = orders.find((effect) => effect.type === "record.save")?.record;
  const { canTransfer, onFailure, transfers } = all[0]?.before.settings ?? {};
  const hasPlan = transfers?.some(({ name }) => name === onFailure) === true;
  // No one took the call, or voice itself failed meanwhile.
  const mayApologise = !canTransfer || hasPlan;
  if (alerts.length > 0) {
    assert((record?.fallback === "transferred" && (canTransfer || hasPlan)) || (record?.fallback === "apology" && mayApologise));
  }
  if (record?.fallback === "transferred" || record?.fallback === "apology")
    assertEquals(alerts.length, record.end.by === "operator" ? 0 : 1);
});

holds("the recorded longest wait is never shorter than one that was observed", (played) => {
  let sinceMs: number | undefined;
  let longestMs = 0;
  for (const { before, event, after, effects } of toTheEnd(played)) {
    const speaks = event.type === "model.speechStarted" && event.epoch === before.model.epoch && before.model.state === "ready";
    const hears = effects.some(({ type }) => type === "caller.play");
    if (sinceMs !== undefined) longestMs = Math.max(longestMs, event.atMs - sinceMs);
    // While a person is dialled, the caller hears the ringing.
    const isAway = after.phase === "away";
    if (isAway || hears || (speaks && !OVER.has(before.phase))) sinceMs = undefined;
    // A caller who is to speak first waits for nothing.
    const greets = before.settings.greeting !== undefined;
    const begins = effects.some(({ type, ...of }) => type === "model.respond" || (greets && "event" in of && of.event === "call.started"));
    if (begins) sinceMs ??= event.atMs;
    const record = effects.find((effect) => effect.type === "record.save")?.record;
    if (record === undefined) continue;
    assert(record.longestWaitMs >= longestMs, `${record.longestWaitMs} ms recorded, ${longestMs} ms observed`);
    return;
  }
});

holds("every state of the model leg has its deadline", (played) => {
  for (const { after } of played) {
    const { model, caller, deadlines, successor, phase } = after;
    if (OVER.has(phase)) continue;
    if (caller.state === "live" && model.state !== "ready") assert(deadlines.modelReady !== undefined, `modelReady, ${model.state}`);
    if (model.state === "backingOff") assert(deadlines.redial !== undefined, "redial");
    if (model.state === "ready" && successor?.state !== "ready") assert(deadlines.rollOver !== undefined, "rollOver");
    if (model.state !== "ready") assertEquals(successor, undefined);
    if (caller.state === "absent" && phase === "expected" && model.state !== "none") assert(deadlines.prewarm !== undefined, "prewarm");
  }
});

holds("a model that falls silent: a caller who is waiting gets a reply or an apology within half a minute", (played) => {
  const last = played.at(-1);
  if (last === undefined || last.after.caller.state !== "live" || OVER.has(last.after.phase) || last.after.callerSpeaks) return;
  const { after } = ringOut(last.after, last.event.atMs, 30_000).at(-1) ?? last;
  assert(OVER.has(after.phase) || after.callerWait.sinceMs === undefined, `waits since ${after.callerWait.sinceMs}`);
});
