// What is kept of the caller's audio, against a plain list of payloads.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { payloadBytes } from "../../../src/protocol/media-streams/media-streams.ts";
import { KeptAudio } from "../../../src/server/calls/kept-audio.ts";
import { checkProperty } from "../../support/properties.ts";

const payload = (bytes: number, value = 1): string => Buffer.alloc(bytes, value).toString("base64");
const frame = payload(160);

/** The same by a list. */
class Listed {
  list: string[] = [];
  keep(one: string, maxBytes: number): void {
    if (one !== "") this.list.push(one);
    this.trim(one === "" ? Number.POSITIVE_INFINITY : maxBytes);
  }
  trim(maxBytes: number): void {
    while (this.bytes > maxBytes) this.list.shift();
  }
  get bytes(): number {
    return this.list.reduce((sum, one) => sum + payloadBytes(one), 0);
  }
}

const bytes = fc.oneof(fc.constantFrom(0, 1, 2, 3, 160), fc.nat(2_000));
const bound = fc.oneof(fc.constantFrom(0, 8_000), fc.nat(20_000));
const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("keep" as const), bytes, bound, value: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("trim" as const), bound }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("look" as const) }) },
);

test("KeptAudio: keeps, trims and forgets as a list of payloads would", () => {
  const property = fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const kept = new KeptAudio();
    const listed = new Listed();
    const look = (): void => assertEquals([kept.bytes, kept.payloads()], [listed.bytes, listed.list]);
    for (const each of actions) {
      if (each.type === "look") look();
      if (each.type === "keep") for (const one of [kept, listed]) one.keep(payload(each.bytes, each.value), each.bound);
      if (each.type === "trim") for (const one of [kept, listed]) one.trim(each.bound);
      if (each.type === "forget") kept.forget();
      if (each.type === "forget") listed.list = [];
    }
    look();
  });
  checkProperty(property, { numRuns: 200 });
});

test("KeptAudio: at the bound the oldest payload goes, as many as the new one needs", () => {
  const kept = new KeptAudio();
  for (let index = 0; index < 500; index++) kept.keep(payload(160, index % 256), 80_000);
  assertEquals([kept.payloads().length, kept.bytes], [500, 80_000]);
  kept.keep(payload(1_000), 80_000);
  assertEquals([kept.payloads().length, kept.bytes, kept.payloads()[0]], [494, 80_000 - 7 * 160 + 1_000, payload(160, 7)]);
});

test("KeptAudio: a payload beyond the bound is not kept, and takes all others with it", () => {
  const kept = new KeptAudio();
  kept.keep(frame, 8_000);
  kept.keep(payload(8_001), 8_000);
  assertEquals([kept.payloads(), kept.bytes], [[], 0]);
});

test("KeptAudio: empty payloads have no place: they would have no bound", () => {
  const kept = new KeptAudio();
  for (let count = 0; count < 1_000; count++) kept.keep("", 8_000);
  assertEquals(kept.payloads(), []);
});

test("KeptAudio: its memory is bounded by what is kept, however long the call lasts", () => {
  const kept = new KeptAudio();
  for (let count = 0; count < 10_000; count++) kept.keep(frame, 8_000);
  assert(kept.capacityChars <= 16_384, `${kept.capacityChars}`);
  for (let count = 0; count < 10_000; count++) kept.keep(frame, 80_000);
  assert(kept.capacityChars <= 3 * 500 * 217, `${kept.capacityChars}`);
  kept.forget();
  assertEquals(kept.capacityChars, 0);
});
