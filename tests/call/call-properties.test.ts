// What holds for every call, whatever happens in whatever order. any-event.ts makes the events.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { step } from "../../src/call/call.ts";
import type { Effect } from "../../src/call/effects.ts";
import { KEPT_BYTES_MAX, LEAD_BYTES } from "../../src/call/machines/intake.ts";
import { OUTSTANDING_MARKS_MAX } from "../../src/call/machines/playout.ts";
import { checkProperty } from "../support/properties.ts";
import { anyCall, playDrafts, runDown } from "./any-event.ts";
import { type Played, playedSteps, scriptSettings } from "./call-script.ts";
import { KeptAudio } from "./kept-effects.ts";

/** A thousand calls take half a second, and many times that on a busy machine. */
const BUSY_MS = 60_000;

function holds(name: string, check: (played: readonly Played[]) => void, failedSeeds: readonly number[] = []): void {
  const property = fc.property(anyCall, (drafts) => check(playDrafts(drafts)));
  test(`step: ${name}`, () => checkProperty(property, { numRuns: 1_000, failedSeeds }), BUSY_MS);
}

const effectsOf = (played: readonly Played[]): readonly Effect[] => played.flatMap(({ effects }) => effects);
const countOf = (effects: readonly Effect[], type: Effect["type"]): number => effects.filter((effect) => effect.type === type).length;

holds("after the end, nothing is ordered but answers", (played) => {
  for (const { before, effects } of played) {
    if (before.phase === "ended") for (const { type } of effects) assert(type === "after.answer" || type === "screen.answer", type);
  }
  // In the step that ends the call, call.ended comes last, except for the answer to Twilio's question that ended it.
  for (const { effects } of played) {
    const rest = effects.slice(effects.findIndex(({ type }) => type === "call.ended") + 1);
    if (rest.length < effects.length) for (const { type } of rest) assertEquals(type, "after.answer");
  }
});

holds("each request for what comes next, or what a person hears, is answered once, and nothing else is", (played) => {
  for (const { event, effects } of played) {
    assertEquals(countOf(effects, "after.answer"), event.type === "caller.nextRequested" ? 1 : 0);
    assertEquals(countOf(effects, "screen.answer"), event.type === "transfer.screenRequested" ? 1 : 0);
  }
});

holds("a call that has ended was recorded and ended once, for one reason", (played) => {
  const effects = effectsOf(played);
  const ended = played.at(-1)?.after.phase === "ended" ? 1 : 0;
  assertEquals([countOf(effects, "record.save"), countOf(effects, "call.ended")], [ended, ended]);
  const record = effects.find((effect) => effect.type === "record.save");
  const end = effects.find((effect) => effect.type === "call.ended");
  assertEquals(record?.record.end, end?.end);
  // A call that could not go on is transferred for that reason, and has no `next` meanwhile.
  if (played.at(-1)?.after.phase === "away") return;
  assertEquals(played.at(-1)?.after.end === undefined, played.at(-1)?.after.next === undefined && ended === 0);
});

holds("every call ends once its stream disconnects and its deadlines ring", (played) => {
  const last = played.at(-1);
  if (last === undefined) return;
  const down = runDown(last.after, last.event.atMs);
  const { phase, deadlines } = down.at(-1)?.after ?? last.after;
  assertEquals(phase, "ended");
  assertEquals(deadlines, {});
  assertEquals(countOf(effectsOf([...played, ...down]), "call.ended"), 1);
  assert(down.length < 60, `${down.length} rings`);
});

holds("a call without a stream has a deadline: no call is kept forever", (played) => {
  for (const { after } of played) {
    if (after.phase !== "ended" && after.caller.state !== "live") assert(Object.keys(after.deadlines).length > 0, after.caller.state);
  }
});

holds("only configured targets are dialled, and a person hears about the call only while they are dialled", (played) => {
  for (const { before, effects } of played) {
    const configured = before.settings.transfers.flatMap(({ to }) => to);
    for (const effect of effects) {
      const targets = effect.type === "after.answer" && effect.next.type === "dial" ? effect.next.dial.targets : [];
      assertEquals(
        targets.filter((target) => !configured.includes(target)),
        [],
      );
      const isTold = effect.type === "screen.answer" && effect.screen.type !== "hangUp";
      if (isTold) assertEquals([before.phase, before.transfer?.state, before.transfer?.plan.isScreened], ["away", "ringing", true]);
    }
  }
});

