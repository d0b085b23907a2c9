// Recordings of `<Play>`: each is fetched once.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { fetchRecordings } from "../../../src/doctor/probe/fetch-recordings.ts";
import { madeCall } from "../../selftest/checks/made.ts";
import { madeWorld } from "./made.ts";

let requests = 0;
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    requests += 1;
    const exists = new URL(request.url).pathname === "/a.wav";
    return new Response("RIFF", { status: exists ? 200 : 404, headers: { "Content-Type": exists ? "audio/wav" : "text/html" } });
  },
});
afterAll(() => server.stop(true));
const base = `http://127.0.0.1:${server.port}`;
const file = (what: string) => ({ kind: "play", atMs: 0, what }) as const;
const call = madeCall({
  line: [file(`${base}/a.wav`), file(`${base}/a.wav`), file(`${base}/b.wav`), file("digits 12"), file("http://127.0.0.1:1/")],
});

test("fetchRecordings: status and type of each; keys are no recording", async () => {
  const tries = await fetchRecordings(call, undefined, madeWorld());
  assertEquals(
    tries.map(({ status, contentType, failure }) => [status, contentType, failure?.kind]),
    [
      [200, "audio/wav", undefined],
      [404, "text/html", undefined],
      [undefined, undefined, "refused"],
    ],
  );
  assertEquals(requests, 2);
});

test("fetchRecordings: a refused URL is not requested", async () => {
  requests = 0;
  assertEquals(await fetchRecordings(call, async () => "private", madeWorld()), []);
  assertEquals(requests, 0);
});
