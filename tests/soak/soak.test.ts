// A short soak: after many faulty calls a voice process holds no more than after the first ones. The long one, with
// memory, is run by hand: soak.ts.

import { test } from "bun:test";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assertEquals } from "@std/assert";
import { playRound, runningCalls, startVoiceProcess, stopVoiceProcess } from "./play-calls.ts";
import { type Resources, resourcesOf } from "./resources.ts";

const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 100;
const CALLS = 40;

test(
  `soak: after ${CALLS} faulty calls, files and sockets are as many as before`,
  async () => {
    const voice = await startVoiceProcess([process.execPath, join(import.meta.dir, "../../src/main.ts")]);
    // The number of threads is the runtime's.
    const held = (): Pick<Resources, "files" | "sockets"> => {
      const { files, sockets } = resourcesOf(voice.pid);
      return { files, sockets };
    };
    // Opens what stays open from the first use on.
    await playRound(voice, { seed: 7, from: 0, calls: CALLS, atOnce: CALLS, faster: 4 });
    const before = await settled(held);
    await playRound(voice, { seed: 7, from: CALLS, calls: CALLS, atOnce: CALLS, faster: 4 });
    assertEquals(await runningCalls(voice.port), 0);
    for (let now = held(); now.files > before.files || now.sockets > before.sockets; now = held()) await sleep(LOOK_EVERY_MS);
    assertEquals(await settled(held), before);
    await stopVoiceProcess(voice);
    assertEquals(voice.process.exitCode, 0);
  },
  LIMIT_MS,
);

/** What is held once it has been the same for twenty looks: closing handshakes end. */
async function settled<T>(held: () => T): Promise<T> {
  let last = held();
  for (let same = 0; same < 20; ) {
    await sleep(LOOK_EVERY_MS);
    const now = held();
    same = JSON.stringify(now) === JSON.stringify(last) ? same + 1 : 0;
    last = now;
  }
  return last;
}
