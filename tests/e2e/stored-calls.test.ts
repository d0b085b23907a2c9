// Calls reach the store, also when voice is killed in the middle of one: from source, compiled, and under Deno. A store
// that does not work costs no call.

import { afterAll, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { build } from "../../scripts/build.ts";
import { openForReading } from "../../src/adapters/store/open-database.ts";
import { type CallStory, readCall } from "../../src/adapters/store/read-calls.ts";
import { DATABASE_FILE } from "../../src/adapters/store/stored-calls.ts";
import { callSidOf } from "../server/fakes.ts";
import { callOnce, commandsOf, startProcess } from "./voice-process.ts";

const home = mkdtempSync(join(tmpdir(), "stored-calls-"));
const binary = join(home, "voice");
afterAll(() => rmSync(home, { recursive: true }));

function storyIn(folder: string, callSid: string): CallStory | undefined {
  const db = openForReading(join(folder, DATABASE_FILE));
  try {
    return readCall(db, callSid);
  } finally {
    db.close();
  }
}

/** Waits until the store has what `isThere` looks for: it writes at most 250 ms late. */
async function storedUntil(folder: string, callSid: string, isThere: (story: CallStory) => boolean): Promise<CallStory> {
  for (;;) {
    const story = storyIn(folder, callSid);
    if (story !== undefined && isThere(story)) return story;
    await Bun.sleep(20);
  }
}

for (const [name, command] of Object.entries(commandsOf(home, binary))) {
  test(`stored calls, ${name}: a whole call, and one that was cut by SIGKILL`, async () => {
    if (name === "compiled") assertEquals(build(binary), 0);
    // As a user has it: in the user's own folder.
    const folder = join(home, ".local/share/voice");
    const voice = await startProcess(command, home, {});
    const [whole, cut] = [callSidOf(1), callSidOf(2)];
    await callOnce(voice.origin, whole);
    const { call, turns } = await storedUntil(folder, whole, (story) => story.call.endedMs !== null);
    assertEquals([call.endBy, call.endCause, call.agent, call.fallback], ["caller", "hangup", "agent", "none"]);
    assertEquals(
      turns.map(({ trigger, interrupted }) => [trigger, interrupted]),
      [
        ["greeting", true],
        ["keys", false],
      ],
    );
    await callOnce(voice.origin, cut, true);
    const before = await storedUntil(folder, cut, (story) => story.turns.length === 2);
    assertEquals(before.call.endedMs, null);
    await voice.stop("SIGKILL");
    const again = await startProcess(command, home, {});
    const after = await storedUntil(folder, cut, (story) => story.call.endedMs !== null);
    assertEquals([after.call.endBy, after.call.endCause, after.turns.length], ["server", "processEnded", 2]);
    const { exitCode, output } = await again.stop();
    assertEquals(exitCode, 0, output);
    rmSync(folder, { recursive: true });
  }, 90_000);
}

test("stored calls: without a folder that can be written, calls go on, and the log, /readyz and /metrics say so", async () => {
  const blocked = join(home, "blocked");
  writeFileSync(blocked, "a file in the way");
  const voice = await startProcess([process.execPath, "src/main.ts"], home, { VOICE_STATE: blocked });
  await callOnce(voice.origin, callSidOf(3));
  await voice.logged('"message":"store.failed"');
  const ready = (await (await fetch(`${voice.origin}/readyz`)).json()) as { readonly ready: boolean; readonly storeProblem?: string };
  assert(ready.ready && ready.storeProblem !== undefined, JSON.stringify(ready));
  assert((await (await fetch(`${voice.origin}/metrics`)).text()).includes("\nvoice_store_up 0\n"));
  const { output } = await voice.stop();
  assert(output.includes('"message":"call.ended"') && output.includes('"cause":"hangup"'), output);
}, 60_000);

test("stored calls: VOICE_STATE=off stores nothing", async () => {
  const voice = await startProcess([process.execPath, "src/main.ts"], home, { VOICE_STATE: "off" });
  await callOnce(voice.origin, callSidOf(4));
  const { exitCode, output } = await voice.stop();
  assertEquals([exitCode, output.includes('"message":"store.')], [0, false]);
}, 60_000);