holds("caller effects are ordered only while the stream is open", (played) => {
  let open = false;
  for (const { event, before, effects } of played) {
    if (event.type === "caller.started" && before.phase !== "ended") open = true;
    for (const { type } of effects) {
      if (type.startsWith("caller.")) assert(open, `${type} by ${event.type} without a stream`);
      if (type === "caller.close") open = false;
    }
    if (event.type === "caller.disconnected" && "epoch" in before.caller && before.caller.epoch === event.epoch) open = false;
    if (event.type === "caller.nextRequested") open = false;
  }
});

holds("dials are numbered 1, 2, 3", (played) => {
  const epochs = effectsOf(played).flatMap((effect) => (effect.type === "model.dial" ? [effect.epoch] : []));
  assertEquals(
    epochs,
    epochs.map((_, index) => index + 1),
  );
});

/**
 * Events after which another `response.create` may be sent: the server started, ended or rejected a response, or was
 * lost.
 */
const FREES: ReadonlySet<string> = new Set([
  "model.responseStarted",
  "model.responseDone",
  "model.errorReported",
  "model.lost",
  "model.audio",
]);

holds("at most one response.create is in flight, and its id is never used again", (played) => {
  let inFlight = false;
  const ids = new Set<string>();
  for (const { event, before, effects } of played) {
    if (FREES.has(event.type) && "epoch" in event && event.epoch === before.model.epoch) inFlight = false;
    for (const effect of effects) {
      // A request to a connection that is closed is no longer in flight.
      if (effect.type === "model.close") inFlight = false;
      if (effect.type !== "model.respond") continue;
      assert(!inFlight, `a second one by ${event.type}`);
      assert(!ids.has(effect.eventId));
      ids.add(effect.eventId);
      inFlight = true;
    }
  }
});

holds("a mark's name is never used twice, and never more than the bound are outstanding", (played) => {
  const names = effectsOf(played).flatMap((effect) => (effect.type === "caller.mark" ? [effect.name] : []));
  assertEquals(new Set(names).size, names.length);
  for (const { after } of played) assert(after.playout.marks.length <= OUTSTANDING_MARKS_MAX);
});

const bytesOf = (payload: string): number => Buffer.from(payload, "base64").length;

holds("a truncation is in whole milliseconds and never longer than what was sent of that part", (played) => {
  const sentBytes = new Map<string, number>();
  for (const { event, effects, before } of played) {
    const at = event.type === "model.audio" ? `${before.model.epoch} ${event.itemId} ${event.contentIndex}` : "";
    for (const effect of effects) {
      if (effect.type === "caller.play") sentBytes.set(at, (sentBytes.get(at) ?? 0) + bytesOf(effect.payload));
      if (effect.type !== "model.truncate") continue;
      const sent = sentBytes.get(`${before.model.epoch} ${effect.itemId} ${effect.contentIndex}`) ?? -1;
      assert(Number.isInteger(effect.audioEndMs) && effect.audioEndMs >= 0, `${effect.audioEndMs}`);
      assert(effect.audioEndMs <= sent / 8, `${effect.audioEndMs} ms of ${sent} bytes`);
    }
  }
});

holds("never an item heard to the end is truncated", (played) => {
  for (const { before, effects } of played) {
    for (const effect of effects) {
      if (effect.type !== "model.truncate") continue;
      const parts = before.playout.parts.filter((part) => part.itemId === effect.itemId && part.contentIndex === effect.contentIndex);
      assert(parts.some((part) => !part.complete || part.heardBytes < part.sentBytes));
    }
  }
});

holds("nothing empty is played", (played) => {
  for (const effect of effectsOf(played)) if (effect.type === "caller.play") assert(effect.payload !== "");
});

const keptWithinBounds = (played: readonly Played[]): void => {
  for (const { after, keptBytes } of played) {
    assert(keptBytes <= KEPT_BYTES_MAX);
    if (after.intake.open && after.intake.unanswered === "nothing") assert(keptBytes <= LEAD_BYTES);
    assertEquals(after.intake.open && after.model.state !== "ready" && after.model.state !== "closed", false);
  }
};

