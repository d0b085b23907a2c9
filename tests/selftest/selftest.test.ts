// One whole selftest of this source, in this process: its exit code, its report, its files.

import { test } from "bun:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { levelDbfs } from "../../src/audio/level.ts";
import { toneLevelDbfs } from "../../src/audio/tone.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { GREETING_HZ } from "../../src/selftest/scenarios.ts";
import { type SelftestIo, selftest } from "../../src/selftest/selftest.ts";
import { parseReport } from "../report/schema.ts";
import { parseWav } from "../support/parse-wav.ts";
import { patientClock } from "../support/patient-clock.ts";

/** Keeps what is printed and written. */
function keepingIo(fields: Partial<SelftestIo> = {}) {
  const files = new Map<string, string | Uint8Array>();
  const printed: string[] = [];
  const io: SelftestIo = {
    platform,
    clock: patientClock(1), // a busy machine must not look like a slow voice
    colors: false,
    print: (text) => void printed.push(text),
    log: (text) => void printed.push(text),
    openFile: async (path) => async (bytes) => void files.set(path, bytes),
    ...fields,
  };
  return { io, files, printed };
}

test("selftest: this source passes, and says so on stdout and in the files", async () => {
  const { io, files, printed } = keepingIo();
  const exitCode = await selftest({ json: true, junit: "a.xml", wav: "b.wav" }, io);
  const { ok, checks } = parseReport(printed.join(""));
  assertEquals(
    checks.filter(({ level }) => level !== "ok"),
    [],
  );
  assertEquals([exitCode, ok, checks.length], [0, true, 40]);
  assertStringIncludes(String(files.get("a.xml")), 'failures="0"');
  const wav = parseWav(files.get("b.wav") as Uint8Array);
  assert(!("bad" in wav) && wav.channels === 2 && wav.data.length > 2 * 8_000, "over a second of both sides");
  const heard = decodeMulaw(wav.data.filter((code, at) => at % 2 === 1 && (code & 0x7f) < 0x50)); // the loud parts of the right channel
  assert(toneLevelDbfs(heard, GREETING_HZ) < levelDbfs(heard) - 10, "the agent greets with speech, not with a tone");
}, 120_000);

test("selftest: a file that cannot be written is wrong use, before anything is run", async () => {
  const { io, printed } = keepingIo({ openFile: () => Promise.reject(new UsageError("cannot write /nowhere/a.xml", "")) });
  await assertRejects(() => selftest({ json: false, junit: "/nowhere/a.xml", wav: undefined }, io), UsageError, "/nowhere/a.xml");
  assertEquals(printed, []);
});
