// What is remembered of settings that a model's server refuses.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { CallEvent } from "../../../src/call/events.ts";
import type { SessionOption } from "../../../src/protocol/realtime/session-options.ts";
import { type ConfiguredModel, REFUSING_MODELS_MAX, REMEMBERED_MS, RefusedSettings } from "../../../src/server/calls/refused-settings.ts";
import { manualClock } from "../../support/manual-clock.ts";

const configured = (name = "one", voice = "marin", url = "wss://api.openai.com/v1/realtime"): ConfiguredModel => ({
  choice: { type: "openai", apiKey: "sk-secret", model: name, realtimeUrl: url },
  session: { instructions: "Be kind.", voice },
});
const model = configured();

function start() {
  const clock = manualClock(1_000);
  return { clock, refusals: new RefusedSettings(clock) };
}

/** A call's watch, shown what a session of it does. */
function callOf(refusals: RefusedSettings, models: readonly ConfiguredModel[] = [model]) {
  const watch = refusals.watching(
    models,
    models.map((one) => refusals.knownOf(one)),
  );
  const dial = (epoch: number, chosen = 0): void => watch.effect({ type: "model.dial", epoch, chosen }, 0);
  const configure = (epoch: number, ...omit: SessionOption[]): void => watch.effect({ type: "model.configure", epoch, omit }, 0);
  const ready = (epoch: number): void => watch.event({ type: "model.ready", atMs: 0, epoch } as CallEvent);
  return { dial, configure, ready };
}

test("RefusedSettings: what a call left out is known when the model is ready, for an hour", () => {
  const { clock, refusals } = start();
  const call = callOf(refusals);
  call.dial(1);
  call.configure(1);
  call.configure(1, "noise_reduction");
  assertEquals(refusals.knownOf(model), []);
  call.ready(1);
  assertEquals(refusals.knownOf(model), ["noise_reduction"]);
  clock.advance(REMEMBERED_MS - 1);
  assertEquals(refusals.knownOf(model), ["noise_reduction"]);
  clock.advance(1);
  assertEquals(refusals.knownOf(model), []);
});

test("RefusedSettings: a model that is never ready teaches nothing", () => {
  const { refusals } = start();
  const call = callOf(refusals);
  call.dial(1);
  call.configure(1, "noise_reduction", "transcription");
  call.dial(2);
  call.ready(2);
  assertEquals(refusals.knownOf(model), []);
});

test("RefusedSettings: calls that leave it out do not extend the hour, also not when their session is replaced later", () => {
  const { clock, refusals } = start();
  const first = callOf(refusals);
  first.dial(1);
  first.configure(1, "noise_reduction");
  first.ready(1);
  clock.advance(REMEMBERED_MS / 2);
  const second = callOf(refusals);
  second.dial(1);
  second.configure(1, "noise_reduction");
  second.ready(1);
  second.configure(1, "noise_reduction", "voice");
  second.ready(1);
  clock.advance(REMEMBERED_MS / 2);
  assertEquals(refusals.knownOf(model), ["voice"]);
  for (const call of [first, second]) call.dial(2);
  first.configure(2, "noise_reduction");
  first.ready(2);
  second.configure(2, "noise_reduction", "voice");
  second.ready(2);
  assertEquals(refusals.knownOf(model), ["voice"]);
});

test("RefusedSettings: known for the same server, model and values only; instructions and key do not matter", () => {
  const { refusals } = start();
  refusals.learn(model, ["voice"]);
  const others = [configured("two"), configured("one", "cedar"), configured("one", "marin", "wss://eu.api.openai.com/v1/realtime")];
  assertEquals(
    others.map((one) => refusals.knownOf(one)),
    [[], [], []],
  );
  const same: ConfiguredModel = {
    choice: { type: "openai", apiKey: "sk-other", model: "one", realtimeUrl: "wss://api.openai.com/v1/realtime" },
    session: { ...model.session, instructions: "The caller is +15550001111." },
  };
  assertEquals(refusals.knownOf(same), ["voice"]);
});

test("RefusedSettings: a model that takes over teaches about itself", () => {
  const { refusals } = start();
  const models = [model, configured("two")];
  const call = callOf(refusals, models);
  call.dial(1, 0);
  call.configure(1, "voice", "speed");
  call.dial(2, 1);
  call.configure(2);
  call.configure(2, "noise_reduction");
  call.ready(2);
  assertEquals(
    models.map((one) => refusals.knownOf(one)),
    [[], ["noise_reduction"]],
  );
});

test("RefusedSettings: at most so many models are remembered, and the oldest is forgotten", () => {
  const { refusals } = start();
  for (let index = 0; index <= REFUSING_MODELS_MAX; index++) refusals.learn(configured(`model ${index}`), ["speed"]);
  const known = [0, 1, REFUSING_MODELS_MAX].map((index) => refusals.knownOf(configured(`model ${index}`)));
  assertEquals(known, [[], ["speed"], ["speed"]]);
});
