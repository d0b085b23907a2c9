// Which calls are placed again. The whole run: tests/doctor/gallery.test.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { playCalls } from "../../../src/doctor/probe/play-calls.ts";
import { patientClock } from "../../support/patient-clock.ts";
import type { StreamSocket } from "../gallery/exhibit.ts";
import { nodeServer } from "../gallery/node-server.ts";
import { madeOptions, madeWorld } from "./made.ts";

/** How many streams a server gets that does this on each of them. */
async function streamsOf(act: (socket: StreamSocket) => void): Promise<number> {
  const clock = patientClock(20);
  let streams = 0;
  const plan = {
    stream: (socket: StreamSocket) => {
      streams += 1;
      act(socket);
      return { text: () => {}, closed: () => {} };
    },
  };
  const server = await nodeServer(() => plan)({ clock });
  const setup = { options: madeOptions({ target: server.url }), isLocalTrial: true, calls: 1 };
  await playCalls(setup, madeWorld({ clock }));
  await server.stop();
  return streams;
}

test("playCalls: a stream that the server closes at once is tried again, one that breaks the protocol is not", async () => {
  assertEquals(await streamsOf((socket) => socket.close(1011, "")), 3);
  assertEquals(await streamsOf((socket) => socket.raw?.(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))), 1);
});
