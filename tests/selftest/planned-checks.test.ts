// The planned checks: each id occurs once; a check without evidence fails and says so.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { plannedChecks, type RunEvidence } from "../../src/selftest/planned-checks.ts";
import { scenariosFor } from "../../src/selftest/scenarios.ts";
import { goodTwiml, madeCall, madeEvidence, madeExchange } from "./checks/made.ts";

const nothing: RunEvidence = { scenes: new Map(), listenedAtMs: 0, proxied: undefined, leftovers: undefined, thrown: [] };
const judge = (id: string, run: RunEvidence) => {
  const check = plannedChecks.find((one) => one.id === id);
  assert(check);
  return check.judge(run);
};

test("plannedChecks: ids are dotted or plain words, and unique", () => {
  const ids = plannedChecks.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const id of ids) assert(/^[a-z-]+(\.[a-z-]+)?$/.test(id), id);
});

test("plannedChecks: without evidence each fails, except the one that looks for exceptions", () => {
  const passed = plannedChecks.map((check) => check.judge(nothing)).filter(({ level }) => level === "ok");
  assertEquals(
    passed.map(({ id }) => id),
    ["server.no-throw"],
  );
  assertStringIncludes(judge("calls.isolated", nothing).actual, '"twin-1", "twin-2"');
});

test("plannedChecks: each judges existing scenarios", () => {
  const evidence = madeEvidence();
  const names = scenariosFor("http://127.0.0.1:1").map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const scenes = new Map(names.map((name) => [name, { evidence, broke: undefined }]));
  const missing = plannedChecks.map((check) => check.judge({ ...nothing, scenes })).filter(({ actual }) => actual.includes('the call "'));
  assertEquals(missing, []);
});

test("plannedChecks: a failed check of a call that broke off says why it did, a passed one does not", () => {
  const evidence = madeEvidence({ call: madeCall({ exchanges: [madeExchange(goodTwiml)] }) });
  const scene = { evidence, broke: "600 ms of audio: did not come" };
  const scenes = new Map([
    ["conversation", scene],
    ["keys", scene],
  ]);
  const failed = judge("greeting.heard", { ...nothing, scenes });
  assertStringIncludes(failed.actual, "the call broke off: 600 ms of audio: did not come");
  assertEquals(judge("twiml.shape", { ...nothing, scenes }).actual.includes("broke off"), false);
});
