// Which model a new call begins with, after others have failed.

import { test } from "bun:test";
import { assertEquals, assertExists } from "@std/assert";
import type { ModelChoice } from "../../../src/config/agents/agent.ts";
import { FIRST_SKIP_MS, LONGEST_SKIP_MS, MODELS_MAX, ModelHealth } from "../../../src/server/calls/model-health.ts";
import { manualClock } from "../../support/manual-clock.ts";

const model = (name: string, host = "api.openai.com"): ModelChoice => ({
  type: "openai",
  apiKey: "sk-secret",
  model: name,
  realtimeUrl: `wss://${host}/v1/realtime`,
});
const [one, two] = [model("one"), model("two")];
const models = [one, two];

function start() {
  const clock = manualClock(1_000);
  return { clock, health: new ModelHealth(clock) };
}

test("ModelHealth: a model that failed is skipped, then one call tries it while the others go on skipping it", () => {
  const { clock, health } = start();
  assertEquals([health.firstOf(models), health.skipped], [0, []]);
  health.failed(one);
  assertEquals([health.firstOf(models), health.skipped], [1, ["one at api.openai.com"]]);
  clock.advance(FIRST_SKIP_MS);
  assertEquals([health.firstOf(models), health.firstOf(models)], [0, 1]);
  health.answered(one);
  assertEquals([health.firstOf(models), health.skipped], [0, []]);
});

test("ModelHealth: it is skipped twice as long each time, to a limit", () => {
  const { clock, health } = start();
  for (let skipMs = FIRST_SKIP_MS; skipMs < LONGEST_SKIP_MS * 4; skipMs *= 2) {
    health.failed(one);
    const bounded = Math.min(skipMs, LONGEST_SKIP_MS);
    clock.advance(bounded - 1);
    assertEquals(health.firstOf(models), 1, `${skipMs}`);
    clock.advance(1);
    assertEquals(health.firstOf(models), 0, `${skipMs}`);
    clock.advance(bounded);
  }
});

test("ModelHealth: many calls that see the same failure are one failure", () => {
  const { clock, health } = start();
  for (let call = 0; call < 50; call++) health.failed(one);
  clock.advance(FIRST_SKIP_MS);
  assertEquals(health.firstOf(models), 0);
});

test("ModelHealth: when all have failed, the first is tried", () => {
  const { health } = start();
  for (const each of models) health.failed(each);
  assertEquals(health.firstOf(models), 0);
});

test("ModelHealth: the same name on another server is another model, and the key is not shown", () => {
  const { health } = start();
  health.failed(model("one", "voice.example.com"));
  assertEquals([health.firstOf(models), health.skipped], [0, ["one at voice.example.com"]]);
});

test("ModelHealth: at most so many models are remembered", () => {
  const { health } = start();
  for (let index = 0; index < MODELS_MAX + 10; index++) health.failed(model(`m${index}`));
  assertEquals(health.skipped.length, MODELS_MAX);
});

test("watching: a model that another takes over from has failed; one that completes a response answers", () => {
  const { health } = start();
  const watch = health.watching(models, 0);
  assertExists(watch);
  watch.effect({ type: "model.dial", epoch: 1, chosen: 0 }, 0);
  assertEquals(health.skipped, []);
  watch.effect({ type: "model.dial", epoch: 2, chosen: 1 }, 0);
  assertEquals(health.skipped, ["one at api.openai.com"]);
  const done = { type: "model.responseDone", atMs: 0, epoch: 2, responseId: "r", hasCalls: false, calls: [] } as const;
  const rest = { reason: undefined, error: undefined, usage: undefined };
  health.failed(two);
  watch.event({ ...done, ...rest, status: "failed" });
  assertEquals(health.skipped.length, 2);
  watch.event({ ...done, ...rest, status: "completed" });
  assertEquals(health.skipped, ["one at api.openai.com"]);
});

test("watching: a call of an agent with one model is not watched", () => {
  assertEquals(start().health.watching([one], 0), undefined);
});
