// How a selftest's result is told: to people, to machines, and as sound.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readJunit } from "../../scripts/junit.ts";
import { readSelftest } from "../../scripts/selftest-report.ts";
import { parseWav } from "../../src/audio/wav.ts";
import { jsonReport, junitReport, textReport, wavReport } from "../../src/selftest/report.ts";
import { frame, heardPieces, madeCall, madeEvidence, madeStream } from "./checks/made.ts";

const check = (id: string, ok: boolean) => {
  return {
    id,
    title: `the title of ${id}`,
    requirement: "It must.",
    source: "RFC 1",
    ok,
    expected: 'a "b"',
    actual: "<c> & \u001b",
    ms: 12,
  };
};
const good = { version: "1.2.3", runtime: "Bun 9", ms: 3_210, checks: [check("a.b", true), check("c", true)] };
const bad = { ...good, checks: [check("a.b", true), check("c", false)] };

test("textReport: a line a check and the verdict; all of what failed", () => {
  assertEquals(
    textReport(bad, false),
    [
      "voice 1.2.3, Bun 9",
      "✓ a.b     12 ms  the title of a.b",
      "✗ c       12 ms  the title of c",
      "  required  It must.",
      "  source    RFC 1",
      '  expected  a "b"',
      "  actual    <c> & \u001b",
      "1 of 2 checks failed: c; 3.2 s",
      "",
    ].join("\n"),
  );
  assert(textReport(good, false).endsWith("\nall 2 checks passed, 3.2 s\n"));
});

test("textReport: colours where they are wanted, and nowhere else", () => {
  assertStringIncludes(textReport(good, true), "\u001b[32m✓\u001b[0m");
  assertEquals(textReport(good, false).includes("\u001b["), false);
});

test("jsonReport: one line, and the gate can read it", () => {
  const text = jsonReport(bad);
  assertEquals(text.split("\n").length, 2);
  const { ok, version, runtime, ms, checks } = JSON.parse(text);
  assertEquals({ ok, version, runtime, ms, checks }, { ok: false, ...bad });
  assertEquals(JSON.parse(jsonReport(good)).ok, true);
  assertEquals(readSelftest(text, 1).passed, 1);
});

test("junitReport: well-formed XML with each check, what XML cannot hold left out", () => {
  const text = junitReport(bad);
  assertStringIncludes(text, 'tests="2" failures="1"');
  assertStringIncludes(text, '<failure message="&lt;c&gt; &amp; ">');
  const root = new HTMLRewriter().transform(text);
  assertEquals(root.includes("\u001b"), false);
  const tally = readJunit(text, []);
  assertEquals([tally.passed, tally.failed.length], [1, 1]);
});

test("wavReport: left what the caller said, right what the caller heard, from the stream's opening on", () => {
  const stream = madeStream({ heard: heardPieces(1_021, Uint8Array.of(5, 6)), end: { atMs: 1_022, by: "caller", code: 1000, reason: "" } });
  const received = [frame(1, { type: "input_audio_buffer.append", audio: Uint8Array.of(1, 2, 3).toBase64() })];
  const sound = wavReport(madeEvidence({ call: madeCall({ streams: [stream] }), sessions: [{ received, delivered: [] }] }));
  assert(sound);
  const wav = parseWav(sound);
  assert(!("bad" in wav));
  assertEquals([wav.encoding, wav.rateHz, wav.channels], ["mulaw", 8_000, 2]);
  const sides = [0, 1].map((side) => [...wav.data.filter((_, at) => at % 2 === side)]);
  const silence = (count: number) => Array.from({ length: count }, () => 0xff);
  assertEquals(sides, [
    [1, 2, 3, ...silence(13)],
    [...silence(8), 5, 6, ...silence(6)],
  ]);
  assertEquals(wavReport(madeEvidence({ call: madeCall({ streams: [] }) })), undefined);
});
