// Recordings, fetched once each.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { fetchPlays } from "../../../src/doctor/probe/plays.ts";
import { madeCall } from "../../selftest/checks/made.ts";
import { madeWorld } from "./made.ts";

let asked = 0;
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    asked += 1;
    const isThere = new URL(request.url).pathname === "/a.wav";
    return new Response("RIFF", { status: isThere ? 200 : 404, headers: { "Content-Type": isThere ? "audio/wav" : "text/html" } });
  },
});
afterAll(() => server.stop(true));
const base = `http://127.0.0.1:${server.port}`;
const file = (what: string) => ({ kind: "file", atMs: 0, what }) as const;
const call = madeCall({
  line: [file(`${base}/a.wav`), file(`${base}/a.wav`), file(`${base}/b.wav`), file("digits 12"), file("http://127.0.0.1:1/")],
});

test("fetchPlays: status and type of each; keys are no recording", async () => {
  const tries = await fetchPlays(call, undefined, madeWorld());
  assertEquals(
    tries.map(({ status, contentType, failure }) => [status, contentType, failure?.kind]),
    [
      [200, "audio/wav", undefined],
      [404, "text/html", undefined],
      [undefined, undefined, "refused"],
    ],
  );
  assertEquals(asked, 2);
});

test("fetchPlays: what is not to be asked is not", async () => {
  asked = 0;
  assertEquals(await fetchPlays(call, async () => "private", madeWorld()), []);
  assertEquals(asked, 0);
});
