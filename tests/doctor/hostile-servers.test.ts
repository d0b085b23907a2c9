// The doctor against servers that send without end: it names what they do, and its memory stays bounded. What is kept
// at each bound: the tests of protocol/ and simulators/.

import { afterAll, test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { inTurns } from "../support/in-turns.ts";
import { type HostileServer, hostileServers } from "./hostile-servers.ts";

/** Whatever a server does: docs/doctor.md, "Limits". */
const MAX_MB = 300;
const script = new URL("hostile-run.ts", import.meta.url).pathname;

async function diagnose({ open }: HostileServer): Promise<{ readonly cause: string; readonly peakMb: number }> {
  const server = await open();
  const child = Bun.spawn([process.execPath, script, server.url], { stdout: "pipe", stderr: "inherit" });
  try {
    return JSON.parse(await new Response(child.stdout).text());
  } finally {
    child.kill();
    server.stop();
  }
}

const runs = inTurns(3, hostileServers, diagnose);
afterAll(() => Promise.allSettled(runs.values()));

for (const server of hostileServers) {
  test(`voice doctor: ${server.name}: ${server.cause}, in at most ${MAX_MB} MB`, async () => {
    const run = await runs.get(server);
    assertEquals(run?.cause, server.cause);
    assert(run !== undefined && run.peakMb <= MAX_MB, `${run?.peakMb} MB`);
  });
}