holds("kept audio stays within its bound: 10 s, and 1 s while nothing is unanswered", keptWithinBounds, [1_859_710_560]);

test("step: of 1.2 s held for a model, 1 s at most is kept once it is ready, also when an empty frame follows", () => {
  const held = ["0 caller.started", "10 caller.audio payload=C600", "15 caller.audio payload=C600", "15 model.opened", "20 model.ready"];
  const played = playedSteps([...held, "30 caller.audio payload=C0"].join("\n"));
  keptWithinBounds(played);
  assertEquals(played.at(-1)?.keptBytes, 600 * 8);
});

holds("heard never exceeds sent", (played) => {
  for (const { after } of played) {
    assert(after.playout.heardBytes <= after.playout.sentBytes);
    for (const { heardBytes, sentBytes } of after.playout.parts) assert(heardBytes <= sentBytes);
  }
});

holds("every reply that is due has a deadline", (played) => {
  for (const { after } of played) {
    const { caller, model, responses, deadlines, phase } = after;
    const due = responses.current.type === "requested" || (responses.queued !== undefined && responses.current.type === "idle");
    if (phase === "leaving" || phase === "ended" || caller.state !== "live" || model.state !== "ready") continue;
    if (due && !after.callerSpeaks) assert((deadlines.reply ?? deadlines.retry) !== undefined, "requested, without a deadline");
  }
});

holds("the same events make the same call: no clock, no randomness", (played) => {
  const again = played.reduce((call, { event }) => step(call, event).call, played[0]?.before as Played["before"]);
  assertEquals(again, played.at(-1)?.after as Played["after"]);
});

const indexOf = (payload: string): number => Buffer.from(payload, "base64")[0] ?? -1;
const inARow = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, index) => from + index);

test("step: held audio is sent in order, never twice to one connection, and none is lost below the bound", () => {
  const frames = fc.array(fc.boolean(), { maxLength: 60 });
  const property = fc.property(frames, (readyAt) => {
    const drafts = readyAt.flatMap((ready, index) => {
      const payload = Buffer.alloc(160, index).toString("base64");
      const audio = { type: "caller.audio", sequence: index + 2, timestampMs: index * 20, payload } as const;
      const lost = { type: "model.lost", code: 1006, reason: "" } as const;
      // Each connection completes a response: a model that is lost whenever it is ready would be given up.
      const responseId = `r${index}`;
      const said = { type: "model.responseDone", responseId, status: "completed", calls: [] } as const;
      const begun = { type: "model.responseStarted", responseId } as const;
      const spoken = { type: "model.audio", responseId, itemId: `a${index}`, contentIndex: 0, payload } as const;
      const have = [lost, { type: "clock.rang" }, { type: "model.opened" }, { type: "model.ready" }, begun, spoken, said] as const;
      const played = ready ? [audio, ...have] : [audio];
      return played.map((fields) => ({ waitMs: fields.type === "clock.rang" ? 2_000 : 0, stale: false, fields }));
    });
    const format = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };
    const started = { waitMs: 0, stale: false, fields: { type: "caller.started", format } } as const;
    const kept = new KeptAudio();
    const played = playDrafts({ settings: scriptSettings, prewarm: false, drafts: [started, ...drafts] }, kept);
    const heardBy = new Map<number, number[]>();
    for (const { after, effects } of played) {
      for (const effect of effects) {
        if (effect.type !== "model.appendAudio") continue;
        const heard = heardBy.get(after.model.epoch) ?? [];
        heardBy.set(after.model.epoch, [...heard, indexOf(effect.payload)]);
      }
    }
    for (const heard of heardBy.values()) assertEquals(heard, inARow(heard[0] ?? 0, heard.length));
    const last = played.at(-1)?.after;
    const known = new Set([...heardBy.values(), kept.payloads().map(indexOf)].flat());
    if (last?.phase !== "leaving")
      assertEquals(
        [...known].sort((one, other) => one - other),
        inARow(0, readyAt.length),
      );
  });
  checkProperty(property, { numRuns: 500 });
});
